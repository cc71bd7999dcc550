/* A transform for the tests: the merchant in capitals. Refuses a transaction whose description is
 * "refuse". */
#include "common/transform/transform.h"

#include <ctype.h>

static enum status upper_map(void *state, const struct batch *batch, const struct record *in,
                             struct classification *ret_out, struct error *error)
{
    struct transaction *event = arena_alloc(batch->arena, sizeof *event);
    char *merchant = arena_text(batch->arena, in->transaction->merchant);

    (void)state;
    if (event == NULL || merchant == NULL)
        return error_set(error, STATUS_FATAL, "the arena is too small");
    if (slice_equal(in->transaction->description, SLICE_LITERAL("refuse")))
        return error_set_code(error, STATUS_REJECT, "refused", "it asked for it");
    for (char *c = merchant; *c != '\0'; c++)
        *c = (char)toupper((unsigned char)*c);
    *event = *in->transaction;
    event->merchant = slice_of(merchant);
    *ret_out = (struct classification){.outcome = OUTCOME_CLASSIFIED,
                                       .transaction = event,
                                       .category = SLICE_LITERAL("capitals"),
                                       .confidence = 1,
                                       .decided_by = DECIDER_RULE,
                                       .model_version = SLICE_LITERAL("upper")};
    return STATUS_OK;
}

static const struct transform upper = {.name = "upper",
                                       .output = "classifications",
                                       .input = {"transactions", INPUT_TRANSACTIONS},
                                       .map = upper_map};

int main(int argc, char **argv)
{
    return transform_main(&upper, argc, argv);
}
