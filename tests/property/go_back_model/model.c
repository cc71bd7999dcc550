#include "tests/property/go_back_model/model.h"

#include "common/base/must.h"

#include <string.h>

/* All that a step needs, and where its outcome goes. */
struct walk {
    const struct model_world *world;
    const struct model_state *state;
    model_visit *visit;
    void *context;
};

const char *model_variant_name(enum model_variant variant)
{
    static const char *const names[MODEL_VARIANTS] = {
        "rule",         "no output order", "no report order", "stale reports",
        "commit early", "no next_source",  "ahead applied",
    };

    return names[variant];
}

const char *model_violation_name(enum model_violation violation)
{
    static const char *const names[] = {
        "fine",
        "a reader applies an offset twice",
        "a reader applies out of turn",
        "a reader passes over an offset",
        "the readers disagree",
        "a commit beyond what the log offers",
        "a calm writer does not bring a reader to the end",
    };

    return names[violation];
}

struct go_back_range model_unpack(uint8_t range)
{
    return (struct go_back_range){range >> 4, (range & 15) - 1};
}

static uint8_t pack(struct go_back_range range)
{
    return (uint8_t)(range.from << 4 | (range.to + 1));
}

size_t model_unread_count(const struct model_state *state)
{
    size_t count = 0;

    while (count < MODEL_UNREAD && state->unread[count] != 0)
        count++;
    return count;
}

static size_t held_count(const struct model_state *state)
{
    size_t count = 0;

    while (count < MODEL_HELD && state->held[count] != 0)
        count++;
    return count;
}

struct model_state model_start(void)
{
    /* tributary init has committed offset 0. */
    return (struct model_state){0};
}

/* The place's number among those of the writer, from 1 on. */
static uint8_t dense_place(const struct model_writer *writer, uint8_t place)
{
    unsigned below = writer->last > 0 && writer->last < place;

    for (int i = 0; i < writer->count; i++)
        below += writer->flights[i].place > 0 && writer->flights[i].place < place;
    return (uint8_t)(below + 1);
}

/* Keeps the order of the writer's places and nothing else. */
static void normalise_places(struct model_writer *writer)
{
    struct model_writer before = *writer;

    for (int i = 0; i < writer->count; i++)
        if (before.flights[i].place > 0)
            writer->flights[i].place = dense_place(&before, before.flights[i].place);
    writer->last = before.last > 0 ? dense_place(&before, before.last) : 0;
    if (writer->last != 1)
        return;
    /* A last place below all that is in flight says as much as none. */
    writer->last = 0;
    for (int i = 0; i < writer->count; i++)
        if (writer->flights[i].place > 0)
            writer->flights[i].place--;
}

static void sort_writers(struct model_state *state)
{
    for (int i = 1; i < MODEL_WRITERS; i++)
        for (int j = i; j > 0; j--) {
            struct model_writer *a = &state->writers[j - 1], *b = &state->writers[j];
            struct model_writer swap = *a;

            if (memcmp(a, b, sizeof *a) >= 0)
                break;
            *a = *b;
            *b = swap;
        }
}

int64_t model_next_at_end(const struct model_world *world, const struct model_state *state)
{
    struct model_state ahead = *state;
    size_t count = model_unread_count(state);

    while (ahead.readers[1].position < count)
        model_read(world, &ahead, 1);
    return ahead.readers[1].next;
}

/* Sorted, and without those that every reader would drop. */
static void normalise_held(const struct model_world *world, struct model_state *state)
{
    int64_t next;

    if (state->held[0] == 0)
        return;
    next = model_next_at_end(world, state);
    for (int i = 0; i < MODEL_HELD; i++)
        if (state->held[i] != 0 &&
            go_back_read(next, model_unpack(state->held[i])) == GO_BACK_RERUN)
            state->held[i] = 0;
    for (int i = 1; i < MODEL_HELD; i++)
        for (int j = i; j > 0 && state->held[j - 1] < state->held[j]; j--) {
            uint8_t swap = state->held[j];

            state->held[j] = state->held[j - 1];
            state->held[j - 1] = swap;
        }
}

/* The slower reader stands at the first unread entry; what both have read is forgotten. */
static void normalise_readers(struct model_state *state)
{
    uint8_t passed;

    if (state->readers[0].position > state->readers[1].position) {
        struct model_reader swap = state->readers[0];

        state->readers[0] = state->readers[1];
        state->readers[1] = swap;
    }
    passed = state->readers[0].position;
    if (passed == 0)
        return;
    memmove(state->unread, state->unread + passed, (size_t)(MODEL_UNREAD - passed));
    memset(state->unread + MODEL_UNREAD - passed, 0, passed);
    state->decided = (uint8_t)(state->decided >> passed);
    state->readers[0].position = 0;
    state->readers[1].position = (uint8_t)(state->readers[1].position - passed);
}

