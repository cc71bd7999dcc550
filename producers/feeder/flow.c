/* From the source to the poster, and what became of it. */
#include "common/base/clock.h"
#include "common/event/event_json.h"
#include "common/log/log.h"
#include "producers/feeder/state.h"

static bool rate_allows(const struct feeder *feeder)
{
    double rate = feeder->options->flags->rate;
    double seconds = (double)(clock_steady_us() - feeder->begin_us) / 1e6;

    return rate <= 0 || (double)feeder->taken < rate * seconds + 1;
}

static bool may_take(const struct feeder *feeder)
{
    size_t window = (size_t)feeder->options->flags->window;

    if (feeder->source_ended || feeder->stopping || feeder_marks_full(&feeder->marks))
        return false;
    if (feeder->sightings != NULL && feeder->pending.count + feeder->correction_count >= window)
        return false;
    return rate_allows(feeder);
}

static void note_refused(struct feeder *feeder, struct feeder_place place,
                         const struct event_fault *fault)
{
    feeder_display_clear(&feeder->display);
    log_write(LOG_WARN, "event_refused", LOG_INT("place", place.at),
              LOG_TEXT("reason", fault->reason), LOG_TEXT("field", fault->field),
              LOG_TEXT("detail", fault->detail));
    feeder->report.events.rejected++;
    feeder->refused++;
    feeder_report_reject(&feeder->report, slice_of(fault->reason));
    feeder_marks_drop(&feeder->marks, feeder_marks_open(&feeder->marks, place));
}

/* The next event in hand; false when there is none now. */
static bool take(struct feeder *feeder)
{
    const struct feeder_source *source = &feeder->options->source;
    struct event_fault fault = {0};
    struct error error = {0};

    feeder->event = (struct feeder_event){0};
    switch (source->next(source->state, &feeder->event, &fault, &error)) {
    case FEEDER_EVENT:
        feeder->in_hand = true;
        break;
    case FEEDER_REFUSED:
        note_refused(feeder, feeder->event.place, &fault);
        feeder->transactions++;
        break;
    case FEEDER_END:
        feeder->source_ended = true;
        return false;
    case FEEDER_FAILED:
        feeder_fail(feeder, &error);
        return false;
    }
    feeder->taken++;
    return true;
}

static void write_line(struct feeder *feeder)
{
    const struct feeder_event *event = &feeder->event;

    buffer_reset(&feeder->line);
    if (event->kind == EVENT_FEEDBACK)
        event_json_write_feedback(&event->feedback, EVENT_JSON_POSTED, &feeder->line);
    else
        event_json_write_transaction(&event->transaction, EVENT_JSON_POSTED, &feeder->line);
}

static void watch_for(struct feeder *feeder, const struct feeder_post *post)
{
    struct feeder_waiting *waiting;

    if (post->key == 0)
        return;
    waiting = feeder_pending_add(&feeder->pending, post->key, &feeder->event);
    if (waiting == NULL)
        return; /* the same id twice: it is watched already */
    waiting->ticket = post->ticket;
    waiting->index = feeder->transactions;
    waiting->sent_us = clock_steady_us();
    feeder_marks_hold(&feeder->marks, post->ticket);
}

/* False: its lane is full. */
static bool put(struct feeder *feeder)
{
    const struct feeder_event *event = &feeder->event;
    bool feedback = event->kind == EVENT_FEEDBACK;
    struct feeder_post post = {
        .kind = event->kind,
        .id = feedback ? event->feedback.id : event->transaction.id,
        .user = feedback ? event->feedback.user : event->transaction.user,
        .line = buffer_slice(&feeder->line),
        .ticket = feeder->marks.next,
    };

    if (feeder->sightings != NULL && !feedback && !event->again)
        post.key = feeder_pending_key(post.user, post.id);
    if (!feeder_poster_put(feeder->poster, &post))
        return false;
    (void)feeder_marks_open(&feeder->marks, event->place);
    watch_for(feeder, &post);
    feeder->transactions += !feedback;
    feeder->in_hand = false;
    return true;
}

