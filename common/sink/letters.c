#include "common/sink/letters.h"

#include "common/base/must.h"
#include "common/codec/codec.h"
#include "common/event/event.h"
#include "common/worker/decode.h"

enum { COLUMN_BYTES = 64 * 1024 * 1024 };

static const struct postgres_statement insert_statement = {
    .name = "letters_insert",
    .sql = "INSERT INTO dead_letters (consumer_group, topic, partition, record_offset, reason,"
           " detail, key, value, value_bytes, appended_at)"
           " SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
           " ON CONFLICT DO NOTHING",
    .types = {POSTGRES_TEXT_ARRAY, POSTGRES_TEXT_ARRAY, POSTGRES_INT4_ARRAY, POSTGRES_INT8_ARRAY,
              POSTGRES_TEXT_ARRAY, POSTGRES_TEXT_ARRAY, POSTGRES_BYTEA_ARRAY, POSTGRES_BYTEA_ARRAY,
              POSTGRES_INT4_ARRAY, POSTGRES_TIMESTAMPTZ_ARRAY},
};

void letters_init(struct letters *letters)
{
    postgres_arrays_init(letters->columns, &insert_statement, COLUMN_BYTES);
}

void letters_done(struct letters *letters)
{
    postgres_arrays_done(letters->columns, LETTERS_COLUMNS);
    free(letters->labels);
    letters->labels = NULL;
}

void letters_reset(struct letters *letters)
{
    postgres_arrays_reset(letters->columns, LETTERS_COLUMNS);
    letters->count = 0;
}

static struct slice cut(struct slice raw)
{
    if (raw.size > LETTERS_RAW_BYTES)
        raw.size = LETTERS_RAW_BYTES;
    return raw;
}

static const char *find(const char *const *reasons, struct slice reason)
{
    while (*reasons != NULL && !slice_equal(slice_of(*reasons), reason))
        reasons++;
    return *reasons;
}

const char *letters_label(struct slice reason)
{
    const char *const *const lists[] = {codec_reasons, event_reasons, decode_reasons};
    const char *label = NULL;

    for (size_t i = 0; label == NULL && i < sizeof lists / sizeof lists[0]; i++)
        label = find(lists[i], reason);
    return label != NULL ? label : "other";
}

static void add_label(struct letters *letters, struct letter_label label)
{
    if (letters->count == letters->capacity) {
        letters->capacity = letters->capacity == 0 ? 64 : letters->capacity * 2;
        letters->labels =
            must_realloc(letters->labels, letters->capacity * sizeof *letters->labels);
    }
    letters->labels[letters->count++] = label;
}

void letters_add(struct letters *letters, const struct letter *letter)
{
    struct postgres_array *columns = letters->columns;

    add_label(letters, (struct letter_label){letter->group, letter->reason_label});
    postgres_array_append_text(&columns[0], slice_of(letter->group));
    postgres_array_append_text(&columns[1], slice_of(letter->topic));
    postgres_array_append_int4(&columns[2], letter->partition);
    postgres_array_append_int8(&columns[3], letter->offset);
    postgres_array_append_text(&columns[4], letter->reason);
    postgres_array_append_text(&columns[5], letter->detail);
    postgres_array_append_bytea(&columns[6], cut(letter->key));
    postgres_array_append_bytea(&columns[7], cut(letter->value));
    postgres_array_append_int4(&columns[8], (int32_t)letter->value.size);
    postgres_array_append_timestamptz(&columns[9], letter->appended_us);
}

enum status letters_post(struct letters *letters, struct postgres_tx *tx, struct error *error)
{
    struct postgres_value values[LETTERS_COLUMNS];

    if (letters->count == 0)
        return STATUS_OK;
    postgres_arrays_values(letters->columns, LETTERS_COLUMNS, values);
    return postgres_tx_post(tx, &insert_statement, values, error);
}
