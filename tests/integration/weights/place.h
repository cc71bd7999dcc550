/* What the tests of common/weights share: the schema in a database of one's own, a Redis, users who
 * were taught, and copies of what they were. A state tells by its number of lessons which one it
 * is. */
#ifndef TRIBUTARY_TESTS_INTEGRATION_WEIGHTS_PLACE_H
#define TRIBUTARY_TESTS_INTEGRATION_WEIGHTS_PLACE_H

#include "common/base/must.h"
#include "common/engine/lesson.h"
#include "common/engine/user.h"
#include "common/metrics/metrics.h"
#include "common/postgres/postgres.h"
#include "common/weights/redis_copy.h"
#include "tests/support/database/database.h"
#include "tests/support/fleet/fleet.h"
#include "tests/support/redis_server/redis_server.h"
#include "tests/support/suite/suite.h"

#include <stdarg.h>
#include <stdio.h>

enum { PLACE_SQL_SIZE = 4096, PLACE_STATE_SIZE = 256 };

struct place {
    struct database *database;
    struct redis_server *redis_server;
    struct fleet *fleet;
    const char *uri;
    struct postgres *db;
    struct redis_settings redis_settings;
    struct redis *redis;
    struct metrics *metrics;
};

static inline struct postgres *place_connect(const char *uri)
{
    const struct postgres_settings settings = {.uri = uri,
                                               .schema = "tributary",
                                               .connect_timeout_ms = 5000,
                                               .statement_timeout_ms = 10000,
                                               .lock_timeout_ms = 10000,
                                               .idle_in_transaction_timeout_ms = 10000,
                                               .tcp_user_timeout_ms = 4000};
    struct postgres *db = NULL;
    struct error error = {0};

    MUST(postgres_new(&settings, "test", &db, &error) == STATUS_OK);
    return db;
}

static inline void place_init(struct place *place)
{
    *place = (struct place){.database = database_shared(),
                            .redis_server = redis_server_start(NULL),
                            .fleet = fleet_new(),
                            .metrics = metrics_new()};
    place->uri = database_create(place->database);
    fleet_set(place->fleet, "TRIBUTARY_POSTGRES_URI", place->uri);
    ck_assert_int_eq(
        fleet_run(place->fleet, "tributary", (const char *const[]){"migrate", NULL}, 60000, NULL),
        0);
    place->db = place_connect(place->uri);
    place->redis_settings =
        (struct redis_settings){.address = redis_server_address(place->redis_server),
                                .prefix = "test:",
                                .connect_timeout_ms = 2000,
                                .command_timeout_ms = 2000,
                                .reconnect_cap_ms = 1};
    place->redis = redis_new(&place->redis_settings);
}

static inline void place_done(struct place *place)
{
    redis_free(place->redis);
    postgres_free(place->db);
    metrics_free(place->metrics);
    redis_server_free(place->redis_server);
    fleet_free(place->fleet);
    database_free(place->database);
}

static inline void place_sql(struct place *place, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static inline void place_sql(struct place *place, const char *format, ...)
{
    char sql[PLACE_SQL_SIZE];
    va_list arguments;
    int size = snprintf(sql, sizeof sql, "SET search_path = tributary; ");

    va_start(arguments, format);
    size += vsnprintf(sql + size, sizeof sql - (size_t)size, format, arguments);
    va_end(arguments);
    MUST(size < (int)sizeof sql);
    database_execute(place->uri, sql);
}

/* The bytes of a user after so many lessons. */
static inline struct buffer place_state(int lessons)
{
    const struct engine_input input = {.merchant = SLICE_LITERAL("Corner Shop"),
                                       .currency = SLICE_LITERAL("EUR"),
                                       .amount_minor = 1000,
                                       .occurred_us = 1700000000000000};
    OWNED(engine_user) user = engine_user_new();
    struct buffer state;

    for (int i = 0; i < lessons; i++) {
        struct engine_features features;
        struct engine_step step;
        const struct engine_lesson lesson = {
            .features = &features, .kind = ENGINE_CORRECTION, .category = SLICE_LITERAL("food")};

        engine_features(&input, &features);
        engine_learn_user(user, &lesson, &step);
    }
    buffer_init(&state, ENGINE_USER_BYTES_MAX);
    engine_user_encode(user, &state);
    return state;
}

/* The same as an SQL literal. */
static inline void place_literal(int lessons, char *text)
{
    struct buffer state = place_state(lessons);
    size_t size = (size_t)snprintf(text, PLACE_STATE_SIZE, "'\\x");

    MUST(2 * state.size + 5 < PLACE_STATE_SIZE);
    for (size_t i = 0; i < state.size; i++)
        size += (size_t)snprintf(text + size, PLACE_STATE_SIZE - size, "%02x",
                                 (unsigned char)state.data[i]);
    snprintf(text + size, PLACE_STATE_SIZE - size, "'");
    buffer_done(&state);
}

/* Users u1 … u<users> of tenant acme, taught in turn by the numbers 1 … last of partition 0, of
 * which Redis is told nothing: each is in Postgres after `lessons` of them. */
static inline void place_teach(struct place *place, int users, int last, int lessons)
{
    char literal[PLACE_STATE_SIZE];

    place_literal(lessons, literal);
    place_sql(place, "INSERT INTO tenants (tenant) VALUES ('acme')");
    place_sql(
        place,
        "INSERT INTO users (user_key, tenant_key, user_id)"
        " SELECT i * 256, (SELECT tenant_key FROM tenants), 'u' || i"
        " FROM generate_series(1, %d) i;"
        "INSERT INTO weight_audit SELECT 0, n, 256 * (1 + n %% %d), 0, n, n, 0, 0, 0, 0, now()"
        " FROM generate_series(1, %d) n;"
        "INSERT INTO weights SELECT user_key, 0, max(number), %s FROM weight_audit"
        " GROUP BY user_key;"
        "INSERT INTO weight_counters VALUES (0, %d, 0)",
        users, users, last, literal, last);
}

/* u<user>'s copy in Redis becomes the state after so many lessons, under that number. */
static inline void place_copy(struct place *place, int user, int64_t number, int lessons)
{
    struct buffer state = place_state(lessons);
    struct weights_copy copy = {
        .tenant = SLICE_LITERAL("acme"), .number = number, .state = buffer_slice(&state)};
    struct error error = {0};
    char name[16];

    snprintf(name, sizeof name, "u%d", user);
    copy.user = slice_of(name);
    ck_assert_msg(redis_copy_write(place->redis, &copy, 1, &error) == STATUS_OK, "%s", error.text);
    buffer_done(&state);
}

#endif
