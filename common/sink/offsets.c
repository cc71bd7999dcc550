#include "common/sink/offsets.h"

#include "common/base/must.h"

enum { COLUMN_BYTES = 256 * 1024 };

static const struct postgres_statement take_statement = {
    .name = "offsets_take",
    .sql = "UPDATE source_offsets SET epoch = epoch + 1"
           " WHERE consumer_group = $1 AND topic = ANY ($2) AND partition = $3"
           " RETURNING topic, next, coalesce(next_source, -1), epoch, unaccounted",
    .types = {POSTGRES_TEXT, POSTGRES_TEXT_ARRAY, POSTGRES_INT4},
};

static const struct postgres_statement guard_statement = {
    .name = "offsets_guard",
    .sql = "SELECT guard_offsets($1, $2, $3, $4, $5, $6, $7)",
    .types = {POSTGRES_TEXT, POSTGRES_TEXT_ARRAY, POSTGRES_INT4_ARRAY, POSTGRES_INT8_ARRAY,
              POSTGRES_INT8_ARRAY, POSTGRES_INT8_ARRAY, POSTGRES_INT8_ARRAY},
};

static const struct postgres_statement count_statement = {
    .name = "offsets_count",
    .sql = "UPDATE source_offsets AS row SET applied = row.applied + more.applied,"
           "  duplicate = row.duplicate + more.duplicate, rejected = row.rejected + more.rejected,"
           "  gap = row.gap + more.gap"
           " FROM unnest($2, $3, $4, $5, $6, $7)"
           "  AS more (topic, partition, applied, duplicate, rejected, gap)"
           " WHERE row.consumer_group = $1 AND row.topic = more.topic"
           "  AND row.partition = more.partition"
           " RETURNING row.topic, row.partition, row.unaccounted",
    .types = {POSTGRES_TEXT, POSTGRES_TEXT_ARRAY, POSTGRES_INT4_ARRAY, POSTGRES_INT8_ARRAY,
              POSTGRES_INT8_ARRAY, POSTGRES_INT8_ARRAY, POSTGRES_INT8_ARRAY},
};

static size_t *topic_order(const struct input *inputs, size_t count)
{
    size_t *order = must_alloc(count * sizeof *order);

    for (size_t i = 0; i < count; i++) {
        size_t place = i;

        for (; place > 0 && strcmp(inputs[order[place - 1]].topic, inputs[i].topic) > 0; place--)
            order[place] = order[place - 1];
        order[place] = i;
    }
    return order;
}

void offsets_init(struct offsets *offsets, const char *group, const struct input *inputs,
                  size_t input_count, int32_t partitions)
{
    *offsets = (struct offsets){
        .group = group, .inputs = inputs, .input_count = input_count, .partitions = partitions};
    offsets->order = topic_order(inputs, input_count);
    offsets->rows = must_alloc((size_t)partitions * input_count * sizeof *offsets->rows);
    for (int i = 0; i < OFFSETS_COLUMNS; i++)
        postgres_array_init(&offsets->columns[i], guard_statement.types[i + 1], COLUMN_BYTES);
}

void offsets_done(struct offsets *offsets)
{
    if (offsets->rows == NULL)
        return;
    postgres_arrays_done(offsets->columns, OFFSETS_COLUMNS);
    free(offsets->order);
    free(offsets->rows);
    *offsets = (struct offsets){0};
}

static size_t input_of_topic(const struct offsets *offsets, struct slice topic)
{
    size_t input = 0;

    while (input < offsets->input_count &&
           !slice_equal(slice_of(offsets->inputs[input].topic), topic))
        input++;
    return input;
}

static enum status offsets_read(struct offsets *offsets, const struct postgres_result *result,
                                int32_t partition, struct error *error)
{
    if (postgres_result_rows(result) != offsets->input_count)
        return error_set(
            error, STATUS_REJECT,
            "group %s has %zu of %zu offset rows for partition %d: run `tributary init`",
            offsets->group, postgres_result_rows(result), offsets->input_count, partition);
    for (size_t row = 0; row < offsets->input_count; row++) {
        size_t input = input_of_topic(offsets, postgres_result_text(result, row, 0));
        bool sequenced;

        MUST(input < offsets->input_count);
        sequenced = offsets->inputs[input].kind == INPUT_CLASSIFICATIONS;
        if (sequenced != (postgres_result_int8(result, row, 2) != OFFSET_NO_SOURCE))
            return error_set(error, STATUS_REJECT,
                             "the offset row of group %s, topic %s, partition %d is of another kind"
                             " of topic: run `tributary verify`",
                             offsets->group, offsets->inputs[input].topic, partition);
        offsets->rows[offsets_index(offsets, partition, input)] = (struct offset_row){
            .next = postgres_result_int8(result, row, 1),
            .next_source = postgres_result_int8(result, row, 2),
            .epoch = postgres_result_int8(result, row, 3),
            .unaccounted = postgres_result_int8(result, row, 4),
        };
    }
    return STATUS_OK;
}

