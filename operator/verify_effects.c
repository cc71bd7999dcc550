#include "operator/verify_effects.h"

#include "common/base/must.h"
#include "common/codec/codec.h"
#include "common/crypto/siphash.h"
#include "common/postgres/array.h"
#include "operator/readers.h"

#include <inttypes.h>
#include <string.h>

enum {
    BATCH_RECORDS = 1000,
    COLUMN_BYTES = 4 << 20,
    COLUMNS = 9,
    TABLES_MAX = 4,
};

/* $1 partition, $2 offset, $3 tenant, $4 user, $5 hash of the id, $6 id, $7 currency or the
 * transaction that feedback is about, $8 amount or rating, $9 when. The row under the id must be
 * this record's, or that of one before it, which this one then repeats. LIMIT and OFFSET keep the
 * planner from joining whole tables: each record is looked up by index. */
#define FIND(table, hash, id, same, letters)                                                       \
    "SELECT a.partition, a.source_offset FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9)"          \
    "  AS a (partition, source_offset, tenant, user_id, hash, id, text, number, at)"               \
    " CROSS JOIN LATERAL (SELECT (SELECT user_key FROM users JOIN tenants USING (tenant_key)"      \
    "   WHERE tenant = a.tenant AND users.user_id = a.user_id) AS user_key) AS k"                  \
    " LEFT JOIN LATERAL (SELECT * FROM " table " WHERE user_key = k.user_key"                      \
    "   AND " hash " = a.hash LIMIT 1) AS e ON true"                                               \
    " WHERE NOT coalesce(e." id " = a.id AND e.partition = a.partition"                            \
    "  AND (e.source_offset < a.source_offset OR (e.source_offset = a.source_offset AND " same     \
    ")), false)"                                                                                   \
    " AND NOT EXISTS (SELECT FROM dead_letters AS d WHERE d.consumer_group IN (" letters ")"       \
    "  AND d.partition = a.partition AND d.record_offset = a.source_offset"

#define OF_TRANSACTIONS " AND d.topic = '" TOPIC_TRANSACTIONS "' OFFSET 0)"
#define OF_FEEDBACK     " AND d.topic = '" TOPIC_FEEDBACK "' OFFSET 0)"
#define SAME_MONEY      "e.currency = a.text AND e.amount_minor = a.number AND e.occurred_at = a.at"
#define SAME_FEEDBACK   "e.transaction_id = a.text AND e.rating = a.number"

#define TYPES                                                                                      \
    {                                                                                              \
        POSTGRES_INT4_ARRAY, POSTGRES_INT8_ARRAY, POSTGRES_TEXT_ARRAY, POSTGRES_TEXT_ARRAY,        \
            POSTGRES_INT8_ARRAY, POSTGRES_TEXT_ARRAY, POSTGRES_TEXT_ARRAY, POSTGRES_INT8_ARRAY,    \
            POSTGRES_TIMESTAMPTZ_ARRAY                                                             \
    }

struct effect_table {
    const char *group;
    const char *source;
    const char *name;
    struct postgres_statement statement;
};

static const struct effect_table tables[] = {
    {"analytics",
     TOPIC_TRANSACTIONS,
     "the ledger",
     {.name = "verify_find_ledger",
      .sql = FIND("ledger", "id_hash", "event_id", SAME_MONEY,
                  "'analytics', '" GROUP_CLASSIFIER "'") OF_TRANSACTIONS,
      .types = TYPES}},
    {"analytics",
     TOPIC_FEEDBACK,
     "the corrections",
     {.name = "verify_find_corrections",
      .sql = FIND("corrections", "feedback_hash", "feedback_id", SAME_FEEDBACK, "'analytics'")
          OF_FEEDBACK,
      .types = TYPES}},
    {"learner",
     TOPIC_TRANSACTIONS,
     "what was shown",
     {.name = "verify_find_shown",
      .sql = FIND("shown", "id_hash", "event_id", SAME_MONEY, "'learner', '" GROUP_CLASSIFIER "'")
          OF_TRANSACTIONS,
      .types = TYPES}},
    {"learner",
     TOPIC_FEEDBACK,
     "the lessons",
     {.name = "verify_find_lessons",
      .sql =
          FIND("lessons", "feedback_hash", "feedback_id", SAME_FEEDBACK, "'learner'") OF_FEEDBACK,
      .types = TYPES}},
};
enum { TABLES = sizeof tables / sizeof tables[0] };
_Static_assert((int)TABLES <= (int)TABLES_MAX, "a batch for each");

struct effects {
    struct verify *verify;
    const char *source;
    struct report_result *result;
    struct crypto_siphash *siphash;
    struct arena *arena;
    struct postgres_array batches[TABLES_MAX][COLUMNS];
};

static const struct postgres_statement siphash_statement = {
    .name = "verify_siphash",
    .sql = "SELECT siphash_key FROM meta",
    .once = true,
};

static enum status read_siphash(struct postgres *db, struct crypto_siphash **ret_siphash,
                                struct error *error)
{
    OWNED(postgres_result) row = NULL;
    enum status status = postgres_run(db, &siphash_statement, NULL, &row, error);

