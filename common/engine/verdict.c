#include "common/engine/verdict.h"

#include "common/engine/bias.h"
#include "common/engine/board.h"
#include "common/engine/global.h"
#include "common/engine/own.h"
#include "common/engine/user_state.h"
#include "common/taxonomy/taxonomy.h"

const char *engine_source_name(enum engine_source source)
{
    static const char *const names[] = {
        [ENGINE_NONE] = "none",         [ENGINE_RULE] = "rule",   [ENGINE_USER] = "user",
        [ENGINE_MERCHANT] = "merchant", [ENGINE_MODEL] = "model",
    };

    return (unsigned)source < sizeof names / sizeof names[0] ? names[source] : "none";
}

static const struct engine_rule *rule_of(const struct engine_view *view,
                                         const struct engine_features *features)
{
    for (size_t i = 0; i < view->rule_count; i++) {
        const struct engine_rule *rule = &view->rules[i];

        if (rule->merchant_hash == 0 || rule->merchant_hash != features->merchant_hash)
            continue;
        if (rule->max_minor < rule->min_minor || (features->amount_minor >= rule->min_minor &&
                                                  features->amount_minor <= rule->max_minor))
            return rule;
    }
    return NULL;
}

static void say_global(struct engine_verdict *verdict, const struct board *board,
                       const struct global *global)
{
    size_t best;

    verdict->global_category = taxonomy_name(TAXONOMY_NONE);
    verdict->global_confidence = 0;
    verdict->decided_by = ENGINE_NONE;
    if (global->known) {
        best = board_best(board);
        verdict->global_category = board_name(board, best);
        verdict->global_confidence = board->shares[best];
        verdict->decided_by = global->merchant.labels > 0 ? ENGINE_MERCHANT : ENGINE_MODEL;
    }
    verdict->category = verdict->global_category;
    verdict->confidence = verdict->global_confidence;
}

/* The user decides where the own counts know the merchant or change the answer. */
static void say_own(struct engine_verdict *verdict, const struct board *board,
                    const struct own *own)
{
    size_t best;

    if (!own->known)
        return;
    best = board_best(board);
    verdict->category = board_name(board, best);
    verdict->confidence = board->shares[best];
    if (own->merchant || !slice_equal(verdict->category, verdict->global_category))
        verdict->decided_by = ENGINE_USER;
}

static void say_bias(struct engine_verdict *verdict, double bias)
{
    verdict->confidence = bias_confidence(verdict->confidence, bias);
    verdict->global_confidence = bias_confidence(verdict->global_confidence, bias);
}

static void say_rule(struct engine_verdict *verdict, const struct engine_rule *rule)
{
    if (rule == NULL)
        return;
    verdict->category = rule->category;
    verdict->confidence = 1;
    verdict->decided_by = ENGINE_RULE;
}

/* The deciding source goes to the front. */
static void reason_add(struct engine_verdict *verdict, struct engine_reason reason)
{
    size_t at = verdict->reason_count++;

    if (reason.source == verdict->decided_by) {
        for (; at > 0; at--)
            verdict->reasons[at] = verdict->reasons[at - 1];
    }
    verdict->reasons[at] = reason;
}

static void reason_of_evidence(struct engine_verdict *verdict, enum engine_source source,
                               const struct board *board, const struct evidence *evidence)
{
    if (evidence->labels <= 0)
        return;
    reason_add(verdict, (struct engine_reason){.source = source,
                                               .category = board_name(board, evidence->column),
                                               .confidence = evidence->most / evidence->labels,
                                               .evidence = (int64_t)(evidence->labels + 0.5)});
}

static void give_reasons(struct engine_verdict *verdict, const struct board *board,
                         const struct own *own, const struct global *global)
{
    verdict->reason_count = 0;
    if (verdict->decided_by == ENGINE_RULE)
        reason_add(verdict, (struct engine_reason){ENGINE_RULE, verdict->category, 1, 1});
    if (own->known)
        reason_add(verdict,
                   (struct engine_reason){ENGINE_USER, user_label_name(own->user, own->label),
                                          own->share, own->evidence});
    reason_of_evidence(verdict, ENGINE_MERCHANT, board, &global->merchant);
    reason_of_evidence(verdict, ENGINE_MODEL, board, &global->general);
}

void engine_classify(const struct engine_view *view, const struct engine_features *features,
                     struct engine_verdict *ret)
{
    struct board board;
    struct seeds seeds;
    struct global global;
    struct own own;
    double bias;

    board_init(&board, view->tenant);
    seeds = global_seeds(&board, features);
    own_columns(&own, &board, view->user);
    board_prior(&board);
    bias = bias_of(&board);
    own_base(&own, &board);
    global_refine(&board, features, &seeds, &global);
    say_global(ret, &board, &global);
    own_refine(&own, &board, features->merchant_hash);
    say_own(ret, &board, &own);
    say_bias(ret, bias);
    say_rule(ret, rule_of(view, features));
    give_reasons(ret, &board, &own, &global);
}
