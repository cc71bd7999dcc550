#include "tests/faults/fleet/replay.h"

#include "common/base/must.h"
#include "common/engine/lesson.h"
#include "common/postgres/postgres.h"
#include "tests/support/process/process.h"

#include <inttypes.h>

enum { TIMEOUT_MS = 30000 };

/* One row a lesson, and one a stored state behind the last of its user's lessons. */
static const struct postgres_statement lessons_statement = {
    .name = "replay_lessons",
    .sql = "SELECT user_key, a.number, kind, rating, l.category, s.category, merchant, description,"
           "  currency, amount_minor, mcc, occurred_at, add_before, add_after, take_before,"
           "  take_after, CASE WHEN w.number = a.number THEN state END"
           " FROM weight_audit a JOIN lessons l USING (user_key, feedback_hash)"
           " JOIN shown s USING (user_key) LEFT JOIN weights w USING (user_key)"
           " WHERE s.id_hash = a.transaction_hash ORDER BY user_key, a.number",
};
static const struct postgres_statement counts_statement = {
    .name = "replay_counts",
    .sql = "SELECT (SELECT count(*) FROM weight_audit), (SELECT count(*) FROM weights)",
};

struct replay {
    const struct postgres_result *rows;
    struct engine_user *user; /* of the row before; NULL: none */
    int64_t user_key;
    int64_t states; /* compared */
};

static struct postgres *connect_to(const char *uri)
{
    const struct postgres_settings settings = {.uri = uri,
                                               .schema = "tributary",
                                               .connect_timeout_ms = TIMEOUT_MS,
                                               .statement_timeout_ms = TIMEOUT_MS,
                                               .lock_timeout_ms = TIMEOUT_MS,
                                               .idle_in_transaction_timeout_ms = TIMEOUT_MS,
                                               .tcp_user_timeout_ms = TIMEOUT_MS};
    struct postgres *db = NULL;
    struct error error = {0};

    MUST(postgres_new(&settings, "replay", &db, &error) == STATUS_OK);
    return db;
}

static struct postgres_result *ask(struct postgres *db, const struct postgres_statement *statement)
{
    struct postgres_result *rows = NULL;
    struct error error = {0};

    if (postgres_run(db, statement, NULL, &rows, &error) != STATUS_OK)
        process_fail(NULL, "%s", error.text);
    return rows;
}

static enum engine_feedback kind_of(struct slice text)
{
    if (slice_equal(text, SLICE_LITERAL("correction")))
        return ENGINE_CORRECTION;
    return slice_equal(text, SLICE_LITERAL("rating")) ? ENGINE_RATING : ENGINE_CONFIRMATION;
}

static struct engine_step learn(struct replay *replay, size_t row)
{
    const struct postgres_result *rows = replay->rows;
    const struct engine_input input = {.merchant = postgres_result_text(rows, row, 6),
                                       .description = postgres_result_text(rows, row, 7),
                                       .currency = postgres_result_text(rows, row, 8),
                                       .amount_minor = postgres_result_int8(rows, row, 9),
                                       .mcc = postgres_result_int4(rows, row, 10),
                                       .occurred_us = postgres_result_timestamptz(rows, row, 11)};
    struct engine_features features;
    const struct engine_lesson lesson = {.features = &features,
                                         .kind = kind_of(postgres_result_text(rows, row, 2)),
                                         .rating = postgres_result_int4(rows, row, 3),
                                         .category = postgres_result_text(rows, row, 4),
                                         .shown = postgres_result_text(rows, row, 5)};
    struct engine_step step;

    engine_features(&input, &features);
    engine_learn_user(replay->user, &lesson, &step);
    return step;
}

static void check_state(struct replay *replay, size_t row)
{
    struct slice stored = postgres_result_bytea(replay->rows, row, 16);
    struct buffer bytes;

    buffer_init(&bytes, ENGINE_USER_BYTES_MAX);
    engine_user_encode(replay->user, &bytes);
    if (!slice_equal(buffer_slice(&bytes), stored))
        process_fail(NULL, "user %" PRId64 ": %zu bytes of weights are not those of the audit",
                     replay->user_key, stored.size);
    buffer_done(&bytes);
    replay->states++;
}

static void take_row(struct replay *replay, size_t row)
{
    const struct postgres_result *rows = replay->rows;
    int64_t user_key = postgres_result_int8(rows, row, 0);
    struct engine_step step;

    if (replay->user == NULL || user_key != replay->user_key) {
        engine_user_free(replay->user);
        replay->user = engine_user_new();
        replay->user_key = user_key;
    }
    step = learn(replay, row);
    if (step.add_before != postgres_result_int4(rows, row, 12) ||
        step.add_after != postgres_result_int4(rows, row, 13) ||
        step.take_before != postgres_result_int4(rows, row, 14) ||
        step.take_after != postgres_result_int4(rows, row, 15))
        process_fail(NULL, "user %" PRId64 ", number %" PRId64 ": another step than the audit's",
                     user_key, postgres_result_int8(rows, row, 1));
    if (!postgres_result_null(rows, row, 16))
        check_state(replay, row);
}

int64_t replay_check(const char *uri)
{
    OWNED(postgres) db = connect_to(uri);
    OWNED(postgres_result) rows = ask(db, &lessons_statement);
    OWNED(postgres_result) counts = ask(db, &counts_statement);
    struct replay replay = {.rows = rows};
    int64_t lessons = postgres_result_int8(counts, 0, 0);

    for (size_t row = 0; row < postgres_result_rows(rows); row++)
        take_row(&replay, row);
    engine_user_free(replay.user);
    if ((int64_t)postgres_result_rows(rows) != lessons ||
        replay.states != postgres_result_int8(counts, 0, 1))
        process_fail(NULL,
                     "%" PRId64 " lessons in the audit, %zu with their halves; %" PRId64
                     " users have weights, %" PRId64 " lead up to them",
                     lessons, postgres_result_rows(rows), postgres_result_int8(counts, 0, 1),
                     replay.states);
    return lessons;
}
