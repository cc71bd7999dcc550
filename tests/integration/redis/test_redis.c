/* common/redis against a real server: every test has its own. */
#include "common/base/clock.h"
#include "common/redis/redis.h"
#include "tests/support/redis_server/redis_server.h"
#include "tests/support/suite/suite.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

static struct redis_settings settings_for(const char *address)
{
    return (struct redis_settings){.address = address,
                                   .prefix = "test:",
                                   .connect_timeout_ms = 1000,
                                   .command_timeout_ms = 1000,
                                   .reconnect_cap_ms = 100};
}

static const struct redis_command ping = {.name = "PING"};

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void check_command(struct redis_server *server, const char *const *words, const char *want)
{
    char *got = redis_server_command(server, words);

    ck_assert_str_eq(got, want);
    free(got);
}

static void check_ping(struct redis *redis)
{
    struct redis_reply reply;
    struct error error = {0};
    enum status status = redis_call(redis, &ping, &reply, &error);

    ck_assert_msg(status == STATUS_OK, "%s", error.text);
    ck_assert(slice_equal(reply.text, SLICE_LITERAL("PONG")));
}

/* Uses it until it answers, as a worker would. */
static void await_ping(struct redis *redis)
{
    int64_t deadline_ms = clock_steady_ms() + 5000;
    struct redis_reply reply;

    while (redis_call(redis, &ping, &reply, &(struct error){0}) != STATUS_OK) {
        ck_assert_int_lt(clock_steady_ms(), deadline_ms);
        poll(NULL, 0, 5);
    }
}

START_TEST(both_kinds_of_address)
{
    OWNED(redis_server) server = redis_server_start(NULL);
    struct redis_settings tcp = settings_for(redis_server_address(server));
    struct redis_settings local = settings_for(redis_server_socket(server));
    struct redis *a = redis_new(&tcp), *b = redis_new(&local);

    check_ping(a);
    check_ping(b);
    redis_free(a);
    redis_free(b);
}
END_TEST

START_TEST(pipelines_are_binary_safe)
{
    OWNED(redis_server) server = redis_server_start(NULL);
    struct redis_settings settings = settings_for(redis_server_address(server));
    struct redis *redis = redis_new(&settings);
    struct error error = {0};
    struct redis_reply reply;
    char value[256];

    for (int i = 0; i < 256; i++)
        value[i] = (char)i;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < REDIS_IN_FLIGHT_MAX; i++) {
            struct slice whole = {value, (size_t)(i % 257)};
            struct redis_command set = {.name = "SET",
                                        .key = {(const char *)&i, sizeof i},
                                        .arguments = &whole,
                                        .count = 1};

            ck_assert_int_eq(redis_append(redis, &set, &error), STATUS_OK);
        }
        for (int i = 0; i < REDIS_IN_FLIGHT_MAX; i++)
            ck_assert_int_eq(redis_next(redis, &reply, &error), STATUS_OK);
        for (int i = 0; i < REDIS_IN_FLIGHT_MAX; i++) {
            struct redis_command get = {.name = "GET", .key = {(const char *)&i, sizeof i}};

            ck_assert_int_eq(redis_append(redis, &get, &error), STATUS_OK);
        }
        for (int i = 0; i < REDIS_IN_FLIGHT_MAX; i++) {
            ck_assert_int_eq(redis_next(redis, &reply, &error), STATUS_OK);
            ck_assert(slice_equal(reply.text, (struct slice){value, (size_t)(i % 257)}));
        }
    }
    check_command(server, WORDS("DBSIZE"), "1024");
    redis_free(redis);
}
END_TEST

