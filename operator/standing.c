#include "operator/standing.h"

#include "common/base/must.h"
#include "operator/migrations.h"
#include "operator/readers.h"

#include <stdlib.h>
#include <string.h>

static const struct postgres_statement meta_statement = {
    .name = "standing_meta",
    .sql = "SELECT schema_version, coalesce(partitions, 0) FROM meta",
    .once = true,
};

static const struct postgres_statement rows_statement = {
    .name = "standing_rows",
    .sql = "SELECT consumer_group, topic, partition, next_source IS NOT NULL, base, next, position,"
           "  applied, duplicate, rejected, gap"
           " FROM source_offsets ORDER BY consumer_group, topic, partition",
    .once = true,
};

#define UNDEFINED_TABLE "42P01" /* SQLSTATE */

static enum status not_set_up(struct error *error)
{
    error_clear(error);
    return error_set(error, STATUS_REJECT, "the database is not set up: run `tributary init`");
}

static enum status read_meta(struct standing *standing, struct postgres_tx *tx, struct error *error)
{
    OWNED(postgres_result) result = NULL;
    enum status status = postgres_tx_run(tx, &meta_statement, NULL, &result, error);

    if (status != STATUS_OK)
        return strcmp(error->code, UNDEFINED_TABLE) == 0 ? not_set_up(error) : status;
    if (postgres_result_rows(result) != 1 || postgres_result_int4(result, 0, 1) == 0)
        return not_set_up(error);
    if (postgres_result_int4(result, 0, 0) != migration_count)
        return error_set(error, STATUS_REJECT,
                         "the database has schema version %d, this program knows %d",
                         postgres_result_int4(result, 0, 0), migration_count);
    standing->partitions = postgres_result_int4(result, 0, 1);
    return STATUS_OK;
}

static char *copy_text(struct slice text)
{
    char *copy = must_alloc(text.size + 1);

    if (text.size > 0)
        memcpy(copy, text.data, text.size);
    return copy;
}

enum status standing_read_rows(struct standing *standing, struct postgres_tx *tx,
                               struct error *error)
{
    OWNED(postgres_result) result = NULL;
    enum status status = read_meta(standing, tx, error);

    if (status == STATUS_OK)
        status = postgres_tx_run(tx, &rows_statement, NULL, &result, error);
    if (status != STATUS_OK)
        return status;
    standing->row_count = postgres_result_rows(result);
    standing->rows = must_alloc((standing->row_count + 1) * sizeof *standing->rows);
    for (size_t i = 0; i < standing->row_count; i++)
        standing->rows[i] = (struct standing_row){
            .group = copy_text(postgres_result_text(result, i, 0)),
            .topic = copy_text(postgres_result_text(result, i, 1)),
            .partition = postgres_result_int4(result, i, 2),
            .sequenced = postgres_result_bool(result, i, 3),
            .base = postgres_result_int8(result, i, 4),
            .next = postgres_result_int8(result, i, 5),
            .position = postgres_result_int8(result, i, 6),
            .applied = postgres_result_int8(result, i, 7),
            .duplicate = postgres_result_int8(result, i, 8),
            .rejected = postgres_result_int8(result, i, 9),
            .gap = postgres_result_int8(result, i, 10),
        };
    return STATUS_OK;
}

/* The commits before the ends: the other way round a race would look like a loss. */
enum status standing_read_logs(struct standing *standing, struct kafka_admin *admin,
                               struct error *error)
{
    size_t count = (size_t)standing->partitions;
    enum status status;

    standing->committed = must_alloc(count * sizeof *standing->committed);
    standing->marks = must_alloc(topic_count * sizeof *standing->marks);
    status = kafka_admin_committed(admin, GROUP_CLASSIFIER, TOPIC_TRANSACTIONS, standing->committed,
                                   count, error);
    for (size_t t = 0; status == STATUS_OK && t < topic_count; t++) {
        standing->marks[t] = must_alloc(count * sizeof *standing->marks[t]);
        status = kafka_admin_watermarks(admin, topics[t], standing->marks[t], count, error);
    }
    return status;
}

void standing_done(struct standing *standing)
{
    for (size_t i = 0; i < standing->row_count; i++) {
        free(standing->rows[i].group);
        free(standing->rows[i].topic);
    }
    free(standing->rows);
    free(standing->committed);
    for (size_t t = 0; standing->marks != NULL && t < topic_count; t++)
        free(standing->marks[t]);
    free(standing->marks);
    *standing = (struct standing){0};
}

const char *standing_source(const struct standing_row *row)
{
    return row->sequenced ? TOPIC_TRANSACTIONS : row->topic;
}

int64_t standing_unaccounted(const struct standing_row *row)
{
    return row->position - row->base - row->applied - row->duplicate - row->rejected - row->gap;
}

const struct kafka_watermarks *standing_marks(const struct standing *standing, const char *topic)
{
    for (size_t t = 0; t < topic_count; t++)
        if (strcmp(topics[t], topic) == 0)
            return standing->marks[t];
    return NULL;
}

const struct standing_row *standing_find(const struct standing *standing, const char *group,
                                         const char *topic, int32_t partition)
{
    for (size_t i = 0; i < standing->row_count; i++) {
        const struct standing_row *row = &standing->rows[i];

        if (row->partition == partition && strcmp(row->group, group) == 0 &&
            strcmp(row->topic, topic) == 0)
            return row;
    }
    return NULL;
}

static enum standing_trouble trouble_of(struct kafka_watermarks marks, int64_t offset)
{
    if (offset < marks.low)
        return STANDING_BELOW;
    return offset > marks.high ? STANDING_ABOVE : STANDING_FINE;
}

enum standing_trouble standing_of_row(const struct standing *standing,
                                      const struct standing_row *row)
{
    struct kafka_watermarks marks = standing_marks(standing, row->topic)[row->partition];
    enum standing_trouble trouble = trouble_of(marks, row->next);

    /* The classifier commits only behind outputs that are in the log. */
    if (trouble == STANDING_FINE && row->sequenced && row->next >= marks.high &&
        row->position < standing->committed[row->partition])
        return STANDING_LOST;
    return trouble;
}

enum standing_trouble standing_of_commit(const struct standing *standing, int32_t partition)
{
    if (standing->committed[partition] == KAFKA_OFFSET_NONE)
        return STANDING_NONE;
    return trouble_of(standing_marks(standing, TOPIC_TRANSACTIONS)[partition],
                      standing->committed[partition]);
}
