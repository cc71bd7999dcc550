#include "common/http/head.h"

#include "common/http/chars.h"

#include <strings.h>

/* Bits of framer->seen. */
enum {
    SEEN_HOST = 1,
    SEEN_LENGTH = 2,
    SEEN_CODING = 4,         /* Transfer-Encoding */
    SEEN_CODING_UNKNOWN = 8, /* not exactly "chunked" */
    SEEN_CLOSE = 16,
    SEEN_CONTINUE = 32,
    SEEN_EXPECT_UNKNOWN = 64,
    SEEN_VERSION_1_0 = 128,
};

bool http_head_refuse(struct http_framer *framer, int status, const char *reason)
{
    framer->status = status;
    framer->reason = reason;
    return false;
}

static bool text_is(struct slice text, struct slice lower)
{
    return text.size == lower.size && strncasecmp(text.data, lower.data, lower.size) == 0;
}

static struct http_span span_of(size_t start, size_t end)
{
    return (struct http_span){(uint16_t)start, (uint16_t)(end - start)};
}

bool http_head_method_start(struct http_framer *framer, const char *data, size_t size)
{
    size_t look = size <= HTTP_METHOD_BYTES_MAX ? size : HTTP_METHOD_BYTES_MAX + 1;
    size_t known = http_chars_span(data, look, HTTP_TOKEN);

    if (known > HTTP_METHOD_BYTES_MAX)
        return http_head_refuse(framer, 400, "The method is too long.");
    if (known < look && (known == 0 || data[known] != ' '))
        return http_head_refuse(framer, 400, "The method is malformed.");
    return true;
}

/* Origin-form alone, but for the two methods whose targets are no paths. */
static bool target_form_is_known(struct slice method, struct slice target)
{
    if (target.size > 0 && target.data[0] == '/')
        return true;
    if (slice_equal(method, SLICE_LITERAL("OPTIONS")))
        return slice_equal(target, SLICE_LITERAL("*"));
    return slice_equal(method, SLICE_LITERAL("CONNECT")) && target.size > 0 &&
           http_chars_span(target.data, target.size, HTTP_HOST) == target.size;
}

static bool escape_is_sound(const char *escape, size_t size)
{
    return size >= 3 && http_char_is(escape[1], HTTP_HEX) && http_char_is(escape[2], HTTP_HEX) &&
           (escape[1] != '0' || escape[2] != '0');
}

/* Where the target ends, at the first byte that cannot be in one; 0 for an unsound escape. */
static size_t target_end(const char *data, size_t start, size_t end, size_t *ret_question)
{
    size_t question = 0, at;

    for (at = start; at < end && http_char_is(data[at], HTTP_TARGET); at++) {
        if (data[at] == '%' && !escape_is_sound(data + at, end - at))
            return 0;
        if (data[at] == '?' && question == 0)
            question = at;
    }
    *ret_question = question;
    return at;
}

static bool head_target(struct http_framer *framer, const char *data, size_t *at, size_t end)
{
    size_t start = *at, question = 0;
    size_t stop = target_end(data, start, end, &question);
    struct slice target = {data + start, stop > start ? stop - start : 0};

    if (stop == 0 || stop == end || data[stop] != ' ')
        return http_head_refuse(framer, 400, "The request target is malformed.");
    if (!target_form_is_known(http_span_slice(framer->method, data), target))
        return http_head_refuse(framer, 400, "The request target is not a path.");
    framer->path = span_of(start, question > 0 ? question : stop);
    framer->query = question > 0 ? span_of(question + 1, stop) : (struct http_span){0, 0};
    *at = stop + 1;
    return true;
}

static bool head_version(struct http_framer *framer, struct slice version)
{
    if (slice_equal(version, SLICE_LITERAL("HTTP/1.1")))
        return true;
    if (slice_equal(version, SLICE_LITERAL("HTTP/1.0"))) {
        framer->seen |= SEEN_VERSION_1_0;
        return true;
    }
    if (version.size == 8 && memcmp(version.data, "HTTP/", 5) == 0 && version.data[6] == '.' &&
        version.data[5] >= '0' && version.data[5] <= '9' && version.data[7] >= '0' &&
        version.data[7] <= '9')
        return http_head_refuse(framer, 505, "This server speaks HTTP/1.1.");
    return http_head_refuse(framer, 400, "The HTTP version is malformed.");
}

bool http_head_request_line(struct http_framer *framer, const char *data, size_t end)
{
    size_t at = http_chars_span(data, end, HTTP_TOKEN);

    if (at == end)
        return http_head_refuse(framer, 400, "The request line is incomplete.");
    framer->method = span_of(0, at);
    at++;
    if (!head_target(framer, data, &at, end))
        return false;
    return head_version(framer, (struct slice){data + at, end - at});
}

static bool field_host(struct http_framer *framer, struct slice value)
{
    if ((framer->seen & SEEN_HOST) != 0)
        return http_head_refuse(framer, 400, "There is more than one Host field.");
    if (value.size == 0 || http_chars_span(value.data, value.size, HTTP_HOST) != value.size)
        return http_head_refuse(framer, 400, "The Host field is malformed.");
    framer->seen |= SEEN_HOST;
    return true;
}

static bool field_length(struct http_framer *framer, struct slice value)
{
    uint64_t length = 0;

    if ((framer->seen & SEEN_LENGTH) != 0)
        return http_head_refuse(framer, 400, "There is more than one Content-Length field.");
    for (size_t i = 0; i < value.size; i++) {
        if (value.data[i] < '0' || value.data[i] > '9')
            return http_head_refuse(framer, 400, "The Content-Length field is malformed.");
        /* Stays at an absurd value instead of wrapping: refused as too large in the end. */
        if (length < UINT64_MAX / 16)
            length = length * 10 + (uint64_t)(value.data[i] - '0');
    }
    if (value.size == 0)
        return http_head_refuse(framer, 400, "The Content-Length field is malformed.");
    framer->content_length = length;
    framer->seen |= SEEN_LENGTH;
    return true;
}

