#include "tests/support/avro/avro.h"

#include "common/base/must.h"

#include <avro.h>

enum { BYTES_MAX = 1 << 20 };

struct avro_oracle {
    avro_schema_t schema;
    avro_value_iface_t *iface;
    avro_value_t written;
    avro_value_t read;
    avro_writer_t writer;
    avro_reader_t reader;
    char *bytes;
};

struct avro_oracle *avro_oracle_new(const char *schema_json)
{
    struct avro_oracle *oracle = must_alloc(sizeof *oracle);

    MUST(avro_schema_from_json_length(schema_json, strlen(schema_json), &oracle->schema) == 0);
    oracle->iface = avro_generic_class_from_schema(oracle->schema);
    MUST(oracle->iface != NULL);
    MUST(avro_generic_value_new(oracle->iface, &oracle->written) == 0);
    MUST(avro_generic_value_new(oracle->iface, &oracle->read) == 0);
    oracle->bytes = must_alloc(BYTES_MAX);
    oracle->writer = avro_writer_memory(oracle->bytes, BYTES_MAX);
    oracle->reader = avro_reader_memory(oracle->bytes, 0);
    return oracle;
}

void avro_oracle_free(struct avro_oracle *oracle)
{
    if (oracle == NULL)
        return;
    avro_value_decref(&oracle->written);
    avro_value_decref(&oracle->read);
    avro_value_iface_decref(oracle->iface);
    avro_schema_decref(oracle->schema);
    avro_writer_free(oracle->writer);
    avro_reader_free(oracle->reader);
    free(oracle->bytes);
    free(oracle);
}

/* By position, which is faster in avro-c than by name. */
static avro_value_t field(const avro_value_t *record, size_t index)
{
    avro_value_t value;

    MUST(avro_value_get_by_index(record, index, &value, NULL) == 0);
    return value;
}

static void put_text(const avro_value_t *value, struct slice text)
{
    char copy[4096];

    /* avro-c wants the NUL, and counts it. */
    MUST(text.size < sizeof copy);
    if (text.size > 0)
        memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    MUST(avro_value_set_string_len(value, copy, text.size + 1) == 0);
}

static void put_text_at(const avro_value_t *record, size_t index, struct slice text)
{
    avro_value_t value = field(record, index);

    put_text(&value, text);
}

static void put_long_at(const avro_value_t *record, size_t index, int64_t number)
{
    avro_value_t value = field(record, index);

    MUST(avro_value_set_long(&value, number) == 0);
}

static void put_int_at(const avro_value_t *record, size_t index, int32_t number)
{
    avro_value_t value = field(record, index);

    MUST(avro_value_set_int(&value, number) == 0);
}

static void put_float_at(const avro_value_t *record, size_t index, float number)
{
    avro_value_t value = field(record, index);

    MUST(avro_value_set_float(&value, number) == 0);
}

static void put_enum_at(const avro_value_t *record, size_t index, int symbol)
{
    avro_value_t value = field(record, index);

    MUST(avro_value_set_enum(&value, symbol) == 0);
}

static void put_bytes_at(const avro_value_t *record, size_t index, struct slice bytes)
{
    avro_value_t value = field(record, index);
    void *copy = must_alloc(bytes.size + 1);

    if (bytes.size > 0)
        memcpy(copy, bytes.data, bytes.size);
    MUST(avro_value_set_bytes(&value, copy, bytes.size) == 0);
    free(copy);
}

static void put_metadata_at(const avro_value_t *record, size_t index, const struct text_pair *pairs,
                            size_t count)
{
    avro_value_t map = field(record, index), value;

    for (size_t i = 0; i < count; i++) {
        char key[256];

        snprintf(key, sizeof key, "%.*s", SLICE_FORMAT(pairs[i].key));
        MUST(avro_value_add(&map, key, &value, NULL, NULL) == 0);
        put_text(&value, pairs[i].value);
    }
}

static void fill_transaction(const avro_value_t *record, const struct transaction *event)
{
    put_text_at(record, 0, event->tenant);
    put_text_at(record, 1, event->id);
    put_text_at(record, 2, event->user);
    put_text_at(record, 3, event->account);
    put_long_at(record, 4, event->amount_minor);
    put_text_at(record, 5, event->currency);
    put_text_at(record, 6, event->description);
    put_text_at(record, 7, event->merchant);
    put_int_at(record, 8, event->mcc);
    put_long_at(record, 9, event->occurred_at);
    put_long_at(record, 10, event->received_at);
    put_metadata_at(record, 11, event->metadata, event->metadata_count);
}

