#include "producers/gateway/media.h"

#include <strings.h>

static struct slice trim(struct slice text)
{
    while (text.size > 0 && (text.data[0] == ' ' || text.data[0] == '\t')) {
        text.data++;
        text.size--;
    }
    while (text.size > 0 && (text.data[text.size - 1] == ' ' || text.data[text.size - 1] == '\t'))
        text.size--;
    return text;
}

/* The piece up to the next semicolon, taken off the text. */
static struct slice cut_piece(struct slice *text)
{
    const char *end = text->size == 0 ? NULL : memchr(text->data, ';', text->size);
    struct slice piece = {text->data, end == NULL ? text->size : (size_t)(end - text->data)};
    size_t used = piece.size + (end != NULL);

    text->data += used;
    text->size -= used;
    return trim(piece);
}

static bool same_word(struct slice text, const char *word)
{
    return text.size == strlen(word) && strncasecmp(text.data, word, text.size) == 0;
}

bool media_format(struct slice content_type, enum event_json_format *ret_format)
{
    struct slice type;
    enum event_json_format format;

    if (content_type.data == NULL)
        return false;
    type = cut_piece(&content_type);
    if (same_word(type, "application/json"))
        format = EVENT_JSON_DOCUMENT;
    else if (same_word(type, "application/x-ndjson"))
        format = EVENT_JSON_LINES;
    else
        return false;
    while (content_type.size > 0) {
        struct slice parameter = cut_piece(&content_type);

        if (parameter.size > 0 && !same_word(parameter, "charset=utf-8") &&
            !same_word(parameter, "charset=\"utf-8\""))
            return false;
    }
    *ret_format = format;
    return true;
}

/* That many lower-case hex digits at a place, not all of them zero. */
static bool hex_at(struct slice text, size_t at, size_t count)
{
    bool zero = true;

    for (size_t i = at; i < at + count; i++) {
        char c = text.data[i];

        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
        zero = zero && c == '0';
    }
    return !zero;
}

bool media_sampled(struct slice traceparent)
{
    enum { SIZE = 55, TRACE = 3, TRACE_DIGITS = 32, PARENT = 36, PARENT_DIGITS = 16, FLAGS = 53 };
    char last;

    if (traceparent.size != SIZE || memcmp(traceparent.data, "00-", TRACE) != 0 ||
        traceparent.data[PARENT - 1] != '-' || traceparent.data[FLAGS - 1] != '-' ||
        !hex_at(traceparent, TRACE, TRACE_DIGITS) || !hex_at(traceparent, PARENT, PARENT_DIGITS) ||
        !hex_at(traceparent, FLAGS, SIZE - FLAGS))
        return false;
    last = traceparent.data[SIZE - 1];
    return ((last >= 'a' ? last - 'a' + 10 : last - '0') & 1) != 0;
}
