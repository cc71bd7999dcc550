#include "common/sink/shown.h"

#include "common/base/must.h"

enum { PAUSE_MS = 5000, ALL_MS = 60000 };

void shown_init(struct shown *shown, const struct offsets *offsets)
{
    size_t rows = (size_t)offsets->partitions * offsets->input_count;

    *shown = (struct shown){.offsets = must_alloc(rows * sizeof *shown->offsets),
                            .positions = must_alloc(rows * sizeof *shown->positions)};
    for (size_t i = 0; i < rows; i++)
        shown->offsets[i] = KAFKA_OFFSET_NONE;
}

void shown_done(struct shown *shown)
{
    free(shown->offsets);
    free(shown->positions);
    *shown = (struct shown){0};
}

static size_t collect(struct shown *shown, const struct offsets *offsets, const bool *taken)
{
    size_t count = 0;

    for (int32_t partition = 0; partition < offsets->partitions; partition++)
        for (size_t i = 0; taken[partition] && i < offsets->input_count; i++) {
            size_t index = offsets_index(offsets, partition, i);
            int64_t next = offsets->rows[index].next;

            if (next != shown->offsets[index])
                shown->positions[count++] = (struct kafka_position){
                    .topic = (int32_t)i, .partition = partition, .offset = next};
        }
    return count;
}

void shown_commit(struct shown *shown, const struct offsets *offsets, const bool *taken,
                  struct kafka_consumer *consumer)
{
    size_t count = collect(shown, offsets, taken);
    struct error ignored = {0};

    if (kafka_consumer_commit_async(consumer, shown->positions, count, &ignored) != STATUS_OK)
        return;
    for (size_t i = 0; i < count; i++) {
        const struct kafka_position *position = &shown->positions[i];

        shown->offsets[offsets_index(offsets, position->partition, (size_t)position->topic)] =
            position->offset;
    }
}

void shown_turn(struct shown *shown, const struct offsets *offsets, const bool *taken,
                struct kafka_consumer *consumer, int64_t now_ms)
{
    if (now_ms < shown->next_ms)
        return;
    shown->next_ms = now_ms + PAUSE_MS;
    if (now_ms >= shown->all_ms) {
        shown->all_ms = now_ms + ALL_MS;
        for (int32_t partition = 0; partition < offsets->partitions; partition++)
            shown_forget(shown, offsets, partition);
    }
    shown_commit(shown, offsets, taken, consumer);
}

void shown_forget(struct shown *shown, const struct offsets *offsets, int32_t partition)
{
    for (size_t i = 0; i < offsets->input_count; i++)
        shown->offsets[offsets_index(offsets, partition, i)] = KAFKA_OFFSET_NONE;
}