static void arrive(const struct walk *walk, struct model_state *next, enum model_step_kind kind,
                   int actor, int detail)
{
    struct model_step step = {kind, actor, detail};

    normalise_readers(next);
    for (int i = 0; i < MODEL_WRITERS; i++)
        if (next->writers[i].count > 0)
            normalise_places(&next->writers[i]);
        else
            next->writers[i].last = 0;
    sort_writers(next);
    normalise_held(walk->world, next);
    walk->visit(walk->context, next, &step);
}

struct go_back_range model_flight_range(const struct model_writer *writer, int flight)
{
    return (struct go_back_range){flight == 0 ? writer->committable
                                              : writer->flights[flight - 1].to + 1,
                                  writer->flights[flight].to};
}

static int writer_covered(const struct model_writer *writer)
{
    return writer->count == 0 ? writer->committable : writer->flights[writer->count - 1].to + 1;
}

static bool log_has_room(const struct walk *walk)
{
    return walk->world->bounds.unread == 0 ||
           model_unread_count(walk->state) < (size_t)walk->world->bounds.unread;
}

static void log_append(const struct walk *walk, struct model_state *next, uint8_t range)
{
    next->unread[model_unread_count(next)] = range;
    for (int r = 0; r < MODEL_READERS && walk->world->bounds.unread == 0; r++)
        model_read(walk->world, next, r);
}

static void step_start(const struct walk *walk)
{
    int alive = 0;

    for (int w = 0; w < MODEL_WRITERS; w++)
        alive += walk->state->writers[w].alive;
    if (alive == walk->world->bounds.writers)
        return;
    for (int from = 0; from <= walk->state->committable; from++) {
        struct model_state next = *walk->state;

        /* Sorted: those alive come first. */
        next.writers[alive] = (struct model_writer){.alive = 1, .committable = (uint8_t)from};
        arrive(walk, &next, MODEL_START, alive, from);
    }
}

static void raise_committable(struct model_state *state, int offset)
{
    if (state->committable < offset)
        state->committable = (uint8_t)offset;
}

static void make(const struct walk *walk, int actor, int to)
{
    struct model_state next = *walk->state;
    struct model_writer *writer = &next.writers[actor];

    writer->flights[writer->count++] = (struct model_flight){.to = (uint8_t)to};
    if (walk->world->variant == MODEL_COMMIT_EARLY)
        raise_committable(&next, to + 1);
    arrive(walk, &next, MODEL_MAKE, actor, to);
}

/* The output of the next event, or a marker up to any empty offset before it, where the source may
 * have ended when the writer looked. */
static void step_make(const struct walk *walk, int actor)
{
    const struct model_writer *writer = &walk->state->writers[actor];

    if (writer->count == walk->world->bounds.in_flight)
        return;
    for (int to = writer_covered(writer); to < walk->world->bounds.offsets; to++) {
        make(walk, actor, to);
        if (walk->world->events & 1U << to)
            return;
    }
}

static void step_land(const struct walk *walk, int actor, int flight)
{
    struct model_state next = *walk->state;
    struct model_writer *writer = &next.writers[actor];

    if (writer->flights[flight].place != 0 || !log_has_room(walk))
        return;
    writer->flights[flight].place = 15; /* behind all others */
    log_append(walk, &next, pack(model_flight_range(writer, flight)));
    arrive(walk, &next, MODEL_LAND, actor, flight);
}

/* The product's rule, or what a variant makes of it. */
static bool take_report(enum model_variant variant, struct go_back_acks *acks,
                        struct go_back_range range, int place)
{
    if (variant == MODEL_NO_OUTPUT_ORDER && place <= acks->last_offset)
        acks->last_offset = place - 1;
    if (variant == MODEL_NO_REPORT_ORDER)
        acks->committable = range.from;
    return go_back_acks_take(acks, range, true, place);
}

static void step_report(const struct walk *walk, int actor, int flight)
{
    struct model_state next = *walk->state;
    struct model_writer *writer = &next.writers[actor];
    struct go_back_acks acks = {writer->last, writer->committable};
    int taken = flight + 1;

    /* One that does not count ends the incarnation: step_leave. */
    if (writer->flights[flight].place == 0 ||
        !take_report(walk->world->variant, &acks, model_flight_range(writer, flight),
                     writer->flights[flight].place))
        return;
    writer->last = (uint8_t)acks.last_offset;
    writer->committable = (uint8_t)acks.committable;
    raise_committable(&next, writer->committable);
    writer->count = (uint8_t)(writer->count - taken);
    memmove(writer->flights, writer->flights + taken, writer->count * sizeof writer->flights[0]);
    memset(writer->flights + writer->count, 0, (size_t)taken * sizeof writer->flights[0]);
    arrive(walk, &next, MODEL_REPORT, actor, flight);
}

