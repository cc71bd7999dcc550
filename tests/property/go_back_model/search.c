#include "tests/property/go_back_model/search.h"

#include "common/base/must.h"

#include <stdio.h>
#include <string.h>

/* States in the order of their discovery: the queue of the search and the set of the visited. */
struct search {
    struct model_world world;
    struct model_state *states;
    uint32_t *parents;
    size_t count, capacity;
    uint32_t *slots; /* index + 1, open addressing; a power of two, at most half full */
    size_t slot_count;
    uint32_t expanding;
};

enum { SEARCH_FIRST = 1 << 12 };

struct search *search_new(const struct model_world *world)
{
    struct search *search = must_alloc(sizeof *search);

    search->world = *world;
    search->capacity = SEARCH_FIRST;
    search->states = must_alloc(search->capacity * sizeof *search->states);
    search->parents = must_alloc(search->capacity * sizeof *search->parents);
    search->slot_count = 2 * search->capacity;
    search->slots = must_alloc(search->slot_count * sizeof *search->slots);
    return search;
}

void search_free(struct search *search)
{
    if (search == NULL)
        return;
    free(search->states);
    free(search->parents);
    free(search->slots);
    free(search);
}

static uint64_t state_hash(const struct model_state *state)
{
    uint64_t words[(sizeof *state + 7) / 8] = {0};
    uint64_t hash = 0;

    memcpy(words, state, sizeof *state);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        hash = (hash ^ words[i]) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 29;
    }
    return hash;
}

/* The slot of an equal state, or the empty one where it belongs. */
static uint32_t *find_slot(const struct search *search, const struct model_state *state)
{
    size_t mask = search->slot_count - 1;
    size_t at = (size_t)state_hash(state) & mask;

    while (search->slots[at] != 0 &&
           memcmp(&search->states[search->slots[at] - 1], state, sizeof *state) != 0)
        at = (at + 1) & mask;
    return &search->slots[at];
}

static void grow(struct search *search)
{
    search->capacity *= 2;
    search->states = must_realloc(search->states, search->capacity * sizeof *search->states);
    search->parents = must_realloc(search->parents, search->capacity * sizeof *search->parents);
    free(search->slots);
    search->slot_count = 2 * search->capacity;
    search->slots = must_alloc(search->slot_count * sizeof *search->slots);
    for (size_t i = 0; i < search->count; i++)
        *find_slot(search, &search->states[i]) = (uint32_t)i + 1;
}

static void search_add(void *context, const struct model_state *next, const struct model_step *step)
{
    struct search *search = context;
    struct model_state state = *next; /* growing moves the states */
    uint32_t *slot = find_slot(search, &state);

    (void)step;
    if (*slot != 0)
        return;
    if (search->count == search->capacity) {
        MUST(search->count < UINT32_MAX / 2);
        grow(search);
        slot = find_slot(search, &state);
    }
    search->states[search->count] = state;
    search->parents[search->count] = search->expanding;
    *slot = (uint32_t)++search->count;
}

enum model_violation search_run(struct search *search)
{
    struct model_state first = model_start();

    search_add(search, &first, NULL);
    for (size_t i = 0; i < search->count; i++) {
        struct model_state state = search->states[i];
        enum model_violation violation = model_check(&search->world, &state);

        search->expanding = (uint32_t)i;
        if (violation != MODEL_FINE)
            return violation;
        model_steps(&search->world, &state, search_add, search);
    }
    return MODEL_FINE;
}

size_t search_states(const struct search *search)
{
    return search->count;
}

size_t search_depth(const struct search *search)
{
    size_t depth = 0;

    for (size_t i = search->count - 1; i != 0; i = search->parents[i])
        depth++;
    return depth;
}

struct lookup {
    struct model_state wanted;
    struct model_step step;
    bool found;
};

static void lookup_visit(void *context, const struct model_state *next,
                         const struct model_step *step)
{
    struct lookup *lookup = context;

    if (lookup->found || memcmp(next, &lookup->wanted, sizeof *next) != 0)
        return;
    lookup->step = *step;
    lookup->found = true;
}

static void print_step(const struct model_step *step)
{
    switch (step->kind) {
    case MODEL_START:
        printf("writer %d starts at %d", step->actor, step->detail);
        break;
    case MODEL_MAKE:
        printf("writer %d sends the output up to %d", step->actor, step->detail);
        break;
    case MODEL_LAND:
        printf("writer %d's flight %d lands", step->actor, step->detail);
        break;
    case MODEL_REPORT:
        printf("writer %d's flight %d is acknowledged", step->actor, step->detail);
        break;
    case MODEL_DOUBT:
        printf("writer %d begins a new incarnation", step->actor);
        break;
    case MODEL_CRASH:
        printf("writer %d crashes", step->actor);
        break;
    case MODEL_HELD_LANDS:
        printf("held request %d lands", step->actor);
        break;
    case MODEL_READ:
        printf("reader %d reads", step->actor);
        break;
    }
}

static void print_range(struct go_back_range range)
{
    printf(" [%d,%d]", (int)range.from, (int)range.to);
}

static void print_writer(const struct model_writer *writer)
{
    printf("  writer at %d:", writer->committable);
    for (int i = 0; i < writer->count; i++) {
        print_range(model_flight_range(writer, i));
        printf(writer->flights[i].place > 0 ? " landed" : " sent");
    }
    printf(";");
}

static void print_state(const struct model_state *state)
{
    printf("       committable up to %d;", state->committable);
    for (int w = 0; w < MODEL_WRITERS && state->writers[w].alive; w++)
        print_writer(&state->writers[w]);
    printf("  unread:");
    for (size_t i = 0; i < model_unread_count(state); i++)
        print_range(model_unpack(state->unread[i]));
    printf(";  held:");
    for (int i = 0; i < MODEL_HELD && state->held[i] != 0; i++)
        print_range(model_unpack(state->held[i]));
    printf(";  readers want %d and %d\n", state->readers[0].next, state->readers[1].next);
}

static void print_way(const struct search *search, size_t index, size_t *number)
{
    struct lookup lookup = {.wanted = search->states[index]};

    if (index == 0)
        return;
    print_way(search, search->parents[index], number);
    model_steps(&search->world, &search->states[search->parents[index]], lookup_visit, &lookup);
    MUST(lookup.found);
    printf("  %2zu. ", ++*number);
    print_step(&lookup.step);
    printf("\n");
    print_state(&lookup.wanted);
}

void search_print_trace(const struct search *search)
{
    size_t number = 0;

    print_way(search, search->expanding, &number);
}
