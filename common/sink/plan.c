#include "common/sink/plan.h"

void plan_start(const struct offset_row *rows, struct offset_change *changes, size_t row_count)
{
    for (size_t i = 0; i < row_count; i++)
        changes[i] =
            (struct offset_change){.to_next = rows[i].next, .to_next_source = rows[i].next_source};
}

static bool record_has_event(const struct record *record)
{
    return record->transaction != NULL || record->feedback != NULL ||
           record->classification != NULL;
}

/* A topic that is read directly: its own offsets are the books' coordinates. */
static enum fate plan_direct(const struct record *record, struct offset_change *change)
{
    bool bad = record->reject_reason != NULL;

    change->gap += record->range.to - change->to_next;
    change->to_next = record->range.to + 1;
    if (bad)
        change->rejected++;
    else if (!record_has_event(record))
        change->gap++;
    return bad ? FATE_REJECTED : record_has_event(record) ? FATE_LIVE : FATE_PASSED;
}

static enum fate plan_output(const struct classification *output, struct offset_change *change)
{
    switch (output->outcome) {
    case OUTCOME_CLASSIFIED:
        return FATE_LIVE;
    case OUTCOME_REJECTED:
        change->rejected++;
        return FATE_REJECTED;
    case OUTCOME_MARKER:
        change->gap++;
        return FATE_PASSED;
    }
    return FATE_STRAY;
}

/* Behind the classifier: the range's coordinates are those of the classifier's source. */
static enum fate plan_sequenced(const struct record *record, struct offset_change *change)
{
    change->to_next = record->offset + 1;
    if (record->classification == NULL)
        return record->reject_reason != NULL ? FATE_STRAY : FATE_PASSED;
    switch (go_back_read(change->to_next_source, record->range)) {
    case GO_BACK_RERUN:
        change->reruns++;
        return FATE_PASSED;
    case GO_BACK_AHEAD:
        change->ahead++;
        return FATE_PASSED;
    case GO_BACK_APPLY:
        break;
    }
    change->gap += record->range.to - change->to_next_source;
    change->to_next_source = record->range.to + 1;
    if (record->reject_reason != NULL) {
        change->rejected++;
        return FATE_REJECTED;
    }
    return plan_output(record->classification, change);
}

void plan_records(const struct input *inputs, size_t input_count, const struct record *records,
                  size_t count, struct offset_change *changes, enum fate *fates)
{
    for (size_t i = 0; i < count; i++) {
        const struct record *record = &records[i];
        size_t row = (size_t)record->partition * input_count + (size_t)record->input;
        struct offset_change *change = &changes[row];
        bool sequenced = inputs[record->input].kind == INPUT_CLASSIFICATIONS;

        /* Committed before: the batch was halved, or is tried again. */
        if (record->offset < change->to_next) {
            fates[i] = FATE_PASSED;
            continue;
        }
        change->touched = true;
        fates[i] = sequenced ? plan_sequenced(record, change) : plan_direct(record, change);
    }
}
