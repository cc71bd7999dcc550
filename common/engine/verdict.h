/* The answer: a category, how sure, who decided, and why.
 *
 * Knowledge is taken in this order: explicit rules decide; else the tenant's counts (global) are
 * refined by the user's own. A merchant category code and the sign of the amount are weak priors
 * below the counts. Pure: the same view and features give the same verdict. */
#ifndef TRIBUTARY_ENGINE_VERDICT_H
#define TRIBUTARY_ENGINE_VERDICT_H

#include "common/base/slice.h"
#include "common/engine/counts.h"
#include "common/engine/features.h"
#include "common/engine/user.h"

#include <stddef.h>
#include <stdint.h>

/* Whose knowledge. */
enum engine_source {
    ENGINE_NONE,     /* nothing known: "uncategorized", confidence 0 */
    ENGINE_RULE,     /* an explicit rule */
    ENGINE_USER,     /* this user's own counts */
    ENGINE_MERCHANT, /* the tenant's counts for this merchant or its key */
    ENGINE_MODEL     /* priors: merchant category code, sign, what the tenant files in general */
};

/* "none", "rule", "user", "merchant", "model". */
const char *engine_source_name(enum engine_source source);

/* Exactly this merchant, and where min_minor <= max_minor an amount within both. */
struct engine_rule {
    uint64_t merchant_hash; /* engine_merchant_hash(text) */
    int64_t min_minor;
    int64_t max_minor; /* below min_minor: any amount */
    struct slice category;
};

/* What an answer is made from. */
struct engine_view {
    const struct engine_tenant *tenant; /* NULL: nothing known */
    const struct engine_user *user;     /* NULL: nothing known */
    const struct engine_rule *rules;    /* the first that fits decides: the user's, the tenant's */
    size_t rule_count;
};

enum { ENGINE_REASONS_MAX = 4 };

/* One source's own opinion and how many labels it rests on (rounded). */
struct engine_reason {
    enum engine_source source;
    struct slice category;
    double confidence; /* 0..1 */
    int64_t evidence;
};

/* The slices point into the view's tenant, user and rules, or to static memory: valid until one of
 * those changes. */
struct engine_verdict {
    struct slice category;
    double confidence; /* 0..1 */
    enum engine_source decided_by;
    struct engine_reason reasons[ENGINE_REASONS_MAX]; /* the most telling first */
    size_t reason_count;
    struct slice global_category; /* without rules and user: for comparison on the same events */
    double global_confidence;
};

/* Never fails. Any thread, while nobody writes to the view. */
void engine_classify(const struct engine_view *view, const struct engine_features *features,
                     struct engine_verdict *ret);

#endif
