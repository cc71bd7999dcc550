/* What was seen of the events: how right, how fast, and what to correct. */
#include "common/base/clock.h"
#include "producers/feeder/state.h"

static struct slice label_of(const struct feeder_waiting *waiting)
{
    return (struct slice){waiting->label, waiting->label_size};
}

static void correct(struct feeder *feeder, const struct feeder_waiting *waiting)
{
    size_t window = (size_t)feeder->options->flags->window;
    size_t place = (feeder->correction_first + feeder->correction_count) % window;

    feeder_correction_make(waiting, &feeder->corrections[place]);
    feeder->correction_count++;
    feeder->report.corrections++;
}

/* True when the event's hold goes over to a correction. */
static bool judge(struct feeder *feeder, const struct feeder_waiting *waiting,
                  const struct feeder_sighting *sighting)
{
    const struct feeder_flags *flags = feeder->options->flags;
    struct slice label = label_of(waiting);
    bool right = slice_equal(label, (struct slice){sighting->category, sighting->category_size});
    bool global = slice_equal(label, (struct slice){sighting->global, sighting->global_size});

    if (label.size == 0)
        return false;
    feeder_scores_add(&feeder->report.scores, waiting->index, global, right);
    if (right || !feeder_correction_chosen((uint64_t)flags->seed, flags->correct,
                                           (struct slice){waiting->id, waiting->id_size}))
        return false;
    correct(feeder, waiting);
    return true;
}

static void see(struct feeder *feeder, const struct feeder_sighting *sighting)
{
    struct feeder_waiting *waiting = feeder_pending_find(&feeder->pending, sighting->key);
    uint64_t ticket;
    bool held = false;

    if (waiting == NULL)
        return; /* not one of ours, or the second of one id */
    ticket = waiting->ticket;
    feeder->moved_us = clock_steady_us();
    feeder->report.classified += sighting->classified;
    feeder->report.unclassified += !sighting->classified;
    feeder_latency_add(&feeder->report.scores.latency, sighting->seen_us - waiting->sent_us);
    if (sighting->classified)
        held = judge(feeder, waiting, sighting);
    feeder_pending_remove(&feeder->pending, waiting);
    if (!held)
        feeder_marks_drop(&feeder->marks, ticket);
}

void feeder_look(struct feeder *feeder)
{
    const struct feeder_sighting *items;
    size_t count = feeder_sightings_take(feeder->sightings, &items);

    for (size_t i = 0; i < count; i++)
        see(feeder, &items[i]);
}
