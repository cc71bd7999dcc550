/* `tributary dead-letters show ID`: the record itself, decoded where it can be. Prints what users
 * sent: personal data. */
#include "common/base/timestamp.h"
#include "common/codec/codec.h"
#include "common/event/event_json.h"
#include "operator/command.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { OUT_BYTES = 1 << 20 };

static const struct postgres_statement show_statement = {
    .name = "letters_show",
    .sql = "SELECT consumer_group, topic, partition, record_offset, reason, detail, key, value,"
           "  value_bytes, appended_at, recorded_at FROM dead_letters WHERE id = $1",
    .once = true,
    .types = {POSTGRES_INT8},
};

/* ---- The record ---- */

/* A letter is listed under the coordinates that the books count in, so the topic does not say what
 * the bytes are; they say it themselves. False: they are no event. */
static bool write_event(struct slice value, struct buffer *out)
{
    struct arena *arena = arena_new((size_t)CODEC_DECODE_ARENA_BYTES * 4);
    struct transaction transaction;
    struct feedback feedback;
    struct classification output;
    struct error ignored = {0};
    bool known = true;

    if (codec_decode_transaction(value, arena, &transaction, &ignored) == STATUS_OK)
        event_json_write_transaction(&transaction, EVENT_JSON_WHOLE, out);
    else if (codec_decode_feedback(value, arena, &feedback, &ignored) == STATUS_OK)
        event_json_write_feedback(&feedback, EVENT_JSON_WHOLE, out);
    else if (codec_decode_classification(value, arena, &output, &ignored) == STATUS_OK)
        event_json_write_classification(&output, out);
    else
        known = false;
    arena_free(arena);
    return known;
}

static void write_hex(struct slice bytes, struct json_writer *out)
{
    struct buffer text;

    buffer_init(&text, 2 * bytes.size + 1);
    for (size_t i = 0; i < bytes.size; i++)
        buffer_format(&text, "%02x", (unsigned char)bytes.data[i]);
    json_write_string(out, buffer_slice(&text));
    buffer_done(&text);
}

static void write_value(struct slice value, bool raw, struct json_writer *out)
{
    struct buffer event;

    buffer_init(&event, OUT_BYTES);
    if (!raw && write_event(value, &event)) {
        json_write_key(out, "event");
        json_write_raw(out, buffer_slice(&event));
    } else {
        json_write_key(out, "value_hex");
        write_hex(value, out);
    }
    buffer_done(&event);
}

/* ---- The letter ---- */

static void write_text(const char *key, struct slice text, struct json_writer *out)
{
    json_write_key(out, key);
    json_write_string(out, text);
}

static void write_number(const char *key, int64_t number, struct json_writer *out)
{
    json_write_key(out, key);
    json_write_integer(out, number);
}

static void write_time(const char *key, int64_t us, struct json_writer *out)
{
    char text[TIMESTAMP_TEXT_SIZE];

    timestamp_format(us, text);
    json_write_key(out, key);
    json_write_text(out, text);
}

static void write_letter(const struct postgres_result *row, bool raw, struct buffer *out)
{
    struct json_writer writer;

    json_writer_init(&writer, out);
    json_write_object_begin(&writer);
    write_text("group", postgres_result_text(row, 0, 0), &writer);
    write_text("topic", postgres_result_text(row, 0, 1), &writer);
    write_number("partition", postgres_result_int4(row, 0, 2), &writer);
    write_number("offset", postgres_result_int8(row, 0, 3), &writer);
    write_text("reason", postgres_result_text(row, 0, 4), &writer);
    write_text("detail", postgres_result_text(row, 0, 5), &writer);
    write_time("appended_at", postgres_result_timestamptz(row, 0, 9), &writer);
    write_time("recorded_at", postgres_result_timestamptz(row, 0, 10), &writer);
    if (raw) {
        json_write_key(&writer, "key_hex");
        write_hex(postgres_result_bytea(row, 0, 6), &writer);
    } else {
        write_text("key", postgres_result_bytea(row, 0, 6), &writer);
    }
    write_number("value_bytes", postgres_result_int4(row, 0, 8), &writer);
    write_value(postgres_result_bytea(row, 0, 7), raw, &writer);
    json_write_object_end(&writer);
    buffer_append_byte(out, '\n');
}

static bool parse_id(const char *text, int64_t *ret_id)
{
    char *end;

    errno = 0;
    *ret_id = strtoll(text, &end, 10);
    return *text != '\0' && *end == '\0' && errno == 0;
}

static int run_letters_show(const struct command_context *context, struct error *error)
{
    OWNED(postgres_result) row = NULL;
    OWNED(postgres) db = NULL;
    struct postgres_value value;
    struct buffer out;
    int64_t id;

    if (!parse_id(context->arguments[0], &id)) {
        error_set(error, STATUS_REJECT, "the ID is a number, as dead-letters list prints it");
        return command_failed(error);
    }
    value = postgres_int8(id);
    if (postgres_new(context->postgres, "tributary-letters", &db, error) != STATUS_OK ||
        postgres_run(db, &show_statement, &value, &row, error) != STATUS_OK)
        return command_failed(error);
    if (postgres_result_rows(row) == 0) {
        fprintf(stderr, "tributary: there is no dead letter %" PRId64 "\n", id);
        return COMMAND_FOUND;
    }
    buffer_init(&out, OUT_BYTES);
    write_letter(row, context->options->raw, &out);
    fwrite(out.data, 1, out.size, stdout);
    buffer_done(&out);
    return COMMAND_OK;
}

const struct command command_letters_show = {
    .words = "dead-letters show",
    .help = "one dead letter with its record, as JSON: personal data",
    .example = "tributary dead-letters show 17",
    .argument = "ID",
    .options = "raw json",
    .sections = COMMAND_POSTGRES,
    .run = run_letters_show,
};
