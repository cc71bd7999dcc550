#include "consumers/classifier/answer.h"

static enum decider decider_of_source(enum engine_source source)
{
    switch (source) {
    case ENGINE_RULE:
        return DECIDER_RULE;
    case ENGINE_USER:
        return DECIDER_USER;
    case ENGINE_MERCHANT:
        return DECIDER_MERCHANT;
    case ENGINE_MODEL:
        return DECIDER_MODEL;
    case ENGINE_NONE:
        break;
    }
    return DECIDER_NONE;
}

static int32_t evidence_of(int64_t evidence)
{
    return evidence < 0 ? 0 : evidence > INT32_MAX ? INT32_MAX : (int32_t)evidence;
}

/* The sources' opinions, and the tenant's as a whole in place of the model's own. */
static size_t fill_reasons(const struct engine_verdict *verdict, struct reason *reasons)
{
    size_t count = 0;

    for (size_t i = 0; i < verdict->reason_count; i++) {
        const struct engine_reason *reason = &verdict->reasons[i];

        if (reason->source != ENGINE_MODEL && reason->category.size > 0)
            reasons[count++] = (struct reason){.source = decider_of_source(reason->source),
                                               .category = reason->category,
                                               .confidence = (float)reason->confidence,
                                               .evidence = evidence_of(reason->evidence)};
    }
    if (verdict->global_category.size > 0)
        reasons[count++] = (struct reason){.source = DECIDER_MODEL,
                                           .category = verdict->global_category,
                                           .confidence = (float)verdict->global_confidence};
    return count;
}

enum status answer(const struct transaction *transaction, const struct engine_view *view,
                   struct arena *arena, struct classification *ret, struct error *error)
{
    const struct engine_input input = {.merchant = transaction->merchant,
                                       .description = transaction->description,
                                       .currency = transaction->currency,
                                       .amount_minor = transaction->amount_minor,
                                       .mcc = transaction->mcc,
                                       .occurred_us = transaction->occurred_at};
    struct reason *reasons = arena_alloc(arena, (ENGINE_REASONS_MAX + 1) * sizeof *reasons);
    struct engine_features features;
    struct engine_verdict verdict;

    if (reasons == NULL)
        return error_set(error, STATUS_FATAL, "no room for a batch: lower worker.batch_records");
    engine_features(&input, &features);
    engine_classify(view, &features, &verdict);
    ret->outcome = OUTCOME_CLASSIFIED;
    ret->transaction = transaction;
    ret->category = verdict.category;
    ret->confidence = (float)verdict.confidence;
    ret->decided_by = decider_of_source(verdict.decided_by);
    ret->model_version = SLICE_LITERAL(ENGINE_VERSION);
    ret->reasons = reasons;
    ret->reasons_count = fill_reasons(&verdict, reasons);
    ret->reject = NULL;
    return STATUS_OK;
}