/* Those of `holds` may still land later; the others never. False: that choice is not there. */
static bool leave_behind(const struct walk *walk, struct model_state *next, int actor,
                         unsigned holds)
{
    const struct model_writer *writer = &walk->state->writers[actor];
    size_t held = held_count(next);

    for (int i = 0; i < writer->count; i++) {
        if (!(holds & 1U << i))
            continue;
        if (writer->flights[i].place != 0 || held == (size_t)walk->world->bounds.held)
            return false;
        next->held[held++] = pack(model_flight_range(writer, i));
    }
    return true;
}

static void doubt(const struct model_world *world, struct model_writer *writer)
{
    struct go_back_acks acks;

    go_back_acks_init(&acks, writer->committable);
    writer->last = 0; /* acks.last_offset, as a place */
    for (int i = 0; i < writer->count && world->variant != MODEL_STALE_REPORTS; i++)
        writer->flights[i].place = 0;
}

/* The incarnation ends, or the process. */
static void step_leave(const struct walk *walk, int actor)
{
    const struct model_writer *writer = &walk->state->writers[actor];

    for (unsigned holds = 0; holds < 1U << writer->count; holds++) {
        struct model_state next = *walk->state;

        if (!leave_behind(walk, &next, actor, holds))
            continue;
        doubt(walk->world, &next.writers[actor]);
        arrive(walk, &next, MODEL_DOUBT, actor, (int)holds);
        next = *walk->state;
        MUST(leave_behind(walk, &next, actor, holds));
        memset(&next.writers[actor], 0, sizeof next.writers[actor]);
        arrive(walk, &next, MODEL_CRASH, actor, (int)holds);
    }
}

static void step_held(const struct walk *walk, int request)
{
    struct model_state next = *walk->state;

    if (next.held[request] == 0 || !log_has_room(walk))
        return;
    log_append(walk, &next, next.held[request]);
    next.held[request] = 0;
    arrive(walk, &next, MODEL_HELD_LANDS, request, 0);
}

enum go_back_verdict model_verdict(enum model_variant variant, int64_t next_source,
                                   struct go_back_range range)
{
    enum go_back_verdict verdict = go_back_read(next_source, range);

    if (variant == MODEL_NO_NEXT_SOURCE)
        return GO_BACK_APPLY;
    if (variant == MODEL_AHEAD_APPLIED && verdict == GO_BACK_AHEAD)
        return GO_BACK_APPLY;
    return verdict;
}

/* What applying does to the reader; covers next_source .. to, as the books count it. */
static enum model_violation apply(struct model_reader *reader, struct go_back_range range)
{
    int64_t from =
        range.from <= reader->next && range.to >= reader->next ? reader->next : range.from;
    unsigned bits = 0;
    enum model_violation violation = MODEL_FINE;

    for (int64_t offset = from; offset <= range.to; offset++)
        bits |= 1U << offset;
    if (reader->applied & bits)
        violation = MODEL_TWICE;
    else if (reader->applied > bits)
        violation = MODEL_OUT_OF_TURN;
    else if ((reader->applied | bits) != (1U << (range.to + 1)) - 1)
        violation = MODEL_SKIPPED;
    reader->applied |= (uint8_t)bits;
    reader->next = (uint8_t)(range.to + 1);
    return violation;
}

void model_read(const struct model_world *world, struct model_state *state, int number)
{
    struct model_reader *reader = &state->readers[number];
    const struct model_reader *other = &state->readers[!number];
    unsigned entry = 1U << reader->position;
    struct go_back_range range = model_unpack(state->unread[reader->position]);
    bool applies = model_verdict(world->variant, reader->next, range) == GO_BACK_APPLY;
    enum model_violation violation = applies ? apply(reader, range) : MODEL_FINE;

    if (other->position > reader->position && applies != !!(state->decided & entry))
        violation = MODEL_DISAGREE;
    if (applies)
        state->decided |= (uint8_t)entry;
    if (state->violation == MODEL_FINE)
        state->violation = (uint8_t)violation;
    reader->position++;
}

static void step_read(const struct walk *walk, int reader)
{
    struct model_state next = *walk->state;

    if (next.readers[reader].position == model_unread_count(&next))
        return;
    model_read(walk->world, &next, reader);
    arrive(walk, &next, MODEL_READ, reader, 0);
}

void model_steps(const struct model_world *world, const struct model_state *state,
                 model_visit *visit, void *context)
{
    struct walk walk = {world, state, visit, context};

    step_start(&walk);
    for (int w = 0; w < MODEL_WRITERS && state->writers[w].alive; w++) {
        step_make(&walk, w);
        for (int i = 0; i < state->writers[w].count; i++) {
            step_land(&walk, w, i);
            step_report(&walk, w, i);
        }
        step_leave(&walk, w);
    }
    for (int i = 0; i < MODEL_HELD; i++)
        step_held(&walk, i);
    for (int r = 0; r < MODEL_READERS; r++)
        step_read(&walk, r);
}
