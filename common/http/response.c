#include "common/http/response.h"

#include "common/http/chars.h"

#include <stdio.h>
#include <time.h>

struct phrase {
    int status;
    const char *text;
};

static const struct phrase phrases[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {207, "Multi-Status"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

const char *http_phrase(int status)
{
    for (size_t i = 0; i < sizeof phrases / sizeof phrases[0]; i++)
        if (phrases[i].status == status)
            return phrases[i].text;
    return "Unknown";
}

void http_date(int64_t wall_us, char *text)
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t seconds = (time_t)(wall_us / 1000000);
    struct tm tm;

    gmtime_r(&seconds, &tm);
    snprintf(text, HTTP_DATE_SIZE, "%.3s, %02u %.3s %04u %02u:%02u:%02u GMT",
             days + (size_t)tm.tm_wday * 3, (unsigned)tm.tm_mday % 100,
             months + (size_t)tm.tm_mon * 3, (unsigned)(tm.tm_year + 1900) % 10000,
             (unsigned)tm.tm_hour % 100, (unsigned)tm.tm_min % 100, (unsigned)tm.tm_sec % 100);
}

static void append_number(struct buffer *text, size_t number)
{
    char digits[24];
    size_t at = sizeof digits;

    do
        digits[--at] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    buffer_append(text, digits + at, sizeof digits - at);
}

/* Control characters would end the field and start another. */
static void append_value(struct buffer *head, struct slice value)
{
    char *place = value.size > 0 ? buffer_extend(head, value.size) : NULL;

    for (size_t i = 0; place != NULL && i < value.size; i++)
        place[i] = http_char_is(value.data[i], HTTP_VALUE) ? value.data[i] : ' ';
}

static void append_field(struct buffer *head, const char *name, struct slice value)
{
    buffer_append_text(head, name);
    buffer_append(head, ": ", 2);
    append_value(head, value);
    buffer_append(head, "\r\n", 2);
}

void http_response_head(struct buffer *head, const struct http_response *response, const char *date,
                        bool close)
{
    buffer_append_text(head, "HTTP/1.1 ");
    append_number(head, (size_t)response->status);
    buffer_append_byte(head, ' ');
    buffer_append_text(head, http_phrase(response->status));
    buffer_append_text(head, "\r\nDate: ");
    buffer_append_text(head, date);
    if (response->content_type != NULL) {
        buffer_append_text(head, "\r\nContent-Type: ");
        buffer_append_text(head, response->content_type);
    }
    /* 204 and 304 have no body and say nothing of its length, RFC 9110 §8.6. */
    if (response->status != 204 && response->status != 304) {
        buffer_append_text(head, "\r\nContent-Length: ");
        append_number(head, response->body.size);
    }
    buffer_append_text(head, close ? "\r\nConnection: close\r\n" : "\r\n");
    for (size_t i = 0; i < response->field_count; i++)
        append_field(head, response->fields[i].name, response->fields[i].value);
    buffer_append(head, "\r\n", 2);
}
