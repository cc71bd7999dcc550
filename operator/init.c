/* `tributary init`: topics, schema, keys, and where they are missing the classifier's commits and
 * the offset rows. Never touches what is there, so it may be run at any time, twice, and beside a
 * running fleet. */
#include "common/base/arena.h"
#include "common/base/clock.h"
#include "common/base/must.h"
#include "common/codec/codec.h"
#include "common/crypto/secret.h"
#include "common/kafka/admin.h"
#include "common/kafka/consumer.h"
#include "common/postgres/array.h"
#include "operator/command.h"
#include "operator/migrate.h"
#include "operator/readers.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    ADMIN_CALL_MS = 10000,
    PATIENCE_MS = 60000,
    PAUSE_US = 500000,
    FIRST_RECORD_MS = 20000,
    COLUMN_BYTES = 1 << 20,
    SIPHASH_KEY_BYTES = 16
};

/* What init works out about the logs before it writes rows. By partition. */
struct logs {
    size_t count;
    int64_t *transactions_low;
    int64_t *feedback_low;
    int64_t *classifications_low;
    int64_t *committed;    /* of the classifier */
    int64_t *first_source; /* where a new reader of `classifications` starts, in source offsets */
};

static void logs_init(struct logs *logs, size_t count)
{
    logs->count = count;
    logs->transactions_low = must_alloc(count * sizeof *logs->transactions_low);
    logs->feedback_low = must_alloc(count * sizeof *logs->feedback_low);
    logs->classifications_low = must_alloc(count * sizeof *logs->classifications_low);
    logs->committed = must_alloc(count * sizeof *logs->committed);
    logs->first_source = must_alloc(count * sizeof *logs->first_source);
}

static void logs_done(struct logs *logs)
{
    free(logs->transactions_low);
    free(logs->feedback_low);
    free(logs->classifications_low);
    free(logs->committed);
    free(logs->first_source);
}

static enum status make_topics(const struct command_context *context, struct kafka_admin *admin,
                               struct error *error)
{
    for (size_t i = 0; i < topic_count; i++) {
        const struct kafka_topic topic = {.name = topics[i],
                                          .partitions = (int32_t)context->topics->partitions,
                                          .replicas = (int32_t)context->topics->replicas,
                                          .min_insync = (int32_t)context->topics->min_insync,
                                          .retention_ms = context->topics->retention_ms};
        bool created = false;
        enum status status = kafka_admin_ensure_topic(admin, &topic, &created, error);

        if (status != STATUS_OK)
            return status;
        fprintf(stderr, "init: topic %s %s\n", topics[i], created ? "made" : "is there");
    }
    return STATUS_OK;
}

static enum status read_lows(struct kafka_admin *admin, const char *topic, int64_t *ret_lows,
                             size_t count, struct error *error)
{
    struct kafka_watermarks *marks = must_alloc(count * sizeof *marks);
    enum status status = kafka_admin_watermarks(admin, topic, marks, count, error);

    for (size_t p = 0; status == STATUS_OK && p < count; p++)
        ret_lows[p] = marks[p].low;
    free(marks);
    return status;
}

/* ---- The database's constants ---- */

static const struct postgres_statement set_meta_statement = {
    .name = "meta_set",
    .sql = "UPDATE meta SET siphash_key = coalesce(siphash_key, $1),"
           " partitions = coalesce(partitions, $2) RETURNING partitions",
    .once = true,
    .types = {POSTGRES_BYTEA, POSTGRES_INT4},
};

static enum status set_meta(struct postgres *db, size_t partitions, struct error *error)
{
    uint8_t key[SIPHASH_KEY_BYTES];
    struct postgres_value values[2];
    OWNED(postgres_result) result = NULL;
    enum status status = crypto_random(key, sizeof key, error);

    if (status != STATUS_OK)
        return status;
    values[0] = postgres_bytea((struct slice){(const char *)key, sizeof key});
    values[1] = postgres_int4((int32_t)partitions);
    status = postgres_run(db, &set_meta_statement, values, &result, error);
    if (status == STATUS_OK && postgres_result_int4(result, 0, 0) != (int32_t)partitions)
        return error_set(
            error, STATUS_REJECT,
            "this installation has %d partitions, topics.partitions says %zu: the count"
            " never changes",
            postgres_result_int4(result, 0, 0), partitions);
    return status;
}

/* ---- The classifier's commits ---- */

static enum status commit_missing(struct kafka_admin *admin, struct logs *logs, struct error *error)
{
    int64_t *missing;
    size_t made = 0;
    enum status status = kafka_admin_committed(admin, GROUP_CLASSIFIER, TOPIC_TRANSACTIONS,
                                               logs->committed, logs->count, error);

