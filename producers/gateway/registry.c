#include "producers/gateway/registry.h"

#include "common/codec/codec.h"
#include "common/codec/schemas.h"
#include "common/http/target.h"
#include "common/json/json.h"

enum {
    SUBJECT_BYTES = 512,
    NUMBER_DIGITS = 10,
    NO_SUBJECT = 40401,
    NO_VERSION = 40402,
    NO_SCHEMA = 40403,
    BAD_VERSION = 42202,
    NO_PATH = 40400,
};

/* By kind. */
static const char *const topics[EVENT_KIND_COUNT] = {"transactions", "feedback", "classifications"};

static int refuse(struct buffer *out, int code, const char *message)
{
    struct json_writer writer;

    buffer_reset(out);
    json_writer_init(&writer, out);
    json_write_object_begin(&writer);
    json_write_key(&writer, "error_code");
    json_write_integer(&writer, code);
    json_write_key(&writer, "message");
    json_write_text(&writer, message);
    json_write_object_end(&writer);
    return code / 100;
}

/* The number-th version of a kind, from 1, oldest first; NULL when there is none. */
static const struct codec_schema *version_of(enum event_kind kind, int64_t number)
{
    int64_t at = 0;

    for (const struct codec_schema *older = codec_schemas_older(); older->id != 0; older++)
        if (older->kind == kind && ++at == number)
            return older;
    return at + 1 == number ? &codec_schemas_current()[kind] : NULL;
}

static int64_t version_count(enum event_kind kind)
{
    int64_t count = 1;

    while (version_of(kind, count + 1) != NULL)
        count++;
    return count;
}

static bool cut_start(struct slice *text, struct slice start)
{
    if (text->size < start.size || memcmp(text->data, start.data, start.size) != 0)
        return false;
    text->data += start.size;
    text->size -= start.size;
    return true;
}

static bool is_subject(struct slice name, const char *topic)
{
    return cut_start(&name, slice_of(topic)) && slice_equal(name, SLICE_LITERAL("-value"));
}

static bool kind_of_subject(struct slice name, const char *prefix, enum event_kind *ret_kind)
{
    struct slice bare = name;

    cut_start(&bare, slice_of(prefix));
    for (int kind = 0; kind < EVENT_KIND_COUNT; kind++)
        if (is_subject(name, topics[kind]) || is_subject(bare, topics[kind])) {
            *ret_kind = (enum event_kind)kind;
            return true;
        }
    return false;
}

static bool parse_number(struct slice text, int64_t *ret)
{
    int64_t number = 0;

    if (text.size == 0 || text.size > NUMBER_DIGITS)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        number = number * 10 + (text.data[i] - '0');
    }
    *ret = number;
    return true;
}

static int answer_subjects(const char *prefix, struct buffer *out)
{
    struct json_writer writer;
    char name[SUBJECT_BYTES];

    json_writer_init(&writer, out);
    json_write_array_begin(&writer);
    for (int kind = 0; kind < EVENT_KIND_COUNT; kind++) {
        struct buffer text = {.data = name, .capacity = sizeof name, .limit = sizeof name};

        buffer_append_text(&text, prefix);
        buffer_append_text(&text, topics[kind]);
        buffer_append_text(&text, "-value");
        json_write_string(&writer, buffer_slice(&text));
    }
    json_write_array_end(&writer);
    return 200;
}

static int answer_versions(enum event_kind kind, struct buffer *out)
{
    struct json_writer writer;

    json_writer_init(&writer, out);
    json_write_array_begin(&writer);
    for (int64_t number = 1; number <= version_count(kind); number++)
        json_write_integer(&writer, number);
    json_write_array_end(&writer);
    return 200;
}

static int answer_version(struct slice subject, enum event_kind kind, struct slice version,
                          struct buffer *out)
{
    const struct codec_schema *schema;
    struct json_writer writer;
    int64_t number;

    if (slice_equal(version, SLICE_LITERAL("latest")) || slice_equal(version, SLICE_LITERAL("-1")))
        number = version_count(kind);
    else if (!parse_number(version, &number) || number == 0)
        return refuse(out, BAD_VERSION, "The version must be a positive number or latest.");
    schema = version_of(kind, number);
    if (schema == NULL)
        return refuse(out, NO_VERSION, "Version not found.");
    json_writer_init(&writer, out);
    json_write_object_begin(&writer);
    json_write_key(&writer, "subject");
    json_write_string(&writer, subject);
    json_write_key(&writer, "version");
    json_write_integer(&writer, number);
    json_write_key(&writer, "id");
    json_write_integer(&writer, schema->id);
    json_write_key(&writer, "schema");
    json_write_text(&writer, schema->json);
    json_write_object_end(&writer);
    return 200;
}

/* rest: behind "/subjects/". */
static int answer_subject(struct slice rest, const char *prefix, struct buffer *out)
{
    const char *slash = memchr(rest.data, '/', rest.size);
    struct slice encoded = {rest.data, slash == NULL ? rest.size : (size_t)(slash - rest.data)};
    char decoded[SUBJECT_BYTES];
    struct buffer text = {.data = decoded, .capacity = sizeof decoded, .limit = sizeof decoded};
    enum event_kind kind;

    if (!http_percent_decode(encoded, &text) ||
        !kind_of_subject(buffer_slice(&text), prefix, &kind))
        return refuse(out, NO_SUBJECT, "Subject not found.");
    cut_start(&rest, encoded);
    if (slice_equal(rest, SLICE_LITERAL("/versions")))
        return answer_versions(kind, out);
    if (cut_start(&rest, SLICE_LITERAL("/versions/")))
        return answer_version(buffer_slice(&text), kind, rest, out);
    return refuse(out, NO_PATH, "There is nothing here.");
}

static int answer_id(struct slice text, struct buffer *out)
{
    const char *schema = NULL;
    struct json_writer writer;
    int64_t id;

    if (parse_number(text, &id) && id > 0 && id <= UINT32_MAX)
        schema = codec_schema_json_of_id((uint32_t)id);
    if (schema == NULL)
        return refuse(out, NO_SCHEMA, "Schema not found.");
    json_writer_init(&writer, out);
    json_write_object_begin(&writer);
    json_write_key(&writer, "schema");
    json_write_text(&writer, schema);
    json_write_object_end(&writer);
    return 200;
}

int registry_answer(struct slice path, const char *prefix, struct buffer *out)
{
    if (prefix == NULL)
        prefix = "";
    if (slice_equal(path, SLICE_LITERAL("/subjects")))
        return answer_subjects(prefix, out);
    if (cut_start(&path, SLICE_LITERAL("/subjects/")))
        return answer_subject(path, prefix, out);
    if (cut_start(&path, SLICE_LITERAL("/schemas/ids/")))
        return answer_id(path, out);
    if (slice_equal(path, SLICE_LITERAL("/schemas/types"))) {
        buffer_append_text(out, "[\"AVRO\"]");
        return 200;
    }
    if (slice_equal(path, SLICE_LITERAL("/config"))) {
        buffer_append_text(out, "{\"compatibilityLevel\":\"BACKWARD\"}");
        return 200;
    }
    return refuse(out, NO_PATH, "There is nothing here.");
}
