/* Strict JSON (RFC 8259, I-JSON of RFC 7493 where that is stricter): read as a stream of calls, and
 * written. Refused beside bad syntax: invalid UTF-8, duplicate keys, \u0000, lone surrogates, more
 * than JSON_DEPTH_MAX levels, more than JSON_KEYS_MAX keys in an object, anything behind the value.
 * Numbers stay text: what a float would make of them is nobody's money. No document tree. */
#ifndef TRIBUTARY_JSON_JSON_H
#define TRIBUTARY_JSON_JSON_H

#include "common/base/arena.h"
#include "common/base/buffer.h"
#include "common/base/owned.h"
#include "common/base/status.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    JSON_DEPTH_MAX = 16,
    JSON_KEYS_MAX = 128,
    JSON_TEXT_MAX = 4 << 20, /* bytes of one document */
};

/* What a document is made of, in order. A call that is NULL ignores its event; false stops the
 * parse. Text points into the document where it holds no escapes, else into the arena: it lives as
 * long as both do. A number is its text, as RFC 8259 allows it. */
struct json_handlers {
    bool (*null)(void *context);
    bool (*boolean)(void *context, bool value);
    bool (*number)(void *context, struct slice text);
    bool (*string)(void *context, struct slice text);
    bool (*object_begin)(void *context);
    bool (*key)(void *context, struct slice name);
    bool (*object_end)(void *context);
    bool (*array_begin)(void *context);
    bool (*array_end)(void *context);
};

/* Memory that is used again from document to document. One thread at a time; not from a handler. */
struct json_parser;

/* Never NULL. */
struct json_parser *json_parser_new(void);
void json_parser_free(struct json_parser *parser);
OWNED_DEFINE(json_parser);

/* One document. STATUS_REJECT with a code of json_reasons when it is not acceptable; the text names
 * the byte and echoes nothing; the handlers may have seen a part of it by then. STATUS_FATAL,
 * "arena_full", when the arena has no room for the text of its escapes. */
MUST_CHECK enum status json_parse(struct json_parser *parser, struct slice text,
                                  struct arena *arena, const struct json_handlers *handlers,
                                  void *context, struct error *error);

struct json_reason {
    const char *code;   /* "json_syntax" … */
    const char *detail; /* a sentence for a person */
};

/* Every code that json_parse may set; the last has no code. json_escape: \u0000 or a lone
 * surrogate; json_stopped: a handler said so. */
extern const struct json_reason json_reasons[];

/* The one that the error's code names; NULL for another code. */
const struct json_reason *json_reason_of(const struct error *error);

/* Writing: commas and escapes are its own; that begins and ends match is the caller's. */
struct json_writer {
    struct buffer *out; /* borrowed; its overflow is the only error */
    bool comma;
};

void json_writer_init(struct json_writer *writer, struct buffer *out);

void json_write_object_begin(struct json_writer *writer);
void json_write_object_end(struct json_writer *writer);
void json_write_array_begin(struct json_writer *writer);
void json_write_array_end(struct json_writer *writer);
void json_write_key(struct json_writer *writer, const char *name);
void json_write_key_slice(struct json_writer *writer, struct slice name);
void json_write_null(struct json_writer *writer);
void json_write_boolean(struct json_writer *writer, bool value);
void json_write_integer(struct json_writer *writer, int64_t value);

/* The shortest text that reads back as the same float or double; null when it is not finite. */
void json_write_float(struct json_writer *writer, float value);
void json_write_double(struct json_writer *writer, double value);

/* Bytes that are not UTF-8 become U+FFFD. */
void json_write_string(struct json_writer *writer, struct slice text);
void json_write_text(struct json_writer *writer, const char *text);

/* JSON that is there already. */
void json_write_raw(struct json_writer *writer, struct slice json);

#endif
