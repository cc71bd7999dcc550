/* Events as JSON: what upstreams post, and what people and tests read. A transaction:
 *
 *     {"id":"t1","user":"u1","account":"a","amount":"-12.34","currency":"EUR",
 *      "description":"…","merchant":"…","mcc":5411,"occurred_at":"2026-02-28T09:00:00Z",
 *      "metadata":{"channel":"pos"}}
 *
 * id, user, amount, currency and occurred_at are required; amount is a decimal string in major
 * units; mcc an integer or a string of four digits. Feedback:
 *
 *     {"id":"f1","user":"u1","transaction_id":"t1","kind":"correction","category":"groceries",
 *      "rating":5,"occurred_at":"…","metadata":{}}
 *
 * Any other field is a fault. The tenant comes from the API key, received_at from the receiver. */
#ifndef TRIBUTARY_EVENT_EVENT_JSON_H
#define TRIBUTARY_EVENT_EVENT_JSON_H

#include "common/base/arena.h"
#include "common/base/buffer.h"
#include "common/base/status.h"
#include "common/event/event.h"
#include "common/json/json.h"

enum event_json_format {
    EVENT_JSON_DOCUMENT, /* one object, or an array of objects */
    EVENT_JSON_LINES,    /* NDJSON: an object a line; blank lines count for nothing */
};

struct event_json_request {
    enum event_kind kind; /* EVENT_TRANSACTION or EVENT_FEEDBACK */
    enum event_json_format format;
    struct slice tenant;
    int64_t received_at; /* us */
    size_t max_items;    /* > 0 */
};

enum event_json_verdict {
    EVENT_JSON_OK,
    EVENT_JSON_MALFORMED, /* no JSON: 400; only of lines, a document is malformed as a whole */
    EVENT_JSON_INVALID,   /* JSON that means no acceptable event: 422 */
};

/* One item of the body, in its order. */
struct event_json_item {
    enum event_json_verdict verdict;
    struct slice id; /* as sent, when there was one of at most EVENT_ID_MAX bytes; else empty */
    /* The fault, unless OK. */
    const char *reason;   /* a code of event_reasons or json_reasons */
    const char *detail;   /* a sentence; holds nothing of the event */
    struct slice pointer; /* RFC 6901, from the item: "/metadata/channel"; "" is the item itself */
    /* The event, when OK; it has passed event_check_*. */
    union {
        struct transaction transaction;
        struct feedback feedback;
    };
};

struct event_json_items {
    struct event_json_item *items;
    size_t count; /* may be 0: "[]" */
};

/* A whole body. The items borrow from body and arena. STATUS_REJECT when the body is none as a
 * whole: a code of json_reasons (400), or "too_many_items" (413). STATUS_FATAL, "arena_full", when
 * the arena has no room: event_json_arena_bytes says what is enough. */
MUST_CHECK enum status event_json_parse(struct json_parser *parser,
                                        const struct event_json_request *request, struct slice body,
                                        struct arena *arena, struct event_json_items *ret,
                                        struct error *error);

/* Enough arena for any body of that many bytes and items. */
size_t event_json_arena_bytes(size_t body_bytes, size_t max_items);

/* What is written: only what an upstream would post, or every field. */
enum event_json_view {
    EVENT_JSON_POSTED,
    EVENT_JSON_WHOLE, /* tenant and received_at too */
};

/* One object, on one line, without a newline. */
void event_json_write_transaction(const struct transaction *event, enum event_json_view view,
                                  struct buffer *out);
void event_json_write_feedback(const struct feedback *event, enum event_json_view view,
                               struct buffer *out);
/* Always whole; a reject's key and value are left out but for their sizes. */
void event_json_write_classification(const struct classification *event, struct buffer *out);

#endif
