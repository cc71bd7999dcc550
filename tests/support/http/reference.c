#include "tests/support/http/reference.h"

#include "common/base/must.h"

#include <ctype.h>
#include <stdio.h>
#include <strings.h>

static const char token_marks[] = "!#$%&'*+-.^_`|~";
static const char target_marks[] = "!$&'()*+,-./:;=?@_~";
static const char host_marks[] = "-._~:[]%";

/* What is left to read, and what was found so far. */
struct reader {
    const struct http_limits *limits;
    const char *data;
    size_t size;
    size_t at;
    struct reference *out;
    bool is_1_1, host, length, coding, chunked, close, expect_unknown;
    size_t fields;
    char method[64];
    char body_size[64];
};

void reference_init(struct reference *reference)
{
    *reference = (struct reference){.text = must_alloc(REFERENCE_TEXT_MAX)};
}

void reference_done(struct reference *reference)
{
    free(reference->text);
    reference->text = NULL;
}

void reference_put(struct reference *reference, const char *what, const char *data, size_t size)
{
    MUST(reference->size + size + 64 < REFERENCE_TEXT_MAX);
    reference->size +=
        (size_t)snprintf(reference->text + reference->size, 64, "%s %zu:", what, size);
    memcpy(reference->text + reference->size, data, size);
    reference->size += size;
    reference->text[reference->size++] = '\n';
}

static bool more(struct reader *reader)
{
    reader->out->result = HTTP_FRAMER_MORE;
    return false;
}

static bool refuse(struct reader *reader, int status)
{
    reader->out->result = HTTP_FRAMER_REFUSED;
    reader->out->status = status;
    return false;
}

static bool in(char c, const char *marks)
{
    return isalnum((unsigned char)c) || (c != '\0' && strchr(marks, c) != NULL);
}

static bool all_in(const char *text, size_t size, const char *marks)
{
    for (size_t i = 0; i < size; i++)
        if (!in(text[i], marks))
            return false;
    return true;
}

static bool is_value_byte(char c)
{
    unsigned char byte = (unsigned char)c;

    return byte == '\t' || (byte >= ' ' && byte != 127);
}

/* A method is 1 to 32 token characters and a space; what is there already must look like that. */
static bool method_can_become_one(const char *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (data[i] == ' ')
            return i > 0 && i <= 32;
        if (!in(data[i], token_marks) || i == 32)
            return false;
    }
    return true;
}

/* The line at reader->at, without its end, and moves behind it. It must end within `wall` bytes
 * from `from`. */
static bool next_line(struct reader *reader, size_t from, size_t wall, int too_long,
                      const char **ret_line, size_t *ret_size)
{
    for (size_t i = reader->at; i < reader->size && i < from + wall; i++) {
        if (reader->data[i] != '\n')
            continue;
        if (i == reader->at || reader->data[i - 1] != '\r')
            return refuse(reader, 400);
        *ret_line = reader->data + reader->at;
        *ret_size = i - 1 - reader->at;
        reader->at = i + 1;
        return true;
    }
    return reader->size >= from + wall ? refuse(reader, too_long) : more(reader);
}

static bool target_bytes_are_good(const char *target, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (target[i] == '%') {
            char digits[3] = {0};

            if (size - i < 3)
                return false;
            memcpy(digits, target + i + 1, 2);
            if (!isxdigit((unsigned char)digits[0]) || !isxdigit((unsigned char)digits[1]) ||
                strtol(digits, NULL, 16) == 0)
                return false;
        } else if (!in(target[i], target_marks)) {
            return false;
        }
    }
    return true;
}

static bool target_form_is_good(const char *method, const char *target, size_t size)
{
    if (size > 0 && target[0] == '/')
        return true;
    if (strcmp(method, "OPTIONS") == 0 && size == 1 && target[0] == '*')
        return true;
    return strcmp(method, "CONNECT") == 0 && size > 0 && all_in(target, size, host_marks);
}

static bool read_version(struct reader *reader, const char *version, size_t size)
{
    if (size == 8 && memcmp(version, "HTTP/1.1", 8) == 0) {
        reader->is_1_1 = true;
        return true;
    }
    if (size == 8 && memcmp(version, "HTTP/1.0", 8) == 0)
        return true;
    if (size == 8 && memcmp(version, "HTTP/", 5) == 0 && isdigit((unsigned char)version[5]) &&
        version[6] == '.' && isdigit((unsigned char)version[7]))
        return refuse(reader, 505);
    return refuse(reader, 400);
}

