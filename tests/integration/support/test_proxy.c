/* The proxy on plain TCP: the test is both the client and the server behind it. */
#include "tests/support/proxy/proxy.h"

#include "common/base/must.h"
#include "tests/support/process/place.h"
#include "tests/support/suite/suite.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WAIT_MS = 3000, QUIET_MS = 60, BIG_BYTES = 40 << 20 };

/* A listener for the server's side. */
static int listen_here(int *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);

    ck_assert_int_eq(bind(listener, (const struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(listen(listener, 16), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    *ret_port = ntohs(address.sin_port);
    return listener;
}

/* -1 with errno when it is refused. */
static int connect_to(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int client = socket(AF_INET, SOCK_STREAM, 0);

    if (connect(client, (const struct sockaddr *)&address, sizeof address) == 0)
        return client;
    close(client);
    return -1;
}

static bool readable(int peer, int timeout_ms)
{
    struct pollfd entry = {.fd = peer, .events = POLLIN};

    return poll(&entry, 1, timeout_ms) == 1;
}

static void say(int peer, const char *text)
{
    ck_assert_int_eq(send(peer, text, strlen(text), MSG_NOSIGNAL), (int)strlen(text));
}

static void hear(int peer, const char *text)
{
    char got[64] = "";
    size_t size = 0;

    while (size < strlen(text) && readable(peer, WAIT_MS)) {
        ssize_t part = recv(peer, got + size, strlen(text) - size, 0);

        if (part <= 0)
            break;
        size += (size_t)part;
    }
    ck_assert_str_eq(got, text);
}

static void hear_nothing(int peer)
{
    ck_assert(!readable(peer, QUIET_MS));
}

static void hear_end(int peer)
{
    char byte;

    ck_assert(readable(peer, WAIT_MS));
    ck_assert_int_eq(recv(peer, &byte, 1, 0), 0);
}

static void hear_reset(int peer)
{
    char byte;

    ck_assert(readable(peer, WAIT_MS));
    ck_assert_int_eq(recv(peer, &byte, 1, 0), -1);
    ck_assert_int_eq(errno, ECONNRESET);
}

static void close_with_reset(int peer)
{
    const struct linger none = {.l_onoff = 1};

    setsockopt(peer, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    close(peer);
}

/* A proxy and one connection through it. */
struct line {
    struct proxy *proxy;
    int listener;
    int client;
    int server;
};

static void line_connect(struct line *line)
{
    line->client = connect_to(proxy_port(line->proxy));
    ck_assert_int_ge(line->client, 0);
    ck_assert(readable(line->listener, WAIT_MS));
    line->server = accept(line->listener, NULL, NULL);
}

static struct line line_open(enum proxy_protocol protocol)
{
    struct line line;
    int port;

    line.listener = listen_here(&port);
    line.proxy = proxy_start(protocol, port);
    line_connect(&line);
    return line;
}

static void line_close(struct line *line)
{
    proxy_free(line->proxy);
    close(line->client);
    close(line->server);
    close(line->listener);
}

START_TEST(passes_both_ways_to_the_end)
{
    struct line line = line_open(PROXY_RAW);

    say(line.client, "question");
    hear(line.server, "question");
    say(line.server, "answer");
    hear(line.client, "answer");
    shutdown(line.client, SHUT_WR);
    hear_end(line.server);
    say(line.server, "more");
    hear(line.client, "more");
    shutdown(line.server, SHUT_WR);
    hear_end(line.client);
    ck_assert(EVENTUALLY(WAIT_MS, proxy_connections(line.proxy) == 0));
    ck_assert_uint_eq(proxy_seen(line.proxy, PROXY_ANY_REQUEST), 1);
    ck_assert_uint_eq(proxy_seen(line.proxy, PROXY_ANY_ANSWER), 2);
    line_close(&line);
}
END_TEST

START_TEST(a_reset_goes_through)
{
    struct line line = line_open(PROXY_RAW);

    say(line.client, "question");
    hear(line.server, "question");
    close_with_reset(line.client);
    hear_reset(line.server);
    close(line.server);
    line_connect(&line);
    say(line.server, "answer");
    hear(line.client, "answer");
    close_with_reset(line.server);
    hear_reset(line.client);
    ck_assert(EVENTUALLY(WAIT_MS, proxy_connections(line.proxy) == 0));
    line_close(&line);
}
END_TEST

START_TEST(refuses_and_passes_again)
{
    struct line line = line_open(PROXY_RAW);

    proxy_refuse(line.proxy);
    hear_reset(line.client);
    hear_reset(line.server);
    ck_assert_int_eq(connect_to(proxy_port(line.proxy)), -1);
    ck_assert_int_eq(errno, ECONNREFUSED);
    close(line.client);
    close(line.server);
    proxy_pass(line.proxy);
    line_connect(&line);
    say(line.client, "question");
    hear(line.server, "question");
    line_close(&line);
}
END_TEST

START_TEST(cuts_what_is_there)
{
    struct line line = line_open(PROXY_RAW);

    proxy_cut(line.proxy);
    hear_reset(line.client);
    hear_reset(line.server);
    ck_assert_uint_eq(proxy_connections(line.proxy), 0);
    close(line.client);
    close(line.server);
    line_connect(&line);
    say(line.client, "question");
    hear(line.server, "question");
    line_close(&line);
}
END_TEST

START_TEST(freezes_and_thaws)
{
    struct line line = line_open(PROXY_RAW);
    int late;

    proxy_freeze(line.proxy);
    say(line.client, "question");
    say(line.server, "answer");
    late = connect_to(proxy_port(line.proxy));
    ck_assert_int_ge(late, 0);
    hear_nothing(line.server);
    hear_nothing(line.client);
    proxy_pass(line.proxy);
    hear(line.server, "question");
    hear(line.client, "answer");
    close(late);
    line_close(&line);
}
END_TEST

START_TEST(delays_each_way)
{
    struct line line = line_open(PROXY_RAW);
    int64_t begun_ms = place_steady_ms();

    proxy_delay(line.proxy, 100);
    say(line.client, "question");
    hear(line.server, "question");
    ck_assert_int_ge(place_steady_ms() - begun_ms, 99);
    say(line.server, "answer");
    hear(line.client, "answer");
    ck_assert_int_ge(place_steady_ms() - begun_ms, 198);
    proxy_delay(line.proxy, 0);
    say(line.client, "again");
    hear(line.server, "again");
    line_close(&line);
}
END_TEST

START_TEST(a_target_that_is_away_resets)
{
    struct proxy *proxy = proxy_start(PROXY_RAW, place_port());
    int client = connect_to(proxy_port(proxy));

    hear_reset(client);
    close(client);
    proxy_free(proxy);
}
END_TEST

START_TEST(holds_in_order_until_released)
{
    struct line line = line_open(PROXY_RAW);

    proxy_arm(line.proxy, PROXY_ANY_REQUEST, PROXY_HOLD, 1);
    ck_assert(!proxy_wait(line.proxy, 1, 10));
    say(line.client, "first ");
    ck_assert(proxy_wait(line.proxy, 1, WAIT_MS));
    say(line.client, "second");
    hear_nothing(line.server);
    say(line.server, "answer");
    hear(line.client, "answer");
    proxy_release(line.proxy);
    hear(line.server, "first second");
    say(line.client, "third");
    hear(line.server, "third");
    ck_assert_uint_eq(proxy_matched(line.proxy), 1);
    line_close(&line);
}
END_TEST

/* The reason for all this: a request that outlives the process that sent it. */
static void outlive(bool reset)
{
    struct line line = line_open(PROXY_RAW);
    int64_t begun_ms;

    proxy_arm(line.proxy, PROXY_ANY_REQUEST, PROXY_HOLD, 1);
    say(line.client, "late");
    ck_assert(proxy_wait(line.proxy, 1, WAIT_MS));
    if (reset)
        close_with_reset(line.client);
    else
        close(line.client);
    hear_nothing(line.server);
    proxy_release(line.proxy);
    begun_ms = place_steady_ms();
    hear(line.server, "late");
    say(line.server, "to nobody");
    ck_assert(readable(line.server, WAIT_MS));
    ck_assert_int_ge(place_steady_ms() - begun_ms, 900);
    ck_assert(EVENTUALLY(WAIT_MS, proxy_connections(line.proxy) == 0));
    line.client = -1;
    line_close(&line);
}

START_TEST(what_was_held_outlives_an_end)
{
    outlive(false);
}
END_TEST

START_TEST(what_was_held_outlives_a_reset)
{
    outlive(true);
}
END_TEST

START_TEST(drops_one_and_lives_on)
{
    struct line line = line_open(PROXY_RAW);

    proxy_arm(line.proxy, PROXY_ANY_REQUEST, PROXY_DROP, 1);
    say(line.client, "first");
    ck_assert(proxy_wait(line.proxy, 1, WAIT_MS));
    say(line.client, "second");
    hear(line.server, "second");
    line_close(&line);
}
END_TEST

START_TEST(cuts_instead_of_an_answer)
{
    struct line line = line_open(PROXY_RAW);

    proxy_arm(line.proxy, PROXY_ANY_ANSWER, PROXY_CUT, 1);
    say(line.client, "question");
    hear(line.server, "question");
    say(line.server, "answer");
    hear_reset(line.client);
    hear_reset(line.server);
    ck_assert(proxy_wait(line.proxy, 1, WAIT_MS));
    line_close(&line);
}
END_TEST

/* Holds what begins with the context's letter. */
static enum proxy_verdict hold_letter(void *context, const struct proxy_message *message)
{
    const char *letter = context;

    return message->bytes.data[0] == *letter ? PROXY_HOLD : PROXY_PASS;
}

START_TEST(a_filter_chooses_the_connection)
{
    struct line line = line_open(PROXY_RAW);
    struct line other = line;
    char letter = 'x';

    line_connect(&other);
    proxy_filter_set(line.proxy, hold_letter, &letter);
    say(line.client, "xa");
    ck_assert(proxy_wait(line.proxy, 1, WAIT_MS));
    say(other.client, "ya");
    hear(other.server, "ya");
    hear_nothing(line.server);
    ck_assert_uint_eq(proxy_connections(line.proxy), 2);
    proxy_filter_set(line.proxy, NULL, NULL);
    proxy_release(line.proxy);
    hear(line.server, "xa");
    close(other.client);
    close(other.server);
    line_close(&line);
}
END_TEST

enum { PIECE = 16 << 10 }; /* numbers */

static void *send_big(void *context)
{
    static uint32_t numbers[PIECE];
    const int *peer = context;
    uint32_t number = 0;

    for (size_t sent = 0; sent < BIG_BYTES; sent += sizeof numbers) {
        for (size_t i = 0; i < PIECE; i++)
            numbers[i] = number++;
        MUST(send(*peer, numbers, sizeof numbers, MSG_NOSIGNAL) == sizeof numbers);
    }
    return NULL;
}

/* A slow reader slows the writer; nothing is lost, nothing turned round. */
START_TEST(carries_much_more_than_it_may_hold)
{
    static uint32_t got[PIECE];
    struct line line = line_open(PROXY_RAW);
    pthread_t writer;
    uint32_t number = 0;
    size_t wrong = 0; /* counted: an assertion for each would take minutes */

    ck_assert_int_eq(pthread_create(&writer, NULL, send_big, &line.server), 0);
    place_sleep_ms(100);
    for (size_t received = 0; received < BIG_BYTES; received += sizeof got) {
        ck_assert_int_eq(recv(line.client, got, sizeof got, MSG_WAITALL), sizeof got);
        for (size_t i = 0; i < PIECE; i++)
            wrong += got[i] != number++;
    }
    ck_assert_uint_eq(wrong, 0);
    pthread_join(writer, NULL);
    line_close(&line);
}
END_TEST

START_TEST(more_connections_than_it_takes_are_reset)
{
    struct line line = line_open(PROXY_RAW);
    int clients[PROXY_CONNECTIONS];

    for (size_t i = 0; i < PROXY_CONNECTIONS - 1; i++) {
        clients[i] = connect_to(proxy_port(line.proxy));
        ck_assert_int_ge(clients[i], 0);
        close(accept(line.listener, NULL, NULL));
    }
    ck_assert(EVENTUALLY(WAIT_MS, proxy_connections(line.proxy) == PROXY_CONNECTIONS));
    clients[PROXY_CONNECTIONS - 1] = connect_to(proxy_port(line.proxy));
    hear_reset(clients[PROXY_CONNECTIONS - 1]);
    for (size_t i = 0; i < PROXY_CONNECTIONS; i++)
        close(clients[i]);
    ck_assert(EVENTUALLY(WAIT_MS, proxy_connections(line.proxy) == 1));
    say(line.client, "question");
    hear(line.server, "question");
    line_close(&line);
}
END_TEST

SUITE_MAIN("proxy", passes_both_ways_to_the_end, a_reset_goes_through, refuses_and_passes_again,
           cuts_what_is_there, freezes_and_thaws, delays_each_way, a_target_that_is_away_resets,
           holds_in_order_until_released, what_was_held_outlives_an_end,
           what_was_held_outlives_a_reset, drops_one_and_lives_on, cuts_instead_of_an_answer,
           a_filter_chooses_the_connection, carries_much_more_than_it_may_hold,
           more_connections_than_it_takes_are_reset);
