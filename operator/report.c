#include "operator/report.h"

#include "common/base/must.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

static void add_line(struct report_lines *lines, const char *format, va_list values)
{
    char text[REPORT_LINE_BYTES];

    vsnprintf(text, sizeof text, format, values);
    if (lines->count < REPORT_EXAMPLES) {
        lines->texts[lines->count] = strdup(text);
        MUST(lines->texts[lines->count] != NULL);
    }
    lines->count++;
}

void report_difference(struct report_result *result, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    add_line(&result->differences, format, values);
    va_end(values);
}

void report_note(struct report_result *result, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    add_line(&result->notes, format, values);
    va_end(values);
}

void report_count(struct report_result *result, int64_t more)
{
    MUST(more <= 0 || result->differences.count >= REPORT_EXAMPLES);
    if (more > 0)
        result->differences.count += more;
}

static void lines_done(struct report_lines *lines)
{
    for (size_t i = 0; i < REPORT_EXAMPLES; i++)
        free(lines->texts[i]);
}

void report_done(struct report_result *results, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        lines_done(&results[i].differences);
        lines_done(&results[i].notes);
    }
}

bool report_ok(const struct report_result *results, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (results[i].differences.count > 0)
            return false;
    return true;
}

static void print_lines(const struct report_lines *lines, const char *more, struct buffer *out)
{
    for (size_t i = 0; i < REPORT_EXAMPLES && lines->texts[i] != NULL; i++)
        buffer_format(out, "        %s\n", lines->texts[i]);
    if (lines->count > REPORT_EXAMPLES)
        buffer_format(out, "        and %" PRId64 " more %s\n", lines->count - REPORT_EXAMPLES,
                      more);
}

void report_print(const struct report_result *results, size_t count, struct buffer *out)
{
    for (size_t i = 0; i < count; i++) {
        const struct report_result *result = &results[i];

        if (result->differences.count > 0)
            buffer_format(out, "DIFFERS %s: %" PRId64 " against: %s\n", result->name,
                          result->differences.count, result->help);
        else
            buffer_format(out, "%s %s: %s\n", result->skipped ? "not made" : "ok     ",
                          result->name, result->help);
        print_lines(&result->differences, "differences", out);
        print_lines(&result->notes, "like these", out);
    }
}

static void write_lines(const struct report_lines *lines, const char *key, struct json_writer *out)
{
    json_write_key(out, key);
    json_write_array_begin(out);
    for (size_t i = 0; i < REPORT_EXAMPLES && lines->texts[i] != NULL; i++)
        json_write_text(out, lines->texts[i]);
    json_write_array_end(out);
}

void report_write(const struct report_result *results, size_t count, struct json_writer *out)
{
    json_write_array_begin(out);
    for (size_t i = 0; i < count; i++) {
        const struct report_result *result = &results[i];

        json_write_object_begin(out);
        json_write_key(out, "name");
        json_write_text(out, result->name);
        json_write_key(out, "holds");
        json_write_text(out, result->help);
        json_write_key(out, "ok");
        if (result->skipped)
            json_write_null(out);
        else
            json_write_boolean(out, result->differences.count == 0);
        json_write_key(out, "differences");
        json_write_integer(out, result->differences.count);
        write_lines(&result->differences, "examples", out);
        write_lines(&result->notes, "not_checked", out);
        json_write_object_end(out);
    }
    json_write_array_end(out);
}
