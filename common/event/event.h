/* What the events are: kinds, limits, the key, and the checks that the gateway and every consumer
 * make. Pure. The structs are made from the schemas: common/event/transaction.h, feedback.h,
 * classification.h. */
#ifndef TRIBUTARY_EVENT_EVENT_H
#define TRIBUTARY_EVENT_EVENT_H

#include "common/base/slice.h"
#include "common/event/classification.h"
#include "common/event/feedback.h"
#include "common/event/transaction.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum event_kind {
    EVENT_TRANSACTION,
    EVENT_FEEDBACK,
    EVENT_CLASSIFICATION,
};

enum { EVENT_KIND_COUNT = 3 };

/* "transaction", "feedback", "classification". */
const char *event_kind_name(enum event_kind kind);

/* Limits, in bytes where it is text. */
enum {
    EVENT_TENANT_MAX = 32,
    EVENT_ID_MAX = 64, /* ids, users, accounts */
    EVENT_DESCRIPTION_MAX = 512,
    EVENT_MERCHANT_MAX = 128,
    EVENT_CATEGORY_MAX = 64,
    EVENT_MODEL_VERSION_MAX = 64,
    EVENT_METADATA_MAX = 32, /* pairs */
    EVENT_METADATA_KEY_MAX = 64,
    EVENT_METADATA_VALUE_MAX = 256,
    EVENT_REASONS_MAX = 8,
    EVENT_REJECT_CODE_MAX = 23, /* fits the code of a struct error */
    EVENT_REJECT_DETAIL_MAX = 256,
    EVENT_REJECT_RAW_MAX = 64 * 1024, /* key and value, each */
    EVENT_MCC_MAX = 9999,
    EVENT_RATING_MAX = 5,
    EVENT_KEY_MAX = EVENT_TENANT_MAX + 1 + EVENT_ID_MAX,
};

#define EVENT_AMOUNT_MAX   INT64_C(1000000000000) /* minor units, either sign */
#define EVENT_OCCURRED_MIN INT64_C(86400000000)   /* 1970-01-02: earlier ones are unset fields */
#define EVENT_FUTURE_MAX   INT64_C(86400000000)   /* us that occurred may lie beyond received */

/* The record key "tenant:user", written into text (EVENT_KEY_MAX bytes, no NUL). The event must
 * have passed its check. */
struct slice event_key(struct slice tenant, struct slice user, char *text);

/* Why an event is not acceptable. All three are constants; none holds anything of the event. */
struct event_fault {
    const char *reason; /* a code of event_reasons */
    const char *field;  /* its name in the schema: "occurred_at", "transaction.id" */
    const char *detail; /* a sentence for a person: what it must be */
};

/* Every reason there is, ending with NULL: reasons of dead letters and labels of metrics.
 * docs/events.md says what each means. */
extern const char *const event_reasons[];

/* True when the event means something; else false, with the first fault. The struct may come from
 * anywhere: nothing but its pointers is trusted. */
bool event_check_transaction(const struct transaction *event, struct event_fault *ret_fault);
bool event_check_feedback(const struct feedback *event, struct event_fault *ret_fault);
bool event_check_classification(const struct classification *event, struct event_fault *ret_fault);

/* [a-z0-9_-]{1,32}: no colon, which parts the key. */
bool event_tenant_valid(struct slice tenant);

#endif
