#include "common/base/real.h"
#include "common/base/utf8.h"
#include "common/json/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

void json_writer_init(struct json_writer *writer, struct buffer *out)
{
    *writer = (struct json_writer){.out = out};
}

/* Before each value and key. */
static void separate(struct json_writer *writer)
{
    if (writer->comma)
        buffer_append_byte(writer->out, ',');
    writer->comma = true;
}

static void begin(struct json_writer *writer, char bracket)
{
    separate(writer);
    buffer_append_byte(writer->out, (uint8_t)bracket);
    writer->comma = false;
}

static void end(struct json_writer *writer, char bracket)
{
    buffer_append_byte(writer->out, (uint8_t)bracket);
    writer->comma = true;
}

void json_write_object_begin(struct json_writer *writer)
{
    begin(writer, '{');
}

void json_write_object_end(struct json_writer *writer)
{
    end(writer, '}');
}

void json_write_array_begin(struct json_writer *writer)
{
    begin(writer, '[');
}

void json_write_array_end(struct json_writer *writer)
{
    end(writer, ']');
}

static bool needs_escape(char c)
{
    return (uint8_t)c < 0x20 || c == '"' || c == '\\' || (uint8_t)c >= 0x7f;
}

static void escape(struct buffer *out, char c)
{
    static const char shorts[] = "\b\f\n\r\t\"\\", letters[] = "bfnrt\"\\";
    const char *place = c == '\0' ? NULL : strchr(shorts, c);

    if (place != NULL)
        buffer_format(out, "\\%c", letters[place - shorts]);
    else
        buffer_format(out, "\\u%04x", (uint8_t)c);
}

/* One character of text at *at that is not plain. */
static void write_special(struct buffer *out, struct slice text, size_t *at)
{
    size_t start = *at;

    if ((uint8_t)text.data[start] < 0x80) {
        escape(out, text.data[start]);
        (*at)++;
    } else if (utf8_next(text, at) >= 0) {
        buffer_append(out, text.data + start, *at - start);
    } else {
        buffer_append_text(out, "\xef\xbf\xbd");
        (*at)++;
    }
}

static void write_quoted(struct buffer *out, struct slice text)
{
    size_t at = 0, start = 0;

    buffer_append_byte(out, '"');
    while (at < text.size) {
        if (!needs_escape(text.data[at])) {
            at++;
            continue;
        }
        buffer_append(out, text.data + start, at - start);
        write_special(out, text, &at);
        start = at;
    }
    if (at > start)
        buffer_append(out, text.data + start, at - start);
    buffer_append_byte(out, '"');
}

void json_write_key_slice(struct json_writer *writer, struct slice name)
{
    separate(writer);
    write_quoted(writer->out, name);
    buffer_append_byte(writer->out, ':');
    writer->comma = false;
}

void json_write_key(struct json_writer *writer, const char *name)
{
    json_write_key_slice(writer, slice_of(name));
}

void json_write_null(struct json_writer *writer)
{
    json_write_raw(writer, SLICE_LITERAL("null"));
}

void json_write_boolean(struct json_writer *writer, bool value)
{
    json_write_raw(writer, value ? SLICE_LITERAL("true") : SLICE_LITERAL("false"));
}

void json_write_integer(struct json_writer *writer, int64_t value)
{
    separate(writer);
    buffer_format(writer->out, "%" PRId64, value);
}

/* real_format writes what a double needs; a float is told from its neighbours by less. */
void json_write_float(struct json_writer *writer, float value)
{
    char text[REAL_TEXT_SIZE];

    if (!isfinite(value)) {
        json_write_null(writer);
        return;
    }
    for (int digits = 6; digits <= 9; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, (double)value);
        if (strtof(text, NULL) == value)
            break;
    }
    json_write_raw(writer, slice_of(text));
}

void json_write_double(struct json_writer *writer, double value)
{
    char text[REAL_TEXT_SIZE];

    if (!isfinite(value)) {
        json_write_null(writer);
        return;
    }
    real_format(value, text);
    json_write_raw(writer, slice_of(text));
}

void json_write_string(struct json_writer *writer, struct slice text)
{
    separate(writer);
    write_quoted(writer->out, text);
}

void json_write_text(struct json_writer *writer, const char *text)
{
    json_write_string(writer, slice_of(text));
}

void json_write_raw(struct json_writer *writer, struct slice json)
{
    separate(writer);
    buffer_append_slice(writer->out, json);
}