/* Larger than what is sent at once, and than a socket takes. */
START_TEST(large_pipelines)
{
    OWNED(redis_server) server = redis_server_start(NULL);
    struct redis_settings settings = settings_for(redis_server_address(server));
    struct redis *redis = redis_new(&settings);
    struct error error = {0};
    struct redis_reply reply;
    char *value = malloc(500000);
    struct slice whole = {value, 500000};
    const struct redis_command echo = {.name = "ECHO", .arguments = &whole, .count = 1};

    settings.command_timeout_ms = 20000;
    memset(value, 'x', whole.size);
    for (int i = 0; i < 60; i++) {
        value[i] = (char)('a' + i % 26);
        ck_assert_msg(redis_append(redis, &echo, &error) == STATUS_OK, "%s", error.text);
    }
    for (int i = 0; i < 60; i++) {
        ck_assert_msg(redis_next(redis, &reply, &error) == STATUS_OK, "%s", error.text);
        ck_assert_uint_eq(reply.text.size, whole.size);
        ck_assert_int_eq(reply.text.data[i + 1], 'x');
        ck_assert_int_eq(reply.text.data[i], 'a' + i % 26);
    }
    free(value);
    redis_free(redis);
}
END_TEST

static enum status set_newer(struct redis *redis, int64_t version, const char *value,
                             int64_t *ret_stored)
{
    const struct slice fields[] = {REDIS_VALUE, slice_of(value)};
    const struct redis_newer newer = {.key = SLICE_LITERAL("w"),
                                      .version = version,
                                      .ttl_ms = 60000,
                                      .fields = fields,
                                      .count = 2};
    struct redis_reply reply = {0};
    struct error error = {0};
    enum status status = redis_append_newer(redis, &newer, &error);

    if (status == STATUS_OK)
        status = redis_next(redis, &reply, &error);
    *ret_stored = reply.integer;
    return status;
}

static int64_t stored(struct redis *redis, int64_t version, const char *value)
{
    int64_t result = -1;

    ck_assert_int_eq(set_newer(redis, version, value, &result), STATUS_OK);
    return result;
}

START_TEST(only_newer_is_set)
{
    OWNED(redis_server) server = redis_server_start(NULL);
    struct redis_settings settings = settings_for(redis_server_address(server));
    struct redis *redis = redis_new(&settings);
    char *left;

    ck_assert_int_eq(stored(redis, 9, "nine"), 1);
    ck_assert_int_eq(stored(redis, 9, "again"), 0);
    ck_assert_int_eq(stored(redis, 8, "eight"), 0);
    ck_assert_int_eq(stored(redis, 10, "ten"), 1); /* not by the alphabet */
    ck_assert_int_eq(stored(redis, 9, "nine"), 0);
    check_command(server, WORDS("HMGET", "test:w", "v", "d"), "10\nten\n");
    /* Beyond what Lua's numbers can tell apart. */
    ck_assert_int_eq(stored(redis, INT64_C(9007199254740992), "x"), 1);
    ck_assert_int_eq(stored(redis, INT64_C(9007199254740993), "y"), 1);
    ck_assert_int_eq(stored(redis, INT64_C(9007199254740992), "z"), 0);
    ck_assert_int_eq(stored(redis, INT64_MAX, "last"), 1);
    check_command(server, WORDS("HGET", "test:w", "d"), "last");
    left = redis_server_command(server, WORDS("PTTL", "test:w"));
    ck_assert_int_gt(atol(left), 50000);
    ck_assert_int_le(atol(left), 60000);
    free(left);
    redis_free(redis);
}
END_TEST

