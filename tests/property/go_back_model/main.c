/* Visits every state of the go-back rule, for every way in which a source of up to so many offsets
 * can hold events and empty offsets, and shows that each part of the rule is needed: without it a
 * violation is found, and the shortest way to it printed.
 *
 *     go_back_model                                       in seconds
 *     go_back_model long                                  in minutes
 *     go_back_model OFFSETS WRITERS IN_FLIGHT HELD UNREAD */
#include "tests/property/go_back_model/search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct totals {
    size_t states, worlds, largest, depth;
};

static struct search *run(const struct model_bounds *bounds, enum model_variant variant,
                          unsigned events, enum model_violation *ret_violation)
{
    struct model_world world = {*bounds, variant, events};
    struct search *search = search_new(&world);

    *ret_violation = search_run(search);
    return search;
}

static void print_violation(const struct search *search, unsigned events,
                            const struct model_bounds *bounds, enum model_violation violation)
{
    printf("%s, with a source of", model_violation_name(violation));
    for (int offset = 0; offset < bounds->offsets; offset++)
        printf(events & 1U << offset ? " event" : " empty");
    printf(":\n");
    search_print_trace(search);
}

static bool rule_holds(const struct model_bounds *bounds, unsigned events, struct totals *totals)
{
    enum model_violation violation;
    struct search *search = run(bounds, MODEL_RULE, events, &violation);
    size_t states = search_states(search), depth = search_depth(search);

    totals->worlds++;
    totals->states += states;
    totals->largest = states > totals->largest ? states : totals->largest;
    totals->depth = depth > totals->depth ? depth : totals->depth;
    if (violation != MODEL_FINE)
        print_violation(search, events, bounds, violation);
    search_free(search);
    return violation == MODEL_FINE;
}

/* The smallest source in which the variant fails, and the shortest way there. */
static bool variant_fails(const struct model_bounds *limits, enum model_variant variant)
{
    struct model_bounds bounds = *limits;

    for (bounds.offsets = 1; bounds.offsets <= limits->offsets; bounds.offsets++)
        for (unsigned empty = 0; empty < 1U << bounds.offsets; empty++) {
            unsigned events = ~empty & ((1U << bounds.offsets) - 1);
            enum model_violation violation;
            struct search *search = run(&bounds, variant, events, &violation);

            if (violation != MODEL_FINE) {
                printf("\nvariant «%s», %zu states: ", model_variant_name(variant),
                       search_states(search));
                print_violation(search, events, &bounds, violation);
            }
            search_free(search);
            if (violation != MODEL_FINE)
                return true;
        }
    printf("\nvariant «%s»: no violation found\n", model_variant_name(variant));
    return false;
}

static bool rule_holds_within(const struct model_bounds *bounds)
{
    struct totals totals = {0};
    bool fine = true;

    for (unsigned events = 0; events < 1U << bounds->offsets; events++)
        fine = rule_holds(bounds, events, &totals) && fine;
    printf(
        "offsets %d, writers %d, in flight %d, held %d, unread %d: %zu states in %zu worlds, the "
        "largest %zu, up to %zu steps deep: %s\n",
        bounds->offsets, bounds->writers, bounds->in_flight, bounds->held, bounds->unread,
        totals.states, totals.worlds, totals.largest, totals.depth, fine ? "holds" : "FAILS");
    return fine;
}

static bool variants_fail(void)
{
    const struct model_bounds bounds = {3, 2, 2, 1, 1};
    bool fine = true;

    for (int variant = MODEL_RULE + 1; variant < MODEL_VARIANTS; variant++)
        fine = variant_fails(&bounds, (enum model_variant)variant) && fine;
    return fine;
}

static int bounded(const char *text, int low, int high)
{
    int value = atoi(text);

    return value < low ? low : value > high ? high : value;
}

static struct model_bounds bounds_of(char **arguments)
{
    return (struct model_bounds){.offsets = bounded(arguments[0], 1, MODEL_OFFSETS),
                                 .writers = bounded(arguments[1], 1, MODEL_WRITERS),
                                 .in_flight = bounded(arguments[2], 1, MODEL_IN_FLIGHT),
                                 .held = bounded(arguments[3], 0, MODEL_HELD),
                                 .unread = bounded(arguments[4], 0, MODEL_UNREAD)};
}

int main(int argc, char **argv)
{
    /* Seconds. Each stretches another bound: all at once would be billions of states. */
    static const struct model_bounds everyday[] = {
        {5, 2, 2, 0, 0}, {4, 2, 2, 1, 0}, {3, 3, 2, 1, 0}, {3, 2, 3, 2, 0}, {3, 2, 2, 1, 1},
    };
    /* Minutes, and half a gigabyte. */
    static const struct model_bounds thorough[] = {
        {5, 2, 2, 1, 0}, {4, 3, 2, 1, 0}, {4, 2, 3, 2, 0}, {3, 3, 2, 1, 1},
        {3, 2, 2, 1, 2}, {3, 2, 2, 2, 1}, {5, 3, 2, 0, 0},
    };
    bool is_long = argc == 2 && strcmp(argv[1], "long") == 0;
    const struct model_bounds *list = is_long ? thorough : everyday;
    size_t count =
        is_long ? sizeof thorough / sizeof thorough[0] : sizeof everyday / sizeof everyday[0];
    struct model_bounds chosen;
    bool fine = true;

    if (argc == 6) {
        chosen = bounds_of(argv + 1);
        list = &chosen;
        count = 1;
    }
    for (size_t i = 0; i < count; i++)
        fine = rule_holds_within(&list[i]) && fine;
    return variants_fail() && fine ? EXIT_SUCCESS : EXIT_FAILURE;
}
