#include "common/worker/partitions.h"

#include "common/base/must.h"

enum { RETRY_BASE_MS = 50, RETRY_CAP_MS = 5000 };

void partitions_init(struct partitions *partitions, int32_t count, size_t input_count)
{
    MUST(count > 0 && input_count > 0 && input_count <= PARTITIONS_MAX_INPUTS);
    partitions->items = must_alloc((size_t)count * sizeof *partitions->items);
    partitions->count = count;
    partitions->input_count = input_count;
}

void partitions_done(struct partitions *partitions)
{
    free(partitions->items);
    *partitions = (struct partitions){0};
}

struct partition *partitions_at(struct partitions *partitions, int32_t number)
{
    return number >= 0 && number < partitions->count ? &partitions->items[number] : NULL;
}

void partitions_assign(struct partitions *partitions, int32_t number, size_t input, int64_t now_ms)
{
    struct partition *partition = partitions_at(partitions, number);

    if (partition == NULL || input >= partitions->input_count)
        return;
    partition->assigned[input] = true;
    for (size_t i = 0; i < partitions->input_count; i++)
        if (!partition->assigned[i])
            return;
    partition->phase = PARTITION_WANTED;
    partition->attempts = 0;
    partition->retry_at_ms = now_ms;
}

int32_t partitions_due(const struct partitions *partitions, int64_t now_ms)
{
    for (int32_t number = 0; number < partitions->count; number++) {
        const struct partition *partition = &partitions->items[number];
        bool waits = partition->phase == PARTITION_WANTED || partition->phase == PARTITION_HALTED;

        if (waits && partition->retry_at_ms <= now_ms)
            return number;
    }
    return -1;
}

void partition_take(struct partition *partition, size_t input_count, const int64_t *next)
{
    partition->phase = PARTITION_TAKEN;
    partition->attempts = 0;
    for (size_t i = 0; i < input_count; i++)
        partition->inputs[i] = (struct partition_input){.next = next[i], .end = -1};
}

void partition_retry(struct partition *partition, struct random *random, int64_t now_ms)
{
    partition->phase = PARTITION_WANTED;
    partition->retry_at_ms =
        now_ms + random_backoff_ms(random, RETRY_BASE_MS, RETRY_CAP_MS, partition->attempts);
    partition->attempts++;
}

void partition_halt(struct partition *partition, int64_t again_at_ms)
{
    partition->phase = PARTITION_HALTED;
    partition->retry_at_ms = again_at_ms;
}

size_t partitions_count(const struct partitions *partitions, enum partition_phase phase)
{
    size_t count = 0;

    for (int32_t number = 0; number < partitions->count; number++)
        count += partitions->items[number].phase == phase;
    return count;
}