START_TEST(many_fields_are_set_at_once)
{
    OWNED(redis_server) server = redis_server_start(NULL);
    struct redis_settings settings = settings_for(redis_server_address(server));
    struct redis *redis = redis_new(&settings);
    static char names[2000][8];
    static struct slice fields[4000];
    struct redis_newer newer = {
        .key = SLICE_LITERAL("h"), .version = 1, .ttl_ms = 60000, .fields = fields, .count = 4000};
    struct redis_reply reply;
    struct error error = {0};

    for (size_t i = 0; i < 2000; i++) {
        snprintf(names[i], sizeof names[i], "f%zu", i);
        fields[2 * i] = fields[2 * i + 1] = slice_of(names[i]);
    }
    ck_assert_int_eq(redis_append_newer(redis, &newer, &error), STATUS_OK);
    newer.version = 2;
    newer.count = 2;
    fields[1] = SLICE_LITERAL("changed");
    ck_assert_int_eq(redis_append_newer(redis, &newer, &error), STATUS_OK);
    ck_assert_uint_eq(redis_pending(redis), 2); /* the loading of the script is not seen */
    for (int i = 0; i < 2; i++) {
        ck_assert_msg(redis_next(redis, &reply, &error) == STATUS_OK, "%s", error.text);
        ck_assert_int_eq(reply.integer, 1);
    }
    check_command(server, WORDS("HLEN", "test:h"), "2001");
    check_command(server, WORDS("HMGET", "test:h", "v", "f0", "f1999"), "2\nchanged\nf1999\n");
    redis_free(redis);
}
END_TEST

START_TEST(only_what_is_there_is_changed)
{
    OWNED(redis_server) server = redis_server_start(NULL);
    struct redis_settings settings = settings_for(redis_server_address(server));
    struct redis *redis = redis_new(&settings);
    const struct slice fields[] = {SLICE_LITERAL("a"), SLICE_LITERAL("1")};
    struct redis_newer newer = {
        .key = SLICE_LITERAL("h"), .version = 1, .ttl_ms = 60000, .fields = fields, .count = 2};
    static const int64_t replies[] = {REDIS_ABSENT, 1, 1, 0};
    struct redis_reply reply;
    struct error error = {0};

    for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++) {
        newer.only_there = i != 1;
        newer.version = i == 3 ? 1 : (int64_t)i;
        ck_assert_int_eq(redis_append_newer(redis, &newer, &error), STATUS_OK);
    }
    for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++) {
        ck_assert_msg(redis_next(redis, &reply, &error) == STATUS_OK, "%s", error.text);
        ck_assert_int_eq(reply.integer, replies[i]);
    }
    check_command(server, WORDS("HMGET", "test:h", "v", "a"), "2\n1\n");
    redis_free(redis);
}
END_TEST

/* Forgotten scripts cost one retry; a flushed server none. */
START_TEST(scripts_are_loaded_again)
{
    OWNED(redis_server) server = redis_server_start(NULL);
    struct redis_settings settings = settings_for(redis_server_address(server));
    struct redis *redis = redis_new(&settings);
    int64_t result;

    ck_assert_int_eq(stored(redis, 5, "five"), 1);
    redis_server_flush(server);
    ck_assert_int_eq(stored(redis, 4, "four"), 1);
    check_command(server, WORDS("SCRIPT", "FLUSH"), "OK");
    ck_assert_int_eq(set_newer(redis, 6, "six", &result), STATUS_RETRY);
    ck_assert_int_eq(stored(redis, 6, "six"), 1);
    check_command(server, WORDS("HGET", "test:w", "d"), "six");
    redis_free(redis);
}
END_TEST

START_TEST(publishing)
{
    OWNED(redis_server) server = redis_server_start(NULL);
    struct redis_settings settings = settings_for(redis_server_address(server));
    struct redis *redis = redis_new(&settings);
    struct redis_reply reply;
    struct error error = {0};

    ck_assert_int_eq(
        redis_append_publish(redis, SLICE_LITERAL("live"), SLICE_LITERAL("{}"), &error), STATUS_OK);
    ck_assert_int_eq(redis_next(redis, &reply, &error), STATUS_OK);
    ck_assert(reply.type == REDIS_TYPE_INTEGER && reply.integer == 0);
    redis_free(redis);
}
END_TEST

