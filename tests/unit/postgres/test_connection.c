/* common/postgres without a server: what is refused, and how long nothing is waited for. */
#include "common/base/clock.h"
#include "common/base/must.h"
#include "common/postgres/commit.h"
#include "common/postgres/postgres.h"
#include "tests/support/suite/suite.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
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

/* A server that asks for the password in clear, keeps it, and hangs up (protocol 3.0). */
struct keeper {
    pthread_t thread;
    int fd;
    char password[64];
};

static void *keep_password(void *context)
{
    static const char ask[] = {'R', 0, 0, 0, 8, 0, 0, 0, 3};
    struct keeper *keeper = context;
    char bytes[512] = {0};
    int client = accept(keeper->fd, NULL, NULL);

    MUST(client >= 0);
    MUST(recv(client, bytes, sizeof bytes, 0) > 0); /* the startup message, in one piece */
    MUST(send(client, ask, sizeof ask, 0) == sizeof ask);
    if (recv(client, bytes, sizeof bytes - 1, 0) > 5 && bytes[0] == 'p')
        snprintf(keeper->password, sizeof keeper->password, "%.63s", bytes + 5);
    close(client);
    return NULL;
}

static void password_sent(const char *password, const char *wanted)
{
    OWNED(postgres) db = NULL;
    struct postgres_settings settings = defaults;
    struct keeper keeper = {.fd = -1};
    struct error error = {0};
    char uri[80];
    int port;

    keeper.fd = listen_deaf(&port);
    snprintf(uri, sizeof uri, "postgresql://nobody@127.0.0.1:%d/none?sslmode=disable", port);
    settings.uri = uri;
    settings.password = password;
    settings.connect_timeout_ms = 5000;
    ck_assert_int_eq(postgres_new(&settings, "test", &db, &error), STATUS_OK);
    MUST(pthread_create(&keeper.thread, NULL, keep_password, &keeper) == 0);
    ck_assert_int_eq(postgres_ready(db, &error), STATUS_RETRY);
    MUST(pthread_join(keeper.thread, NULL) == 0);
    ck_assert_str_eq(keeper.password, wanted);
    ck_assert_ptr_null(strstr(error.text, wanted));
    close(keeper.fd);
}

START_TEST(the_password_is_of_the_setting_or_the_file)
{
    char path[] = "/tmp/pgpass-XXXXXX";
    int fd = mkstemp(path); /* for the owner alone, as libpq wants it */

    MUST(fd >= 0 && dprintf(fd, "127.0.0.1:*:none:nobody:of the file\n") > 0);
    close(fd);
    MUST(setenv("PGPASSFILE", path, 1) == 0);
    password_sent("of the setting", "of the setting");
    password_sent(NULL, "of the file");
    unlink(path);
}
END_TEST

SUITE_MAIN("postgres", uri_with_a_password_is_refused, uri_that_cannot_be_read_is_not_repeated,
           nobody_listens, a_server_that_never_answers, the_password_is_of_the_setting_or_the_file);