static bool read_request_line(struct reader *reader)
{
    const char *line, *space, *target, *end, *question;
    size_t size, target_size;

    if (!method_can_become_one(reader->data, reader->size))
        return refuse(reader, 400);
    if (!next_line(reader, 0, reader->limits->request_line_bytes, 414, &line, &size))
        return false;
    space = memchr(line, ' ', size);
    if (space == NULL)
        return refuse(reader, 400);
    memcpy(reader->method, line, (size_t)(space - line));
    target = space + 1;
    end = memchr(target, ' ', size - (size_t)(target - line));
    if (end == NULL)
        return refuse(reader, 400);
    target_size = (size_t)(end - target);
    if (!target_bytes_are_good(target, target_size) ||
        !target_form_is_good(reader->method, target, target_size))
        return refuse(reader, 400);
    question = memchr(target, '?', target_size);
    reference_put(reader->out, "method", line, (size_t)(space - line));
    reference_put(reader->out, "path", target,
                  (size_t)((question != NULL ? question : end) - target));
    if (question != NULL)
        reference_put(reader->out, "query", question + 1, (size_t)(end - question) - 1);
    return read_version(reader, end + 1, size - (size_t)(end + 1 - line));
}

static bool read_length(struct reader *reader, const char *value, size_t size)
{
    if (reader->length || size == 0)
        return refuse(reader, 400);
    for (size_t i = 0; i < size; i++)
        if (!isdigit((unsigned char)value[i]))
            return refuse(reader, 400);
    for (; size > 1 && *value == '0'; size--)
        value++;
    /* Twelve digits are enough to know that it is too large. */
    snprintf(reader->body_size, sizeof reader->body_size, "%.*s", size > 12 ? 12 : (int)size,
             size > 12 ? "999999999999" : value);
    reader->length = true;
    return true;
}

static bool is_text(const char *value, size_t size, const char *lower)
{
    return size == strlen(lower) && strncasecmp(value, lower, size) == 0;
}

static void read_connection(struct reader *reader, const char *value, size_t size)
{
    while (size > 0) {
        const char *comma = memchr(value, ',', size);
        size_t part = comma != NULL ? (size_t)(comma - value) : size;
        size_t start = 0, end = part;

        while (start < end && strchr(" \t", value[start]) != NULL)
            start++;
        while (end > start && strchr(" \t", value[end - 1]) != NULL)
            end--;
        reader->close |= is_text(value + start, end - start, "close");
        part += comma != NULL;
        value += part;
        size -= part;
    }
}

static bool read_known_field(struct reader *reader, struct slice name, const char *value,
                             size_t size)
{
    if (is_text(name.data, name.size, "host")) {
        if (reader->host || size == 0 || !all_in(value, size, host_marks))
            return refuse(reader, 400);
        reader->host = true;
    } else if (is_text(name.data, name.size, "content-length")) {
        return read_length(reader, value, size);
    } else if (is_text(name.data, name.size, "transfer-encoding")) {
        if (reader->coding)
            return refuse(reader, 400);
        reader->coding = true;
        reader->chunked = is_text(value, size, "chunked");
    } else if (is_text(name.data, name.size, "connection")) {
        read_connection(reader, value, size);
    } else if (is_text(name.data, name.size, "expect")) {
        reader->expect_unknown |= !is_text(value, size, "100-continue");
    }
    return true;
}

static bool read_field(struct reader *reader, const char *line, size_t size)
{
    const char *colon = memchr(line, ':', size), *value;
    size_t name_size;

    if (reader->fields == reader->limits->header_count)
        return refuse(reader, 431);
    if (colon == NULL || colon == line)
        return refuse(reader, 400);
    name_size = (size_t)(colon - line);
    if (!all_in(line, name_size, token_marks))
        return refuse(reader, 400);
    value = colon + 1;
    size -= name_size + 1;
    for (size_t i = 0; i < size; i++)
        if (!is_value_byte(value[i]))
            return refuse(reader, 400);
    for (; size > 0 && (*value == ' ' || *value == '\t'); size--)
        value++;
    while (size > 0 && (value[size - 1] == ' ' || value[size - 1] == '\t'))
        size--;
    reference_put(reader->out, "name", line, name_size);
    reference_put(reader->out, "value", value, size);
    reader->fields++;
    return read_known_field(reader, (struct slice){line, name_size}, value, size);
}

static bool method_is_one_of(const struct reader *reader, const char *list)
{
    char padded[80];

    snprintf(padded, sizeof padded, " %s ", reader->method);
    return strstr(list, padded) != NULL;
}

static bool read_fields(struct reader *reader)
{
    size_t from = reader->at, size = 1;
    const char *line;

    while (size > 0) {
        if (!next_line(reader, from, reader->limits->header_bytes, 431, &line, &size))
            return false;
        if (size > 0 && !read_field(reader, line, size))
            return false;
    }
    return true;
}

