/* The notifier group and a sender as processes on real servers: who is told of what, once. */
#include "tests/support/notifying/notifying.h"
#include "tests/support/suite/suite.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int64_t book(const struct notifying *s, const char *column)
{
    char sql[256];

    snprintf(sql, sizeof sql,
             "SELECT sum(%s) FROM tributary.source_offsets WHERE consumer_group = 'notifier'",
             column);
    return database_number(s->uri, sql);
}

static void assert_text(const struct notifying *s, const char *sql, const char *expected)
{
    char *text = database_text(s->uri, sql);

    ck_assert_str_eq(text, expected);
    free(text);
}

START_TEST(what_wants_an_eye_is_told_once)
{
    struct notifying s;
    struct transaction plain = notifying_transaction("u1", "plain", 1999),
                       doubtful = notifying_transaction("u1", "doubtful", -5),
                       large = notifying_transaction("u1", "large", -100000),
                       both = notifying_transaction("u2", "both", 250000);

    notifying_set_up(&s);
    notifying_put(&s, &plain, "food", 0.9F);
    notifying_put(&s, &doubtful, "food", 0.1F);
    notifying_put(&s, &large, "rent", 0.9F);
    notifying_put(&s, &both, "rent", 0.2F);
    notifying_put(&s, &doubtful, "fun", 0.2F); /* posted twice */
    notifying_put(&s, &plain, "food", 0.9F);
    feed_flush(s.feed);
    notifying_start(&s, "n", "tributary-notifier");
    notifying_wait_books(&s, "notifier");
    ck_assert_int_eq(book(&s, "applied"), 5);
    ck_assert_int_eq(book(&s, "duplicate"), 1);
    assert_text(&s,
                "SELECT user_id, kind, substr(subject, strpos(subject, '/') + 1), state"
                " FROM tributary.outbox JOIN tributary.users USING (user_key) ORDER BY 1, 2, 3",
                "u1|transaction.large|large|due\nu1|transaction.review|doubtful|due\n"
                "u2|transaction.large|both|due\nu2|transaction.review|both|due\n");
    assert_text(&s,
                "SELECT p->>'type', p->>'timestamp', p->'data'->>'category',"
                "  p->'data'->>'confidence', p->'data'->'transaction'->>'amount',"
                "  p->'data'->'transaction'->>'merchant', p->'data'->'transaction'->>'tenant'"
                " FROM (SELECT payload::jsonb AS p FROM tributary.outbox"
                "  WHERE kind = 'transaction.review' AND subject LIKE '%/doubtful') AS told",
                "transaction.review|2026-01-01T00:00:00.000000Z|food|0.1|-0.05|Corner \"Shop\"|"
                "acme\n");
    ck_assert_int_eq(fleet_terminate(s.fleet, "n", 20000), 0);
    notifying_tear_down(&s);
}
END_TEST

START_TEST(each_endpoint_of_the_tenant_is_told)
{
    struct notifying s;
    struct transaction one = notifying_transaction("u1", "t1", 1),
                       two = notifying_transaction("u1", "t2", 1);

    notifying_set_up(&s);
    notifying_endpoint(&s, "acme", "/a");
    notifying_endpoint(&s, "acme", "/b");
    notifying_endpoint(&s, "acme", "/off");
    notifying_endpoint(&s, "other", "/other");
    database_execute(s.uri, "UPDATE tributary.endpoints SET disabled_at = now()"
                            " WHERE url LIKE '%/off'");
    notifying_start(&s, "n", "tributary-notifier");
    notifying_start(&s, "s", "tributary-sender");
    notifying_put(&s, &one, "food", 0.1F);
    feed_flush(s.feed);
    receiver_wait_ids(s.receiver, "/a", 1, 10000);
    receiver_wait_ids(s.receiver, "/b", 1, 10000);
    notifying_wait(&s, "SELECT count(*) FROM tributary.outbox WHERE state = 'sent'", 3);
    /* An endpoint that comes later has what is told from then on, and of a repeat all of it. */
    notifying_endpoint(&s, "acme", "/late");
    notifying_put(&s, &two, "food", 0.1F);
    notifying_put(&s, &one, "food", 0.1F);
    feed_flush(s.feed);
    receiver_wait_ids(s.receiver, "/late", 2, 10000);
    receiver_wait_ids(s.receiver, "/a", 2, 10000);
    notifying_wait(&s, "SELECT count(*) FROM tributary.outbox WHERE state = 'sent'", 8);
    notifying_wait_books(&s, "notifier");
    ck_assert_int_eq(book(&s, "applied"), 3);
    ck_assert_uint_eq(receiver_requests(s.receiver, "/off"), 0);
    ck_assert_uint_eq(receiver_requests(s.receiver, "/other"), 0);
    ck_assert_uint_eq(receiver_requests(s.receiver, NULL), 6);
    ck_assert_uint_eq(receiver_bad(s.receiver), 0);
    ck_assert_int_eq(fleet_terminate(s.fleet, "s", 20000), 0);
    notifying_tear_down(&s);
}
END_TEST

/* A connection to Redis that has subscribed to the channel. */
static int subscribe(const struct notifying *s, const char *user)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
    } address = {.v4 = {.sin_family = AF_INET,
                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                        .sin_port = htons((uint16_t)redis_server_port(s->redis))}};
    const struct timeval limit = {.tv_sec = 10};
    char text[256];
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ck_assert_int_eq(connect(fd, &address.any, sizeof address.v4), 0);
    snprintf(text, sizeof text, "SUBSCRIBE %slive:acme:%s\r\n", s->prefix, user);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    ck_assert_int_gt(read(fd, text, sizeof text), 0);
    return fd;
}

START_TEST(live_is_published_to_the_user)
{
    struct notifying s;
    struct transaction one = notifying_transaction("u1", "t1", 1);
    char text[8192];
    size_t size = 0;
    int fd;

    notifying_set_up(&s);
    notifying_start(&s, "n", "tributary-notifier");
    notifying_start(&s, "s", "tributary-sender");
    fd = subscribe(&s, "u1");
    notifying_put(&s, &one, "food", 0.1F);
    feed_flush(s.feed);
    do {
        ssize_t got = read(fd, text + size, sizeof text - 1 - size);

        ck_assert_int_gt(got, 0);
        size += (size_t)got;
        text[size] = '\0';
    } while (strstr(text, "}}") == NULL);
    ck_assert_ptr_nonnull(strstr(text, "{\"type\":\"transaction.review\""));
    ck_assert_ptr_nonnull(strstr(text, "\"id\":\"t1\""));
    close(fd);
    notifying_wait(&s, "SELECT count(*) FROM tributary.outbox WHERE state = 'sent'", 1);
    ck_assert_double_eq(fleet_metric(s.fleet, "s", "tributary_notifications_total",
                                     "channel=\"live\",outcome=\"sent\""),
                        1);
    notifying_tear_down(&s);
}
END_TEST

SUITE_MAIN_TIMEOUT("notifier", 90, what_wants_an_eye_is_told_once,
                   each_endpoint_of_the_tenant_is_told, live_is_published_to_the_user);
