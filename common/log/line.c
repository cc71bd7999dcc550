#include "common/log/line.h"

#include "common/base/real.h"
#include "common/base/timestamp.h"
#include "common/log/escape.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

/* Room kept for the end of a line that was cut. */
#define JSON_CUT ",\"truncated\":true}\n"
#define TEXT_CUT " truncated=true\n"

/* The two formats differ in these and in when a text is quoted. */
struct style {
    const char *before_key;
    const char *after_key;
    const char *end;
    const char *cut;
    bool json;
};

static const struct style json_style = {",\"", "\":", "}\n", JSON_CUT, true};
static const struct style text_style = {" ", "=", "\n", TEXT_CUT, false};

const char *log_level_name(enum log_level level)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};

    return names[level];
}

static bool needs_quotes(const struct style *style, struct slice text)
{
    if (style->json || text.size == 0)
        return true;
    for (size_t i = 0; i < text.size; i++)
        if ((unsigned char)text.data[i] <= ' ' || strchr("=\"\\\x7f", text.data[i]) != NULL ||
            (unsigned char)text.data[i] >= 0x80)
            return true;
    return false;
}

/* False when it was cut; what is there is well-formed all the same. */
static bool put_text(struct log_cursor *cursor, const struct style *style, struct slice text)
{
    bool whole;

    if (text.data == NULL)
        return log_put(cursor, SLICE_LITERAL("null"));
    if (!needs_quotes(style, text))
        return log_put_escaped(cursor, text);
    cursor->limit--; /* the closing quote always has its place */
    whole = log_put(cursor, SLICE_LITERAL("\""));
    if (whole)
        whole = log_put_escaped(cursor, text);
    cursor->limit++;
    log_put(cursor, SLICE_LITERAL("\""));
    return whole;
}

static bool put_scalar(struct log_cursor *cursor, const struct log_field *field)
{
    char text[REAL_TEXT_SIZE];

    switch (field->type) {
    case LOG_TYPE_INT:
        snprintf(text, sizeof text, "%" PRId64, field->value.integer);
        return log_put(cursor, slice_of(text));
    case LOG_TYPE_REAL:
        if (!isfinite(field->value.real))
            return log_put(cursor, SLICE_LITERAL("null"));
        real_format(field->value.real, text);
        return log_put(cursor, slice_of(text));
    case LOG_TYPE_BOOL:
        return log_put(cursor, slice_of(field->value.boolean ? "true" : "false"));
    case LOG_TYPE_TEXT:
        break;
    }
    return false;
}

/* A key whose value has no room is taken back; a text is cut. False in both cases. */
static bool put_field(struct log_cursor *cursor, const struct style *style,
                      const struct log_field *field)
{
    size_t start = cursor->size;
    bool text = field->type == LOG_TYPE_TEXT;
    bool fits = log_put(cursor, slice_of(style->before_key)) &&
                log_put(cursor, slice_of(field->key)) &&
                log_put(cursor, slice_of(style->after_key));

    if (fits && text && cursor->limit - cursor->size >= sizeof "null")
        return put_text(cursor, style, field->value.text);
    if (fits && !text && put_scalar(cursor, field))
        return true;
    cursor->size = start;
    return false;
}

static bool put_fields(struct log_cursor *cursor, const struct style *style,
                       const struct log_field *fields)
{
    for (; fields->key != NULL; fields++)
        if (!put_field(cursor, style, fields))
            return false;
    return true;
}

static bool put_error(struct log_cursor *cursor, const struct style *style,
                      const struct error *error)
{
    const struct log_field fields[] = {
        LOG_TEXT("class", status_name(error->status)),
        LOG_TEXT("error", error->text),
        {.key = error->code[0] != '\0' ? "code" : NULL, .value.text = slice_of(error->code)},
        {.key = NULL},
    };

    return put_fields(cursor, style, fields);
}

/* Everything behind the head, and the end. */
static size_t put_rest(struct log_cursor *cursor, const struct style *style,
                       const struct log_line *event)
{
    const struct log_field suppressed[] = {
        {.key = event->suppressed > 0 ? "suppressed" : NULL,
         .type = LOG_TYPE_INT,
         .value.integer = (int64_t)event->suppressed},
        {.key = NULL},
    };
    bool whole = put_fields(cursor, style, suppressed) &&
                 (event->error == NULL || put_error(cursor, style, event->error)) &&
                 put_fields(cursor, style, event->fields);

    cursor->limit = LOG_LINE_BYTES;
    log_put(cursor, slice_of(whole ? style->end : style->cut));
    return cursor->size;
}

size_t log_line_json(const struct log_line *event, char *line)
{
    struct log_cursor cursor = {line, 0, LOG_LINE_BYTES - (sizeof JSON_CUT - 1)};
    char time[TIMESTAMP_TEXT_SIZE];
    const struct log_field head[] = {
        LOG_TEXT("level", log_level_name(event->level)),
        LOG_TEXT("event", event->event),
        LOG_TEXT("component", event->component),
        LOG_INT("pid", event->pid),
        {.key = NULL},
    };

    timestamp_format(event->wall_us, time);
    log_put(&cursor, SLICE_LITERAL("{\"ts\":\""));
    log_put(&cursor, slice_of(time));
    log_put(&cursor, SLICE_LITERAL("\""));
    put_fields(&cursor, &json_style, head);
    return put_rest(&cursor, &json_style, event);
}

size_t log_line_text(const struct log_line *event, char *line)
{
    static const char *const levels[] = {" DEBUG ", " INFO  ", " WARN  ", " ERROR "};
    struct log_cursor cursor = {line, 0, LOG_LINE_BYTES - (sizeof TEXT_CUT - 1)};
    char time[TIMESTAMP_TEXT_SIZE];

    timestamp_format(event->wall_us, time);
    log_put(&cursor, slice_of(time));
    log_put(&cursor, slice_of(levels[event->level]));
    log_put(&cursor, slice_of(event->component));
    log_put(&cursor, SLICE_LITERAL(": "));
    log_put_escaped(&cursor, slice_of(event->event));
    return put_rest(&cursor, &text_style, event);
}
