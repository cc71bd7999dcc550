/* common/postgres without a server: what is refused, and how long nothing is waited for. */
#include "common/base/clock.h"
#include "common/base/must.h"
#include "common/postgres/commit.h"
#include "common/postgres/postgres.h"
#include "tests/support/suite/suite.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct postgres_statement select_one = {.name = "one", .sql = "SELECT 1"};

static const struct postgres_settings defaults = {
    .uri = "postgresql://nobody@127.0.0.1:1/none?sslmode=disable",
    .schema = "tributary",
    .connect_timeout_ms = 200,
    .statement_timeout_ms = 200,
    .lock_timeout_ms = 200,
    .idle_in_transaction_timeout_ms = 1000,
    .tcp_user_timeout_ms = 1000,
};

/* A socket that listens; the backlog takes connections, nobody answers. */
static int listen_deaf(int *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    MUST(fd >= 0 && bind(fd, (struct sockaddr *)&address, size) == 0 && listen(fd, 8) == 0);
    MUST(getsockname(fd, (struct sockaddr *)&address, &size) == 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

START_TEST(uri_with_a_password_is_refused)
{
    static const char *const uris[] = {
        "postgresql://u:secret@127.0.0.1/db",
        "host=127.0.0.1 password=secret",
        "postgresql://u@127.0.0.1/db?password=secret",
    };

    for (size_t i = 0; i < sizeof uris / sizeof uris[0]; i++) {
        struct postgres_settings settings = defaults;
        struct postgres *db = NULL;
        struct error error = {0};

        settings.uri = uris[i];
        ck_assert_int_eq(postgres_new(&settings, "test", &db, &error), STATUS_FATAL);
        ck_assert_ptr_null(db);
        ck_assert_ptr_null(strstr(error.text, "secret"));
    }
}
END_TEST

START_TEST(uri_that_cannot_be_read_is_not_repeated)
{
    static const char *const uris[] = {"postgresql://u:secret@@/:", "secret", "port"};

    for (size_t i = 0; i < sizeof uris / sizeof uris[0]; i++) {
        struct postgres_settings settings = defaults;
        struct postgres *db = NULL;
        struct error error = {0};

        settings.uri = uris[i];
        ck_assert_int_eq(postgres_new(&settings, "test", &db, &error), STATUS_FATAL);
        ck_assert_ptr_null(strstr(error.text, "secret"));
    }
}
END_TEST

START_TEST(nobody_listens)
{
    OWNED(postgres) db = NULL;
    struct postgres_tx *tx = NULL;
    struct error error = {0};

    ck_assert_int_eq(postgres_new(&defaults, "test", &db, &error), STATUS_OK);
    ck_assert_int_eq(postgres_run(db, &select_one, NULL, NULL, &error), STATUS_RETRY);
    ck_assert_ptr_nonnull(strstr(error.text, "postgres connect: "));
    error_clear(&error);
    ck_assert_int_eq(postgres_tx_begin(db, &tx, &error), STATUS_RETRY);
    ck_assert_ptr_null(tx);
    ck_assert(!postgres_connected(db));
    ck_assert_int_eq(postgres_counters(db).connects, 0);
}
END_TEST

START_TEST(a_server_that_never_answers)
{
    OWNED(postgres) db = NULL;
    struct postgres_settings settings = defaults;
    struct error error = {0};
    int64_t start_ms, took_ms;
    char uri[80];
    int port;
    int fd = listen_deaf(&port);

    snprintf(uri, sizeof uri, "postgresql://nobody@127.0.0.1:%d/none?sslmode=disable", port);
    settings.uri = uri;
    ck_assert_int_eq(postgres_new(&settings, "test", &db, &error), STATUS_OK);
    start_ms = clock_steady_ms();
    ck_assert_int_eq(postgres_ready(db, &error), STATUS_RETRY);
    took_ms = clock_steady_ms() - start_ms;
    ck_assert_str_eq(error.code, "ETIMEDOUT");
    ck_assert_int_ge(took_ms, 195);
    ck_assert_int_lt(took_ms, 1000);

    /* The caller's own deadline is shorter, or over already. */
    error_clear(&error);
    postgres_set_deadline(db, clock_steady_ms() + 50);
    start_ms = clock_steady_ms();
    ck_assert_int_eq(postgres_ready(db, &error), STATUS_RETRY);
    ck_assert_int_lt(clock_steady_ms() - start_ms, 150);
    error_clear(&error);
    ck_assert_int_eq(postgres_ready(db, &error), STATUS_RETRY);
    close(fd);
}
END_TEST

SUITE_MAIN("postgres", uri_with_a_password_is_refused, uri_that_cannot_be_read_is_not_repeated,
           nobody_listens, a_server_that_never_answers);