static bool put_correction(struct feeder *feeder)
{
    const struct feeder_correction *correction = &feeder->corrections[feeder->correction_first];
    struct feedback feedback = feeder_correction_feedback(correction);
    struct feeder_post post = {.kind = EVENT_FEEDBACK,
                               .id = feedback.id,
                               .user = feedback.user,
                               .ticket = correction->ticket};
    bool taken;

    struct buffer line;

    buffer_init(&line, FEEDER_BODY_BYTES_MAX);
    event_json_write_feedback(&feedback, EVENT_JSON_POSTED, &line);
    post.line = buffer_slice(&line);
    taken = feeder_poster_put(feeder->poster, &post);
    buffer_done(&line);
    return taken;
}

static void put_corrections(struct feeder *feeder)
{
    size_t window = (size_t)feeder->options->flags->window;

    while (feeder->correction_count > 0 && put_correction(feeder)) {
        feeder->correction_first = (feeder->correction_first + 1) % window;
        feeder->correction_count--;
    }
}

void feeder_pump(struct feeder *feeder)
{
    put_corrections(feeder);
    for (;;) {
        if (!feeder->in_hand) {
            if (!may_take(feeder) || !take(feeder))
                break;
            if (!feeder->in_hand)
                continue; /* refused */
            write_line(feeder);
        }
        if (!put(feeder))
            break;
    }
    feeder_poster_flush(feeder->poster);
}

void feeder_sent(void *opaque, const struct feeder_batch *batch, enum event_kind kind)
{
    struct feeder *feeder = opaque;
    int64_t now_us = clock_steady_us();

    if (feeder->sightings == NULL || kind != EVENT_TRANSACTION)
        return;
    for (size_t i = 0; i < batch->count; i++) {
        struct feeder_waiting *waiting =
            batch->items[i].key == 0 ? NULL
                                     : feeder_pending_find(&feeder->pending, batch->items[i].key);

        if (waiting != NULL && waiting->ticket == batch->items[i].ticket)
            waiting->sent_us = now_us;
    }
}

static void forget(struct feeder *feeder, const struct feeder_item *item)
{
    struct feeder_waiting *waiting =
        item->key == 0 ? NULL : feeder_pending_find(&feeder->pending, item->key);

    if (waiting == NULL || waiting->ticket != item->ticket)
        return;
    feeder_pending_remove(&feeder->pending, waiting);
    feeder_marks_drop(&feeder->marks, item->ticket);
}

static void note_rejected(struct feeder *feeder, enum event_kind kind,
                          const struct feeder_item *item, const struct feeder_outcome *outcome)
{
    feeder_display_clear(&feeder->display);
    log_write(LOG_WARN, "event_rejected", LOG_TEXT("kind", event_kind_name(kind)),
              LOG_SLICE("id", feeder_item_id(item)), LOG_INT("status", outcome->status),
              LOG_SLICE("reason", outcome->reason), LOG_SLICE("pointer", outcome->pointer));
    feeder_report_reject(&feeder->report, outcome->reason);
    forget(feeder, item);
}

void feeder_settled(void *opaque, enum event_kind kind, const struct feeder_item *item,
                    const struct feeder_outcome *outcome)
{
    struct feeder *feeder = opaque;
    struct feeder_tally *tally =
        kind == EVENT_FEEDBACK ? &feeder->report.feedback : &feeder->report.events;

    if (feeder->journal != NULL)
        feeder_journal_add(feeder->journal, kind, feeder_item_id(item), outcome);
    if (outcome->result == FEEDER_UNKNOWN) {
        tally->unknown++;
        return; /* it keeps its mark: a resume sends it again */
    }
    if (outcome->result == FEEDER_ACCEPTED) {
        tally->accepted++;
        feeder->moved_us = clock_steady_us();
    } else {
        tally->rejected++;
        note_rejected(feeder, kind, item, outcome);
    }
    feeder_marks_drop(&feeder->marks, item->ticket);
}
