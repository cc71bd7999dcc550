/* `tributary dead-letters list`: which records could not be applied. No personal data: neither the
 * records nor what was said of them. */
#include "common/base/timestamp.h"
#include "common/json/json.h"
#include "operator/command.h"

#include <inttypes.h>
#include <stdio.h>

enum { OUT_BYTES = 64 << 20 };

static const struct postgres_statement list_statement = {
    .name = "letters_list",
    .sql = "SELECT id, consumer_group, topic, partition, record_offset, reason, value_bytes,"
           "  appended_at, recorded_at FROM dead_letters"
           " WHERE ($1 IS NULL OR consumer_group = $1) AND ($2 IS NULL OR reason = $2)"
           "  AND ($3 IS NULL OR recorded_at >= $3) ORDER BY id DESC LIMIT $4",
    .once = true,
    .types = {POSTGRES_TEXT, POSTGRES_TEXT, POSTGRES_TIMESTAMPTZ, POSTGRES_INT8},
};

/* A row, from the columns of list_statement. */
struct letter {
    int64_t id;
    struct slice group;
    struct slice topic;
    int32_t partition;
    int64_t offset;
    struct slice reason;
    int32_t bytes;
    char appended[TIMESTAMP_TEXT_SIZE];
    char recorded[TIMESTAMP_TEXT_SIZE];
};

static struct letter letter_at(const struct postgres_result *rows, size_t row)
{
    struct letter letter = {.id = postgres_result_int8(rows, row, 0),
                            .group = postgres_result_text(rows, row, 1),
                            .topic = postgres_result_text(rows, row, 2),
                            .partition = postgres_result_int4(rows, row, 3),
                            .offset = postgres_result_int8(rows, row, 4),
                            .reason = postgres_result_text(rows, row, 5),
                            .bytes = postgres_result_int4(rows, row, 6)};

    timestamp_format(postgres_result_timestamptz(rows, row, 7), letter.appended);
    timestamp_format(postgres_result_timestamptz(rows, row, 8), letter.recorded);
    return letter;
}

static void print_letters(const struct postgres_result *rows)
{
    printf("%10s %-27s %-11s %-16s %9s %12s %-24s %8s\n", "ID", "RECORDED", "GROUP", "TOPIC",
           "PARTITION", "OFFSET", "REASON", "BYTES");
    for (size_t i = 0; i < postgres_result_rows(rows); i++) {
        struct letter letter = letter_at(rows, i);

        printf("%10" PRId64 " %-27s %-11.*s %-16.*s %9" PRId32 " %12" PRId64 " %-24.*s %8" PRId32
               "\n",
               letter.id, letter.recorded, SLICE_FORMAT(letter.group), SLICE_FORMAT(letter.topic),
               letter.partition, letter.offset, SLICE_FORMAT(letter.reason), letter.bytes);
    }
}

static void write_letter(const struct letter *letter, struct json_writer *out)
{
    json_write_object_begin(out);
    json_write_key(out, "id");
    json_write_integer(out, letter->id);
    json_write_key(out, "group");
    json_write_string(out, letter->group);
    json_write_key(out, "topic");
    json_write_string(out, letter->topic);
    json_write_key(out, "partition");
    json_write_integer(out, letter->partition);
    json_write_key(out, "offset");
    json_write_integer(out, letter->offset);
    json_write_key(out, "reason");
    json_write_string(out, letter->reason);
    json_write_key(out, "value_bytes");
    json_write_integer(out, letter->bytes);
    json_write_key(out, "appended_at");
    json_write_text(out, letter->appended);
    json_write_key(out, "recorded_at");
    json_write_text(out, letter->recorded);
    json_write_object_end(out);
}

/* One object a line: for tools that read as it comes. */
static void write_letters(const struct postgres_result *rows)
{
    struct buffer out;

    buffer_init(&out, OUT_BYTES);
    for (size_t i = 0; i < postgres_result_rows(rows); i++) {
        struct letter letter = letter_at(rows, i);
        struct json_writer writer;

        json_writer_init(&writer, &out);
        write_letter(&letter, &writer);
        buffer_append_byte(&out, '\n');
    }
    printf("%.*s", (int)out.size, out.size > 0 ? out.data : "");
    buffer_done(&out);
}

static struct postgres_value text_or_null(const char *text)
{
    return text == NULL ? postgres_null(POSTGRES_TEXT) : postgres_text(slice_of(text));
}

static int run_letters_list(const struct command_context *context, struct error *error)
{
    const struct command_options *options = context->options;
    struct postgres_value values[4] = {text_or_null(options->group), text_or_null(options->reason),
                                       postgres_null(POSTGRES_TIMESTAMPTZ),
                                       postgres_int8(options->limit)};
    OWNED(postgres_result) rows = NULL;
    OWNED(postgres) db = NULL;
    int64_t since_us;

    if (options->since != NULL) {
        if (!timestamp_parse(slice_of(options->since), &since_us)) {
            error_set(error, STATUS_REJECT,
                      "--since must be a time with a zone, as 2026-02-28T09:00:00Z");
            return command_failed(error);
        }
        values[2] = postgres_timestamptz(since_us);
    }
    if (postgres_new(context->postgres, "tributary-letters", &db, error) != STATUS_OK ||
        postgres_run(db, &list_statement, values, &rows, error) != STATUS_OK)
        return command_failed(error);
    if (options->json)
        write_letters(rows);
    else
        print_letters(rows);
    return COMMAND_OK;
}

const struct command command_letters_list = {
    .words = "dead-letters list",
    .help = "records that could not be applied, the newest first",
    .example = "tributary dead-letters list --group analytics --since 2026-02-28T00:00:00Z",
    .options = "json group reason since limit",
    .sections = COMMAND_POSTGRES,
    .run = run_letters_list,
};
