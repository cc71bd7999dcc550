#include "common/http/internal.h"

#include <stdio.h>

enum {
    PROBLEM_BYTES_MAX = 65536,
    PROBLEM_FIELDS = 2,
};

static void append_text(struct buffer *body, const char *text)
{
    buffer_append_byte(body, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            buffer_append_byte(body, '\\');
        buffer_append_byte(body, (unsigned char)*text < ' ' ? ' ' : (uint8_t)*text);
    }
    buffer_append_byte(body, '"');
}

static void append_member(struct buffer *body, const char *name, const char *text)
{
    if (text == NULL)
        return;
    buffer_format(body, ",\"%s\":", name);
    append_text(body, text);
}

static void problem_body(struct buffer *body, const struct http_problem *problem)
{
    const char *title = problem->title != NULL ? problem->title : http_phrase(problem->status);

    buffer_append_text(body, "{\"type\":");
    append_text(body, problem->type != NULL ? problem->type : "about:blank");
    append_member(body, "title", title);
    buffer_format(body, ",\"status\":%d", problem->status);
    append_member(body, "detail", problem->detail);
    if (problem->members != NULL)
        buffer_format(body, ",%s", problem->members);
    buffer_append_text(body, "}\n");
}

void http_respond_problem(struct http_request *request, const struct http_problem *problem)
{
    struct http_field fields[PROBLEM_FIELDS];
    struct http_response response = {
        .status = problem->status, .content_type = "application/problem+json", .fields = fields};
    struct buffer body;
    char seconds[16];

    if (problem->retry_after_s > 0) {
        snprintf(seconds, sizeof seconds, "%d", problem->retry_after_s);
        fields[response.field_count++] = (struct http_field){"Retry-After", slice_of(seconds)};
    }
    if (problem->field.name != NULL)
        fields[response.field_count++] = problem->field;
    buffer_init(&body, PROBLEM_BYTES_MAX);
    problem_body(&body, problem);
    response.body = buffer_slice(&body);
    http_respond(request, &response);
    buffer_done(&body);
}