static bool check_head(struct reader *reader)
{
    bool has_body = reader->chunked || strtoull(reader->body_size, NULL, 10) > 0;

    if (reader->is_1_1 && !reader->host)
        return refuse(reader, 400);
    if (reader->coding && (reader->length || !reader->is_1_1))
        return refuse(reader, 400);
    if (reader->coding && !reader->chunked)
        return refuse(reader, 501);
    if (!reader->coding && !reader->length && method_is_one_of(reader, " POST PUT PATCH "))
        return refuse(reader, 411);
    if (has_body && method_is_one_of(reader, " GET HEAD DELETE OPTIONS CONNECT TRACE "))
        return refuse(reader, 400);
    if (reader->is_1_1 && reader->expect_unknown)
        return refuse(reader, 417);
    if (strtoull(reader->body_size, NULL, 10) > reader->limits->body_bytes)
        return refuse(reader, 413);
    return true;
}

static bool expect_byte(struct reader *reader, char wanted)
{
    if (reader->at == reader->size)
        return more(reader);
    if (reader->data[reader->at] != wanted)
        return refuse(reader, 400);
    reader->at++;
    return true;
}

static bool count_overhead(struct reader *reader, size_t *overhead)
{
    if (reader->at == reader->size)
        return more(reader);
    return ++*overhead <= reader->limits->header_bytes || refuse(reader, 431);
}

static bool read_chunk_size(struct reader *reader, size_t *overhead, uint64_t *ret_size)
{
    char digits[17] = {0};
    size_t count = 0;

    while (reader->at < reader->size && isxdigit((unsigned char)reader->data[reader->at])) {
        if (count == 15)
            return refuse(reader, 400);
        digits[count++] = reader->data[reader->at++];
    }
    if (reader->at == reader->size)
        return more(reader);
    if (count == 0)
        return refuse(reader, 400);
    *ret_size = strtoull(digits, NULL, 16);
    if (reader->data[reader->at] == ';') {
        reader->at++;
        for (;; reader->at++) {
            if (!count_overhead(reader, overhead))
                return false;
            if (!is_value_byte(reader->data[reader->at]))
                break;
        }
    }
    return expect_byte(reader, '\r') && expect_byte(reader, '\n');
}

/* Trailer lines up to the empty one, each byte of it counted. */
static bool read_trailers(struct reader *reader, size_t *overhead)
{
    for (;;) {
        size_t start = reader->at, colon = 0;

        for (;; reader->at++) {
            char c;

            if (!count_overhead(reader, overhead))
                return false;
            c = reader->data[reader->at];
            if (c == '\r' && (colon > 0 || reader->at == start))
                break;
            if (colon == 0 && c == ':' && reader->at > start)
                colon = reader->at;
            else if (colon > 0 ? !is_value_byte(c) : !in(c, token_marks))
                return refuse(reader, 400);
        }
        reader->at++;
        if (!count_overhead(reader, overhead) || !expect_byte(reader, '\n'))
            return false;
        if (colon == 0)
            return true;
    }
}

static bool read_chunks(struct reader *reader, char *body, size_t *body_size)
{
    size_t overhead = 0;
    uint64_t size = 1;

    while (size > 0) {
        if (!read_chunk_size(reader, &overhead, &size))
            return false;
        if (size > reader->limits->body_bytes - *body_size)
            return refuse(reader, 413);
        if (size > reader->size - reader->at)
            return more(reader);
        memcpy(body + *body_size, reader->data + reader->at, size);
        *body_size += size;
        reader->at += size;
        if (size > 0 && !(expect_byte(reader, '\r') && expect_byte(reader, '\n')))
            return false;
    }
    return read_trailers(reader, &overhead);
}

static bool read_body(struct reader *reader, char *body, size_t *body_size)
{
    size_t size = strtoull(reader->body_size, NULL, 10);

    if (reader->chunked)
        return read_chunks(reader, body, body_size);
    if (size > reader->size - reader->at)
        return more(reader);
    memcpy(body, reader->data + reader->at, size);
    reader->at += size;
    *body_size = size;
    return true;
}

static void put_end(struct reference *reference, bool keep_alive, const char *body, size_t size)
{
    reference_put(reference, keep_alive ? "keep" : "close", "", 0);
    reference_put(reference, "body", body, size);
    reference->result = HTTP_FRAMER_REQUEST;
}

void reference_parse(struct reference *reference, const struct http_limits *limits,
                     const char *data, size_t size)
{
    struct reader reader = {.limits = limits, .data = data, .size = size, .out = reference};
    char *body = must_alloc(size + 1);
    size_t body_size = 0;

    reference->size = 0;
    reference->status = 0;
    reference->end = 0;
    if (read_request_line(&reader) && read_fields(&reader) && check_head(&reader) &&
        read_body(&reader, body, &body_size)) {
        put_end(reference, reader.is_1_1 && !reader.close, body, body_size);
        reference->end = reader.at;
    } else {
        reference->size = 0;
    }
    free(body);
}