enum status offsets_take(struct offsets *offsets, struct postgres *db, int32_t partition,
                         struct error *error)
{
    struct postgres_array topics;
    struct postgres_value values[3];
    OWNED(postgres_result) result = NULL;
    enum status status;

    postgres_array_init(&topics, POSTGRES_TEXT_ARRAY, COLUMN_BYTES);
    for (size_t i = 0; i < offsets->input_count; i++)
        postgres_array_append_text(&topics, slice_of(offsets->inputs[i].topic));
    values[0] = postgres_text(slice_of(offsets->group));
    values[1] = postgres_array_value(&topics);
    values[2] = postgres_int4(partition);
    status = postgres_run(db, &take_statement, values, &result, error);
    postgres_array_done(&topics);
    return status == STATUS_OK ? offsets_read(offsets, result, partition, error) : status;
}

static bool partition_touched(const struct offsets *offsets, const struct offset_change *changes,
                              int32_t partition)
{
    for (size_t i = 0; i < offsets->input_count; i++)
        if (changes[offsets_index(offsets, partition, i)].touched)
            return true;
    return false;
}

static void guard_append(struct offsets *offsets, const struct offset_change *changes,
                         int32_t partition, size_t input)
{
    size_t index = offsets_index(offsets, partition, input);
    const struct offset_row *row = &offsets->rows[index];
    const struct offset_change *change = &changes[index];

    postgres_array_append_text(&offsets->columns[0], slice_of(offsets->inputs[input].topic));
    postgres_array_append_int4(&offsets->columns[1], partition);
    postgres_array_append_int8(&offsets->columns[2], row->epoch);
    postgres_array_append_int8(&offsets->columns[3], row->next);
    postgres_array_append_int8(&offsets->columns[4], change->to_next);
    if (row->next_source == OFFSET_NO_SOURCE)
        postgres_array_append_null(&offsets->columns[5]);
    else
        postgres_array_append_int8(&offsets->columns[5], change->to_next_source);
}

enum status offsets_guard(struct offsets *offsets, struct postgres_tx *tx,
                          const struct offset_change *changes, struct error *error)
{
    struct postgres_value values[7];

    postgres_arrays_reset(offsets->columns, OFFSETS_COLUMNS);
    for (size_t i = 0; i < offsets->input_count; i++)
        for (int32_t partition = 0; partition < offsets->partitions; partition++)
            if (partition_touched(offsets, changes, partition))
                guard_append(offsets, changes, partition, offsets->order[i]);
    values[0] = postgres_text(slice_of(offsets->group));
    postgres_arrays_values(offsets->columns, OFFSETS_COLUMNS, values + 1);
    return postgres_tx_post(tx, &guard_statement, values, error);
}

static void count_append(struct offsets *offsets, const struct offset_change *change,
                         int32_t partition, size_t input)
{
    postgres_array_append_text(&offsets->columns[0], slice_of(offsets->inputs[input].topic));
    postgres_array_append_int4(&offsets->columns[1], partition);
    postgres_array_append_int8(&offsets->columns[2], change->applied);
    postgres_array_append_int8(&offsets->columns[3], change->duplicate);
    postgres_array_append_int8(&offsets->columns[4], change->rejected);
    postgres_array_append_int8(&offsets->columns[5], change->gap);
}

static void count_read(struct offsets *offsets, const struct postgres_result *result)
{
    for (size_t row = 0; row < postgres_result_rows(result); row++) {
        size_t input = input_of_topic(offsets, postgres_result_text(result, row, 0));
        int32_t partition = postgres_result_int4(result, row, 1);

        offsets->rows[offsets_index(offsets, partition, input)].unaccounted =
            postgres_result_int8(result, row, 2);
    }
}

enum status offsets_count(struct offsets *offsets, struct postgres_tx *tx,
                          const struct offset_change *changes, struct error *error)
{
    OWNED(postgres_result) result = NULL;
    struct postgres_value values[7];
    enum status status;

    postgres_arrays_reset(offsets->columns, OFFSETS_COLUMNS);
    for (int32_t partition = 0; partition < offsets->partitions; partition++)
        for (size_t i = 0; i < offsets->input_count; i++) {
            const struct offset_change *change = &changes[offsets_index(offsets, partition, i)];

            if (change->touched)
                count_append(offsets, change, partition, i);
        }
    values[0] = postgres_text(slice_of(offsets->group));
    postgres_arrays_values(offsets->columns, OFFSETS_COLUMNS, values + 1);
    status = postgres_tx_run(tx, &count_statement, values, &result, error);
    if (status == STATUS_OK)
        count_read(offsets, result);
    return status;
}

void offsets_moved(struct offsets *offsets, const struct offset_change *changes)
{
    size_t count = (size_t)offsets->partitions * offsets->input_count;

    for (size_t i = 0; i < count; i++) {
        offsets->rows[i].next = changes[i].to_next;
        offsets->rows[i].next_source = changes[i].to_next_source;
    }
}
