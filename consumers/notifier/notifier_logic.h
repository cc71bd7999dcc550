/* Which transactions people are told of, and in what words. Pure. */
#ifndef TRIBUTARY_NOTIFIER_NOTIFIER_LOGIC_H
#define TRIBUTARY_NOTIFIER_NOTIFIER_LOGIC_H

#include "common/base/buffer.h"
#include "common/base/status.h"
#include "common/event/classification.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* From when on an amount is large. */
struct notifier_limit {
    char currency[4]; /* "EUR", or "*" for all that are not named */
    int64_t minor;
};

enum { NOTIFIER_LIMITS_MAX = 64 };

struct notifier_limits {
    struct notifier_limit items[NOTIFIER_LIMITS_MAX];
    size_t count;
};

/* "EUR:100000,JPY:200000,*:100000": minor units. REJECT for anything else; empty: none is large. */
enum status notifier_limits_parse(struct slice text, struct notifier_limits *ret_limits,
                                  struct error *error) MUST_CHECK;

/* What the rules are measured by. */
struct notifier_measures {
    double review_below; /* confidence */
    struct notifier_limits large;
};

/* A rule tells of a transaction at most once. */
struct notifier_rule {
    const char *kind; /* the notification's type */
    bool (*applies)(const struct notifier_measures *measures, const struct classification *output);
};

enum { NOTIFIER_RULES = 2 };
extern const struct notifier_rule notifier_rules[NOTIFIER_RULES];

/* The notification's payload: the transaction without its metadata, and the answer. Appended; needs
 * at most OUTBOX_PAYLOAD_BYTES for an event that has passed its check. */
void notifier_payload(const char *kind, const struct classification *output, struct buffer *out);

#endif