static void append_bytes(struct avro_oracle *oracle, struct buffer *out)
{
    avro_writer_reset(oracle->writer);
    MUST(avro_value_write(oracle->writer, &oracle->written) == 0);
    buffer_append(out, oracle->bytes, (size_t)avro_writer_tell(oracle->writer));
}

void avro_oracle_write_transaction(struct avro_oracle *oracle, const struct transaction *event,
                                   struct buffer *out)
{
    MUST(avro_value_reset(&oracle->written) == 0);
    fill_transaction(&oracle->written, event);
    append_bytes(oracle, out);
}

void avro_oracle_write_feedback(struct avro_oracle *oracle, const struct feedback *event,
                                struct buffer *out)
{
    const avro_value_t *record = &oracle->written;

    MUST(avro_value_reset(&oracle->written) == 0);
    put_text_at(record, 0, event->tenant);
    put_text_at(record, 1, event->id);
    put_text_at(record, 2, event->user);
    put_text_at(record, 3, event->transaction_id);
    put_enum_at(record, 4, (int)event->kind);
    put_text_at(record, 5, event->category);
    put_int_at(record, 6, event->rating);
    put_long_at(record, 7, event->occurred_at);
    put_long_at(record, 8, event->received_at);
    put_metadata_at(record, 9, event->metadata, event->metadata_count);
    append_bytes(oracle, out);
}

static void put_reasons_at(const avro_value_t *record, size_t index, const struct reason *reasons,
                           size_t count)
{
    avro_value_t array = field(record, index), item;

    for (size_t i = 0; i < count; i++) {
        MUST(avro_value_append(&array, &item, NULL) == 0);
        put_enum_at(&item, 0, (int)reasons[i].source);
        put_text_at(&item, 1, reasons[i].category);
        put_float_at(&item, 2, reasons[i].confidence);
        put_int_at(&item, 3, reasons[i].evidence);
    }
}

static avro_value_t branch_at(const avro_value_t *record, size_t index, int branch)
{
    avro_value_t choice = field(record, index), value;

    MUST(avro_value_set_branch(&choice, branch, &value) == 0);
    if (branch == 0)
        MUST(avro_value_set_null(&value) == 0);
    return value;
}

void avro_oracle_write_classification(struct avro_oracle *oracle,
                                      const struct classification *event, struct buffer *out)
{
    const avro_value_t *record = &oracle->written;
    avro_value_t part;

    MUST(avro_value_reset(&oracle->written) == 0);
    put_long_at(record, 0, event->from);
    put_long_at(record, 1, event->to);
    put_enum_at(record, 2, (int)event->outcome);
    part = branch_at(record, 3, event->transaction != NULL);
    if (event->transaction != NULL)
        fill_transaction(&part, event->transaction);
    put_text_at(record, 4, event->category);
    put_float_at(record, 5, event->confidence);
    put_enum_at(record, 6, (int)event->decided_by);
    put_text_at(record, 7, event->model_version);
    put_reasons_at(record, 8, event->reasons, event->reasons_count);
    part = branch_at(record, 9, event->reject != NULL);
    if (event->reject != NULL) {
        put_text_at(&part, 0, event->reject->reason);
        put_text_at(&part, 1, event->reject->detail);
        put_bytes_at(&part, 2, event->reject->key);
        put_bytes_at(&part, 3, event->reject->value);
    }
    put_long_at(record, 10, event->classified_at);
    append_bytes(oracle, out);
}

bool avro_oracle_read(struct avro_oracle *oracle, struct slice bytes)
{
    avro_reader_memory_set_source(oracle->reader, bytes.data, (int64_t)bytes.size);
    MUST(avro_value_reset(&oracle->read) == 0);
    /* There must be nothing left to skip; avro_reader_is_eof knows files only. */
    return avro_value_read(oracle->reader, &oracle->read) == 0 && avro_skip(oracle->reader, 1) != 0;
}

bool avro_oracle_agrees(struct avro_oracle *oracle)
{
    return avro_value_equal(&oracle->written, &oracle->read) != 0;
}