START_TEST(a_killed_server_comes_back)
{
    OWNED(redis_server) server = redis_server_start(NULL);
    struct redis_settings settings = settings_for(redis_server_address(server));
    struct redis *redis = redis_new(&settings);
    struct redis_reply reply;
    struct error error = {0};

    ck_assert_int_eq(stored(redis, 9, "nine"), 1); /* the script is known, until the kill */
    ck_assert_int_eq(redis_append(redis, &ping, &error), STATUS_OK);
    redis_server_kill(server);
    ck_assert_int_eq(redis_next(redis, &reply, &error), STATUS_RETRY);
    ck_assert_uint_eq(redis_pending(redis), 0);
    for (int i = 0; i < 50; i++)
        ck_assert_int_eq(redis_call(redis, &ping, &reply, &(struct error){0}), STATUS_RETRY);
    redis_server_restart(server);
    await_ping(redis);
    ck_assert_int_eq(stored(redis, 1, "one"), 1);
    /* Restarted behind our back while idle: not even noticed. */
    redis_server_restart(server);
    check_ping(redis);
    redis_free(redis);
}
END_TEST

START_TEST(a_stopped_server_costs_one_deadline)
{
    OWNED(redis_server) server = redis_server_start(NULL);
    struct redis_settings settings = settings_for(redis_server_address(server));
    struct redis *redis = redis_new(&settings);
    struct redis_reply reply;
    struct error error = {0};
    int64_t start_ms;

    settings.command_timeout_ms = 150;
    check_ping(redis);
    redis_server_pause(server);
    start_ms = clock_steady_ms();
    ck_assert_int_eq(redis_call(redis, &ping, &reply, &error), STATUS_RETRY);
    ck_assert_str_eq(error.code, "ETIMEDOUT");
    ck_assert_int_ge(clock_steady_ms() - start_ms, 149);
    ck_assert_int_lt(clock_steady_ms() - start_ms, 1000);
    redis_server_resume(server);
    await_ping(redis);
    redis_free(redis);
}
END_TEST

START_TEST(users_and_passwords)
{
    static const char *const acl[] = {"requirepass opensesame",
                                      "user worker on >hunter2 ~test:* +ping +set +script|load "
                                      "+evalsha +hget +hset +pexpire",
                                      NULL};
    OWNED(redis_server)
    server = redis_server_start(&(struct redis_server_options){.settings = acl});
    struct redis_settings settings = settings_for(redis_server_address(server));
    struct redis *redis = redis_new(&settings);
    const struct redis_command get = {.name = "GET", .key = {"k", 1}};
    struct redis_reply reply;
    struct error error = {0};

    ck_assert_int_eq(redis_call(redis, &ping, &reply, &error), STATUS_RETRY);
    ck_assert_str_eq(error.code, "NOAUTH");
    redis_free(redis);

    settings.password = "opensesame";
    redis = redis_new(&settings);
    check_ping(redis);
    redis_free(redis);

    settings.username = "worker";
    redis = redis_new(&settings);
    error_clear(&error);
    ck_assert_int_eq(redis_call(redis, &ping, &reply, &error), STATUS_RETRY);
    ck_assert_str_eq(error.code, "WRONGPASS");
    redis_free(redis);

    settings.password = "hunter2";
    redis = redis_new(&settings);
    check_ping(redis);
    ck_assert_int_eq(stored(redis, 1, "one"), 1);
    error_clear(&error);
    ck_assert_int_eq(redis_call(redis, &get, &reply, &error), STATUS_RETRY);
    ck_assert_str_eq(error.code, "NOPERM");
    redis_free(redis);
}
END_TEST

SUITE_MAIN_TIMEOUT("redis", 30, both_kinds_of_address, pipelines_are_binary_safe, large_pipelines,
                   only_newer_is_set, many_fields_are_set_at_once, only_what_is_there_is_changed,
                   scripts_are_loaded_again, publishing, a_killed_server_comes_back,
                   a_stopped_server_costs_one_deadline, users_and_passwords);