    if (status != STATUS_OK)
        return status;
    missing = must_alloc(logs->count * sizeof *missing);
    for (size_t p = 0; p < logs->count; p++) {
        missing[p] = KAFKA_OFFSET_NONE;
        if (logs->committed[p] != KAFKA_OFFSET_NONE)
            continue;
        missing[p] = logs->committed[p] = logs->transactions_low[p];
        made++;
    }
    if (made > 0)
        status = kafka_admin_commit(admin, GROUP_CLASSIFIER, TOPIC_TRANSACTIONS, missing,
                                    logs->count, error);
    free(missing);
    if (status == STATUS_OK)
        fprintf(stderr, "init: %zu commits of the classifier made\n", made);
    return status;
}

/* ---- Where a new reader of the outputs starts ---- */

/* The first output that is still in the log says which source offset it covers first; an empty log
 * starts where the classifier does. */
struct first_outputs {
    struct kafka_consumer *reader;
    struct arena *arena;
    int64_t *sources; /* by partition */
    bool *known;
    size_t left;
};

static void first_output(struct first_outputs *first, const struct kafka_record *record)
{
    struct classification output;
    struct error error = {0};

    arena_reset(first->arena);
    /* What is no output is passed over, as every reader does. */
    if (first->known[record->partition] ||
        codec_decode_classification(record->value, first->arena, &output, &error) != STATUS_OK)
        return;
    first->sources[record->partition] = output.from;
    first->known[record->partition] = true;
    first->left--;
}

static enum status read_first_outputs(struct first_outputs *first, struct error *error)
{
    int64_t until_ms = clock_steady_ms() + FIRST_RECORD_MS;
    struct kafka_record record;

    while (first->left > 0) {
        if (clock_steady_ms() > until_ms)
            return error_set(error, STATUS_RETRY, "the classifications topic does not answer");
        error_clear(error);
        switch (kafka_consumer_poll(first->reader, 100, &record, error)) {
        case KAFKA_RECORD:
            first_output(first, &record);
            kafka_record_release(&record);
            break;
        case KAFKA_END: /* nothing but garbage up to here */
            if (!first->known[record.partition])
                first->left--;
            first->known[record.partition] = true;
            break;
        case KAFKA_OUT_OF_LOG:
            return STATUS_RETRY;
        default:
            break;
        }
    }
    error_clear(error);
    return STATUS_OK;
}

static enum status find_in_logs(struct first_outputs *first, const struct kafka_watermarks *marks,
                                size_t count, struct error *error)
{
    struct kafka_position *positions = must_alloc(count * sizeof *positions);
    enum status status;

    for (size_t p = 0; p < count; p++)
        if (marks[p].low < marks[p].high)
            positions[first->left++] =
                (struct kafka_position){.partition = (int32_t)p, .offset = marks[p].low};
    status = kafka_consumer_assign(first->reader, positions, first->left, error);
    free(positions);
    return status == STATUS_OK ? read_first_outputs(first, error) : status;
}

static enum status find_first_sources(const struct command_context *context,
                                      struct kafka_admin *admin, struct logs *logs,
                                      struct error *error)
{
    const char *const names[] = {TOPIC_CLASSIFICATIONS};
    const struct kafka_consumer_options options = {.settings = context->kafka,
                                                   .client_id = "tributary-init",
                                                   .topics = names,
                                                   .topic_count = 1};
    struct kafka_watermarks *marks = must_alloc(logs->count * sizeof *marks);
    struct first_outputs first = {.arena = arena_new(CODEC_DECODE_ARENA_BYTES * 2),
                                  .sources = logs->first_source,
                                  .known = must_alloc(logs->count * sizeof(bool))};
    struct error ignored = {0};
    enum status status =
        kafka_admin_watermarks(admin, TOPIC_CLASSIFICATIONS, marks, logs->count, error);

    for (size_t p = 0; p < logs->count && status == STATUS_OK; p++) {
        logs->classifications_low[p] = marks[p].low;
        logs->first_source[p] = logs->committed[p];
    }
    if (status == STATUS_OK)
        status = kafka_consumer_new(&options, &first.reader, error);
    if (status == STATUS_OK)
        status = find_in_logs(&first, marks, logs->count, error);
    if (kafka_consumer_close(first.reader, ADMIN_CALL_MS, &ignored) != STATUS_OK)
        fprintf(stderr, "init: %s\n", ignored.text);
    arena_free(first.arena);
    free(first.known);
    free(marks);
    return status;
}

/* ---- The offset rows ---- */

