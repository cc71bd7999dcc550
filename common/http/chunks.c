#include "common/http/chunks.h"

#include "common/http/chars.h"
#include "common/http/head.h"

enum {
    CHUNK_SIZE,
    CHUNK_EXTENSION,
    CHUNK_SIZE_LF,
    CHUNK_DATA,
    CHUNK_DATA_CR,
    CHUNK_DATA_LF,
    TRAILER_START,
    TRAILER_NAME,
    TRAILER_VALUE,
    TRAILER_LF,
    TRAILERS_LF,
    CHUNKS_DONE,

    CHUNK_DIGITS_MAX = 15, /* 16 could overflow where others read it */
};

static bool next_if(struct http_framer *framer, bool is, unsigned state)
{
    if (!is)
        return http_head_refuse(framer, 400, "The chunked body is malformed.");
    framer->chunks.state = state;
    return true;
}

static bool size_byte(struct http_framer *framer, char c)
{
    struct http_chunks *chunks = &framer->chunks;

    if (!http_char_is(c, HTTP_HEX))
        return next_if(framer, chunks->digits > 0 && (c == '\r' || c == ';'),
                       c == ';' ? CHUNK_EXTENSION : CHUNK_SIZE_LF);
    if (++chunks->digits > CHUNK_DIGITS_MAX)
        return http_head_refuse(framer, 400, "A chunk size is too long.");
    chunks->left = chunks->left * 16 + http_hex_value(c);
    return true;
}

static bool size_end(struct http_framer *framer, const struct http_limits *limits, char c)
{
    if (c == '\n' && framer->chunks.left > limits->body_bytes - framer->body_size)
        return http_head_refuse(framer, 413, "The body is too large.");
    return next_if(framer, c == '\n', framer->chunks.left > 0 ? CHUNK_DATA : TRAILER_START);
}

static bool data_end(struct http_framer *framer, char c)
{
    framer->chunks.digits = 0;
    return next_if(framer, c == '\n', CHUNK_SIZE);
}

static bool trailer_byte(struct http_framer *framer, char c)
{
    switch (framer->chunks.state) {
    case TRAILER_START:
        return c == '\r' ? next_if(framer, true, TRAILERS_LF)
                         : next_if(framer, http_char_is(c, HTTP_TOKEN), TRAILER_NAME);
    case TRAILER_NAME:
        return c == ':' ? next_if(framer, true, TRAILER_VALUE)
                        : next_if(framer, http_char_is(c, HTTP_TOKEN), TRAILER_NAME);
    case TRAILER_VALUE:
        return c == '\r' ? next_if(framer, true, TRAILER_LF)
                         : next_if(framer, http_char_is(c, HTTP_VALUE), TRAILER_VALUE);
    case TRAILER_LF:
        return next_if(framer, c == '\n', TRAILER_START);
    default:
        return next_if(framer, c == '\n', CHUNKS_DONE);
    }
}

/* What need not be read to know the body is bounded like the fields of the head. */
static bool overhead_byte(struct http_framer *framer, const struct http_limits *limits)
{
    if (++framer->chunks.overhead > limits->header_bytes)
        return http_head_refuse(framer, 431, "Chunk extensions and trailers are too large.");
    return true;
}

static bool control_byte(struct http_framer *framer, const struct http_limits *limits, char c)
{
    switch (framer->chunks.state) {
    case CHUNK_SIZE:
        return size_byte(framer, c);
    case CHUNK_EXTENSION:
        return overhead_byte(framer, limits) &&
               (c == '\r' ? next_if(framer, true, CHUNK_SIZE_LF)
                          : next_if(framer, http_char_is(c, HTTP_VALUE), CHUNK_EXTENSION));
    case CHUNK_SIZE_LF:
        return size_end(framer, limits, c);
    case CHUNK_DATA_CR:
        return next_if(framer, c == '\r', CHUNK_DATA_LF);
    case CHUNK_DATA_LF:
        return data_end(framer, c);
    default:
        return overhead_byte(framer, limits) && trailer_byte(framer, c);
    }
}

/* Moves what is there of a chunk to the end of the body; how much that was. */
static size_t take_data(struct http_framer *framer, char *data, size_t in, size_t size)
{
    uint64_t left = framer->chunks.left;
    size_t part = left < size - in ? (size_t)left : size - in;

    memmove(data + framer->head_size + framer->body_size, data + in, part);
    framer->body_size += part;
    framer->chunks.left -= part;
    if (framer->chunks.left == 0)
        framer->chunks.state = CHUNK_DATA_CR;
    return part;
}

enum http_framer_result http_chunks_step(struct http_framer *framer,
                                         const struct http_limits *limits, char *data, size_t *size)
{
    size_t in = framer->scanned, out;

    while (in < *size && framer->chunks.state != CHUNKS_DONE) {
        if (framer->chunks.state == CHUNK_DATA)
            in += take_data(framer, data, in, *size);
        else if (!control_byte(framer, limits, data[in++]))
            return HTTP_FRAMER_REFUSED;
    }
    out = framer->head_size + framer->body_size;
    memmove(data + out, data + in, *size - in);
    *size = out + (*size - in);
    framer->scanned = out;
    return framer->chunks.state == CHUNKS_DONE ? HTTP_FRAMER_REQUEST : HTTP_FRAMER_MORE;
}

size_t http_chunks_wants(const struct http_chunks *chunks)
{
    return chunks->state == CHUNK_DATA ? (size_t)chunks->left : 0;
}