static bool field_coding(struct http_framer *framer, struct slice value)
{
    if ((framer->seen & SEEN_CODING) != 0)
        return http_head_refuse(framer, 400, "There is more than one Transfer-Encoding field.");
    framer->seen |= SEEN_CODING;
    if (text_is(value, SLICE_LITERAL("chunked")))
        framer->chunked = true;
    else
        framer->seen |= SEEN_CODING_UNKNOWN;
    return true;
}

static bool field_connection(struct http_framer *framer, struct slice value)
{
    size_t start = 0;

    for (size_t i = 0; i <= value.size; i++) {
        struct slice option = {value.data + start, i - start};

        if (i < value.size && value.data[i] != ',')
            continue;
        while (option.size > 0 && (option.data[0] == ' ' || option.data[0] == '\t')) {
            option.data++;
            option.size--;
        }
        while (option.size > 0 &&
               (option.data[option.size - 1] == ' ' || option.data[option.size - 1] == '\t'))
            option.size--;
        if (text_is(option, SLICE_LITERAL("close")))
            framer->seen |= SEEN_CLOSE;
        start = i + 1;
    }
    return true;
}

static bool field_expect(struct http_framer *framer, struct slice value)
{
    framer->seen |=
        text_is(value, SLICE_LITERAL("100-continue")) ? SEEN_CONTINUE : SEEN_EXPECT_UNKNOWN;
    return true;
}

struct framing_field {
    struct slice name;
    bool (*take)(struct http_framer *framer, struct slice value);
};

/* The fields that decide where a request ends and what becomes of its connection. */
static const struct framing_field framing_fields[] = {
    {{"host", 4}, field_host},
    {{"content-length", 14}, field_length},
    {{"transfer-encoding", 17}, field_coding},
    {{"connection", 10}, field_connection},
    {{"expect", 6}, field_expect},
};

static bool field_frames(struct http_framer *framer, struct slice name, struct slice value)
{
    for (size_t i = 0; i < sizeof framing_fields / sizeof framing_fields[0]; i++)
        if (text_is(name, framing_fields[i].name))
            return framing_fields[i].take(framer, value);
    return true;
}

bool http_head_field(struct http_framer *framer, const char *data, size_t start, size_t end)
{
    size_t colon = start + http_chars_span(data + start, end - start, HTTP_TOKEN);
    size_t value = colon + 1, stop = end;
    struct http_header *header = &framer->headers[framer->header_count];

    if (colon == start || colon == end || data[colon] != ':')
        return http_head_refuse(framer, 400, "A field name is malformed.");
    if (http_chars_span(data + value, end - value, HTTP_VALUE) != end - value)
        return http_head_refuse(framer, 400, "A field value has control characters.");
    while (value < stop && (data[value] == ' ' || data[value] == '\t'))
        value++;
    while (stop > value && (data[stop - 1] == ' ' || data[stop - 1] == '\t'))
        stop--;
    header->name = span_of(start, colon);
    header->value = span_of(value, stop);
    framer->header_count++;
    return field_frames(framer, http_span_slice(header->name, data),
                        http_span_slice(header->value, data));
}

static bool method_in(struct slice method, const char *const *names)
{
    for (; *names != NULL; names++)
        if (slice_equal(method, slice_of(*names)))
            return true;
    return false;
}

static bool finish_framing(struct http_framer *framer, struct slice method)
{
    static const char *const with_body[] = {"POST", "PUT", "PATCH", NULL};
    static const char *const without[] = {"GET",     "HEAD",  "DELETE", "OPTIONS",
                                          "CONNECT", "TRACE", NULL};
    unsigned seen = framer->seen;
    bool framed = (seen & (SEEN_LENGTH | SEEN_CODING)) != 0;

    if ((seen & SEEN_CODING) != 0 && (seen & (SEEN_LENGTH | SEEN_VERSION_1_0)) != 0)
        return http_head_refuse(framer, 400, "Transfer-Encoding is not allowed here.");
    if ((seen & SEEN_CODING_UNKNOWN) != 0)
        return http_head_refuse(framer, 501, "The only Transfer-Encoding here is chunked.");
    if (!framed && method_in(method, with_body))
        return http_head_refuse(framer, 411, "Content-Length is missing.");
    if ((framer->chunked || framer->content_length > 0) && method_in(method, without))
        return http_head_refuse(framer, 400, "This method has no body.");
    return true;
}

bool http_head_finish(struct http_framer *framer, const struct http_limits *limits,
                      const char *data)
{
    unsigned seen = framer->seen;
    bool is_1_1 = (seen & SEEN_VERSION_1_0) == 0;

    if (is_1_1 && (seen & SEEN_HOST) == 0)
        return http_head_refuse(framer, 400, "The Host field is missing.");
    if (!finish_framing(framer, http_span_slice(framer->method, data)))
        return false;
    if (is_1_1 && (seen & SEEN_EXPECT_UNKNOWN) != 0)
        return http_head_refuse(framer, 417, "The only expectation here is 100-continue.");
    if (framer->content_length > limits->body_bytes)
        return http_head_refuse(framer, 413, "The body is too large.");
    framer->keep_alive = is_1_1 && (seen & SEEN_CLOSE) == 0;
    framer->expects_continue =
        is_1_1 && (seen & SEEN_CONTINUE) != 0 && (framer->chunked || framer->content_length > 0);
    return true;
}
