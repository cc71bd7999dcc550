/* What must hold in every state, beside what the steps themselves note. */
#include "tests/property/go_back_model/model.h"

#include <string.h>

static int64_t read_one(const struct model_world *world, int64_t next, struct go_back_range range)
{
    return model_verdict(world->variant, next, range) == GO_BACK_APPLY ? range.to + 1 : next;
}

/* The output that covers `from` in the whole source: up to an event, or to the end. */
static struct go_back_range calm_output(const struct model_world *world, int64_t from)
{
    struct go_back_range range = {from, from};

    while (range.to + 1 < world->bounds.offsets && !(world->events & 1U << range.to))
        range.to++;
    return range;
}

/* The writer alone: what it retains is sent again, then the rest, and all of it answered. */
static bool is_live(const struct model_world *world, const struct model_writer *writer,
                    int64_t next)
{
    struct go_back_acks acks;
    int64_t place = 0;

    go_back_acks_init(&acks, writer->committable);
    for (int i = 0; i < writer->count; i++) {
        struct go_back_range range = model_flight_range(writer, i);

        next = read_one(world, next, range);
        if (!go_back_acks_take(&acks, range, true, place++))
            return false;
    }
    while (acks.committable < world->bounds.offsets) {
        struct go_back_range range = calm_output(world, acks.committable);

        next = read_one(world, next, range);
        if (!go_back_acks_take(&acks, range, true, place++))
            return false;
    }
    return next == world->bounds.offsets;
}

enum model_violation model_check(const struct model_world *world, const struct model_state *state)
{
    int64_t next = model_next_at_end(world, state);

    if (state->violation != MODEL_FINE)
        return state->violation;
    if (state->committable > next)
        return MODEL_UNSAFE;
    for (int offset = 0; offset <= state->committable; offset++) {
        struct model_writer fresh = {.alive = 1, .committable = (uint8_t)offset};

        if (!is_live(world, &fresh, next))
            return MODEL_STUCK;
    }
    for (int w = 0; w < MODEL_WRITERS && state->writers[w].alive; w++)
        if (!is_live(world, &state->writers[w], next))
            return MODEL_STUCK;
    return MODEL_FINE;
}