static const struct postgres_statement add_rows_statement = {
    .name = "offsets_add",
    .sql = "INSERT INTO source_offsets (consumer_group, topic, partition, base, next, next_source)"
           " SELECT * FROM unnest($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
    .once = true,
    .types = {POSTGRES_TEXT_ARRAY, POSTGRES_TEXT_ARRAY, POSTGRES_INT4_ARRAY, POSTGRES_INT8_ARRAY,
              POSTGRES_INT8_ARRAY, POSTGRES_INT8_ARRAY},
};
enum { ROW_COLUMNS = 6 };

static void append_row(struct postgres_array *columns, const struct reader *reader,
                       const struct logs *logs, size_t partition)
{
    int64_t next =
        reader->sequenced ? logs->classifications_low[partition] : logs->feedback_low[partition];

    postgres_array_append_text(&columns[0], slice_of(reader->group));
    postgres_array_append_text(&columns[1], slice_of(reader->topic));
    postgres_array_append_int4(&columns[2], (int32_t)partition);
    postgres_array_append_int8(&columns[3],
                               reader->sequenced ? logs->first_source[partition] : next);
    postgres_array_append_int8(&columns[4], next);
    if (reader->sequenced)
        postgres_array_append_int8(&columns[5], logs->first_source[partition]);
    else
        postgres_array_append_null(&columns[5]);
}

static enum status add_rows(struct postgres *db, const struct logs *logs, struct error *error)
{
    struct postgres_array columns[ROW_COLUMNS];
    struct postgres_value values[ROW_COLUMNS];
    OWNED(postgres_result) result = NULL;
    enum status status;

    postgres_arrays_init(columns, &add_rows_statement, COLUMN_BYTES);
    for (size_t r = 0; r < reader_count; r++)
        for (size_t p = 0; p < logs->count; p++)
            append_row(columns, &readers[r], logs, p);
    postgres_arrays_values(columns, ROW_COLUMNS, values);
    status = postgres_run(db, &add_rows_statement, values, &result, error);
    postgres_arrays_done(columns, ROW_COLUMNS);
    if (status == STATUS_OK)
        fprintf(stderr, "init: %lld offset rows made\n",
                (long long)postgres_result_affected(result));
    return status;
}

/* ---- The command ---- */

static enum status init_all(const struct command_context *context, struct kafka_admin *admin,
                            struct postgres *db, struct logs *logs, struct error *error)
{
    enum status status;

    if ((status = make_topics(context, admin, error)) != STATUS_OK ||
        (status = migrate(db, context->postgres->schema, error)) != STATUS_OK ||
        (status = set_meta(db, logs->count, error)) != STATUS_OK ||
        (status = read_lows(admin, TOPIC_TRANSACTIONS, logs->transactions_low, logs->count,
                            error)) != STATUS_OK ||
        (status = read_lows(admin, TOPIC_FEEDBACK, logs->feedback_low, logs->count, error)) !=
            STATUS_OK ||
        (status = commit_missing(admin, logs, error)) != STATUS_OK ||
        (status = find_first_sources(context, admin, logs, error)) != STATUS_OK)
        return status;
    return add_rows(db, logs, error);
}

/* Servers that have just been started say no for a while; every step may be done again. */
static enum status init_patiently(const struct command_context *context, struct kafka_admin *admin,
                                  struct postgres *db, struct logs *logs, struct error *error)
{
    int64_t until_ms = clock_steady_ms() + PATIENCE_MS;
    enum status status;

    while ((status = init_all(context, admin, db, logs, error)) == STATUS_RETRY &&
           clock_steady_ms() < until_ms) {
        fprintf(stderr, "init: %s; trying again\n", error->text);
        error_clear(error);
        usleep(PAUSE_US);
    }
    return status;
}

static int run_init(const struct command_context *context, struct error *error)
{
    const struct kafka_admin_options options = {
        .settings = context->kafka, .client_id = "tributary-init", .timeout_ms = ADMIN_CALL_MS};
    OWNED(kafka_admin) admin = NULL;
    OWNED(postgres) db = NULL;
    struct logs logs;
    enum status status;

    if (postgres_new(context->postgres, "tributary-init", &db, error) != STATUS_OK ||
        kafka_admin_new(&options, &admin, error) != STATUS_OK)
        return command_failed(error);
    logs_init(&logs, (size_t)context->topics->partitions);
    status = init_patiently(context, admin, db, &logs, error);
    logs_done(&logs);
    return status == STATUS_OK ? COMMAND_OK : command_failed(error);
}

const struct command command_init = {
    .words = "init",
    .help = "makes topics, schema and offset rows where they are missing",
    .more = "Never touches what is there: it may be run at any time, twice, and beside a running"
            " fleet.",
    .example = "tributary init --kafka-brokers=localhost:9092",
    .options = "",
    .sections = COMMAND_TOPICS | COMMAND_KAFKA | COMMAND_POSTGRES,
    .run = run_init,
};