    if (status != STATUS_OK)
        return status;
    if (postgres_result_rows(row) != 1 || postgres_result_null(row, 0, 0))
        return error_set(error, STATUS_REJECT, "the database is not set up: run `tributary init`");
    return crypto_siphash_new(ret_siphash, postgres_result_bytea(row, 0, 0), error);
}

enum status effects_new(struct verify *verify, const char *source, struct report_result *result,
                        struct effects **ret_effects, struct error *error)
{
    struct crypto_siphash *siphash;
    enum status status = read_siphash(verify->db, &siphash, error);
    struct effects *effects;

    if (status != STATUS_OK)
        return status;
    effects = must_alloc(sizeof *effects);
    *effects =
        (struct effects){.verify = verify, .source = source, .result = result, .siphash = siphash};
    effects->arena = arena_new((size_t)CODEC_DECODE_ARENA_BYTES * 2);
    for (size_t t = 0; t < TABLES; t++)
        postgres_arrays_init(effects->batches[t], &tables[t].statement, COLUMN_BYTES);
    *ret_effects = effects;
    return STATUS_OK;
}

void effects_free(struct effects *effects)
{
    if (effects == NULL)
        return;
    for (size_t t = 0; t < TABLES; t++)
        postgres_arrays_done(effects->batches[t], COLUMNS);
    arena_free(effects->arena);
    crypto_siphash_free(effects->siphash);
    free(effects);
}

static enum status look_up(struct effects *effects, size_t table, struct error *error)
{
    struct postgres_value values[COLUMNS];
    OWNED(postgres_result) rows = NULL;
    enum status status;

    if (effects->batches[table][0].count == 0)
        return STATUS_OK;
    postgres_arrays_values(effects->batches[table], COLUMNS, values);
    status = postgres_run(effects->verify->db, &tables[table].statement, values, &rows, error);
    postgres_arrays_reset(effects->batches[table], COLUMNS);
    for (size_t i = 0; status == STATUS_OK && i < postgres_result_rows(rows); i++)
        report_difference(effects->result,
                          "%s, partition %" PRId32 ", offset %" PRId64
                          ": not as it should be in %s, and no dead letter of %s",
                          effects->source, postgres_result_int4(rows, i, 0),
                          postgres_result_int8(rows, i, 1), tables[table].name,
                          tables[table].group);
    return status;
}

/* What a record is looked up by. Bytes that are no event have nothing: only a letter explains. */
struct trace {
    struct slice tenant;
    struct slice user;
    struct slice id;
    struct slice text;
    int64_t number;
    int64_t at_us;
};

static struct trace trace_of(struct effects *effects, const struct kafka_record *record)
{
    const struct slice none = {"", 0};
    struct trace nothing = {none, none, none, none, 0, 0};
    struct transaction transaction;
    struct feedback feedback;
    struct error ignored = {0};

    arena_reset(effects->arena);
    if (strcmp(effects->source, TOPIC_FEEDBACK) == 0) {
        if (codec_decode_feedback(record->value, effects->arena, &feedback, &ignored) != STATUS_OK)
            return nothing;
        return (struct trace){feedback.tenant,         feedback.user,   feedback.id,
                              feedback.transaction_id, feedback.rating, feedback.occurred_at};
    }
    if (codec_decode_transaction(record->value, effects->arena, &transaction, &ignored) !=
        STATUS_OK)
        return nothing;
    return (struct trace){transaction.tenant,   transaction.user,         transaction.id,
                          transaction.currency, transaction.amount_minor, transaction.occurred_at};
}

static void append(struct effects *effects, struct postgres_array *batch,
                   const struct kafka_record *record)
{
    struct trace trace = trace_of(effects, record);

    postgres_array_append_int4(&batch[0], record->partition);
    postgres_array_append_int8(&batch[1], record->offset);
    postgres_array_append_text(&batch[2], trace.tenant);
    postgres_array_append_text(&batch[3], trace.user);
    postgres_array_append_int8(&batch[4], (int64_t)crypto_siphash(effects->siphash, trace.id));
    postgres_array_append_text(&batch[5], trace.id);
    postgres_array_append_text(&batch[6], trace.text);
    postgres_array_append_int8(&batch[7], trace.number);
    postgres_array_append_timestamptz(&batch[8], trace.at_us);
}

enum status effects_expect(struct effects *effects, const struct standing_row *row,
                           const struct kafka_record *record, struct error *error)
{
    for (size_t t = 0; t < TABLES; t++) {
        if (strcmp(tables[t].group, row->group) != 0 ||
            strcmp(tables[t].source, effects->source) != 0)
            continue;
        append(effects, effects->batches[t], record);
        if (effects->batches[t][0].count >= BATCH_RECORDS)
            return look_up(effects, t, error);
    }
    return STATUS_OK;
}

enum status effects_finish(struct effects *effects, struct error *error)
{
    enum status status = STATUS_OK;

    for (size_t t = 0; status == STATUS_OK && t < TABLES; t++)
        status = look_up(effects, t, error);
    return status;
}
