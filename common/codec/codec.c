#include "common/codec/codec.h"

#include "common/base/must.h"
#include "common/codec/classification_wire.h"
#include "common/codec/feedback_wire.h"
#include "common/codec/schemas.h"
#include "common/codec/transaction_wire.h"

enum { PREFIX_BYTES = 5 };

const char *const codec_reasons[] = {
    [CODEC_EMPTY] = "empty",
    [CODEC_BAD_MAGIC] = "bad_magic",
    [CODEC_UNKNOWN_SCHEMA] = "unknown_schema",
    [CODEC_WRONG_SCHEMA] = "wrong_schema",
    [CODEC_TRUNCATED] = "truncated",
    [CODEC_BAD_VARINT] = "bad_varint",
    [CODEC_INT_RANGE] = "int_range",
    [CODEC_BAD_BOOLEAN] = "bad_boolean",
    [CODEC_BAD_LENGTH] = "bad_length",
    [CODEC_BAD_UTF8] = "bad_utf8",
    [CODEC_EMBEDDED_NUL] = "embedded_nul",
    [CODEC_ENUM_RANGE] = "enum_range",
    [CODEC_UNION_RANGE] = "union_range",
    [CODEC_TOO_MANY_ITEMS] = "too_many_items",
    [CODEC_TRAILING_BYTES] = "trailing_bytes",
    [CODEC_REASON_COUNT] = NULL,
};

static char *put_prefix(char *at, enum event_kind kind)
{
    uint32_t id = htobe32(codec_schema_id(kind));

    *at = 0;
    memcpy(at + 1, &id, sizeof id);
    return at + PREFIX_BYTES;
}

/* Gives back what the bound took too much. */
static void put_end(struct buffer *out, const char *end)
{
    out->size = (size_t)(end - out->data);
}

void codec_encode_transaction(const struct transaction *event, struct buffer *out)
{
    char *at = buffer_extend(out, PREFIX_BYTES + codec_bound_transaction(event));

    if (at != NULL)
        put_end(out, codec_put_transaction(put_prefix(at, EVENT_TRANSACTION), event));
}

void codec_encode_feedback(const struct feedback *event, struct buffer *out)
{
    char *at = buffer_extend(out, PREFIX_BYTES + codec_bound_feedback(event));

    if (at != NULL)
        put_end(out, codec_put_feedback(put_prefix(at, EVENT_FEEDBACK), event));
}

void codec_encode_classification(const struct classification *event, struct buffer *out)
{
    char *at = buffer_extend(out, PREFIX_BYTES + codec_bound_classification(event));

    if (at != NULL)
        put_end(out, codec_put_classification(put_prefix(at, EVENT_CLASSIFICATION), event));
}

static const struct codec_schema *schema_of_id(uint32_t id)
{
    for (int kind = 0; kind < EVENT_KIND_COUNT; kind++)
        if (codec_schemas_current()[kind].id == id)
            return &codec_schemas_current()[kind];
    for (const struct codec_schema *older = codec_schemas_older(); older->id != 0; older++)
        if (older->id == id)
            return older;
    return NULL;
}

static enum status reject(const struct codec_reader *reader, size_t size, enum event_kind kind,
                          struct error *error)
{
    const char *name = event_kind_name(kind), *code;
    size_t at = size - (size_t)(reader->end - reader->at);

    if (reader->reason == CODEC_ARENA_FULL)
        return error_set_code(error, STATUS_FATAL, "arena_full",
                              "decoding a %s: the arena has no room", name);
    code = codec_reasons[reader->reason];
    return error_set_code(error, STATUS_REJECT, code, "%s%s%s: %s at byte %zu of %zu", name,
                          reader->field == NULL ? "" : ".",
                          reader->field == NULL ? "" : reader->field, code, at, size);
}

/* The schema that the prefix names, when it is one of the kind. */
static bool read_prefix(struct codec_reader *reader, enum event_kind kind,
                        const struct codec_schema **ret)
{
    const struct codec_schema *schema = &codec_schemas_current()[kind];
    uint32_t id;

    if (reader->at == reader->end)
        return codec_fail(reader, CODEC_EMPTY);
    if (*reader->at != 0)
        return codec_fail(reader, CODEC_BAD_MAGIC);
    if (reader->end - reader->at < PREFIX_BYTES)
        return codec_fail(reader, CODEC_TRUNCATED);
    memcpy(&id, reader->at + 1, sizeof id);
    id = be32toh(id);
    if (id != schema->id)
        schema = schema_of_id(id);
    if (schema == NULL)
        return codec_fail(reader, CODEC_UNKNOWN_SCHEMA);
    if (schema->kind != kind)
        return codec_fail(reader, CODEC_WRONG_SCHEMA);
    reader->at += PREFIX_BYTES;
    *ret = schema;
    return true;
}

static enum status decode(enum event_kind kind, struct slice bytes, struct arena *arena, void *ret,
                          struct error *error)
{
    /* A tombstone's NULL is no place to count from. */
    const char *start = bytes.size == 0 ? "" : bytes.data;
    struct codec_reader reader = {.at = start, .end = start + bytes.size, .arena = arena};
    const struct codec_schema *schema;

    if (!read_prefix(&reader, kind, &schema) || !schema->read(&reader, ret))
        return reject(&reader, bytes.size, kind, error);
    if (reader.at != reader.end) {
        codec_fail(&reader, CODEC_TRAILING_BYTES);
        return reject(&reader, bytes.size, kind, error);
    }
    return STATUS_OK;
}

enum status codec_decode_transaction(struct slice bytes, struct arena *arena,
                                     struct transaction *ret, struct error *error)
{
    struct transaction event;
    enum status status = decode(EVENT_TRANSACTION, bytes, arena, &event, error);

    if (status == STATUS_OK)
        *ret = event;
    return status;
}

enum status codec_decode_feedback(struct slice bytes, struct arena *arena, struct feedback *ret,
                                  struct error *error)
{
    struct feedback event;
    enum status status = decode(EVENT_FEEDBACK, bytes, arena, &event, error);

    if (status == STATUS_OK)
        *ret = event;
    return status;
}

enum status codec_decode_classification(struct slice bytes, struct arena *arena,
                                        struct classification *ret, struct error *error)
{
    struct classification event;
    enum status status = decode(EVENT_CLASSIFICATION, bytes, arena, &event, error);

    if (status == STATUS_OK)
        *ret = event;
    return status;
}

uint32_t codec_schema_id(enum event_kind kind)
{
    MUST((unsigned)kind < EVENT_KIND_COUNT);
    return codec_schemas_current()[kind].id;
}

const char *codec_schema_json(enum event_kind kind)
{
    MUST((unsigned)kind < EVENT_KIND_COUNT);
    return codec_schemas_current()[kind].json;
}

const char *codec_schema_json_of_id(uint32_t id)
{
    const struct codec_schema *schema = schema_of_id(id);

    return schema == NULL ? NULL : schema->json;
}
