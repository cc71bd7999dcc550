#include "common/worker/gather.h"

#include "common/base/must.h"
#include "common/worker/decode.h"

/* What a record decodes to, why the database refused it, and its share of what is lost at the ends
 * of the arena's blocks. */
enum { ARENA_BYTES_A_RECORD = DECODE_ARENA_BYTES + 512 };

void gather_init(struct gather *gather, const struct gather_limits *limits,
                 void (*release)(void *message))
{
    MUST(limits->records > 0);
    *gather = (struct gather){.limits = *limits, .release = release};
    gather->batch.records = must_alloc(limits->records * sizeof *gather->batch.records);
    gather->batch.arena = arena_new(limits->records * ARENA_BYTES_A_RECORD);
}

void gather_done(struct gather *gather)
{
    if (gather->batch.records == NULL)
        return;
    gather_reset(gather);
    free(gather->batch.records);
    arena_free(gather->batch.arena);
    *gather = (struct gather){0};
}

struct record *gather_add(struct gather *gather, size_t bytes, int64_t now_us)
{
    struct record *record;

    MUST(gather->added < gather->limits.records);
    gather->added++;
    record = &gather->batch.records[gather->batch.count++];
    memset(record, 0, sizeof *record);
    if (gather->batch.count == 1)
        gather->first_us = now_us;
    gather->bytes += bytes;
    return record;
}

bool gather_full(const struct gather *gather)
{
    return gather->added >= gather->limits.records || gather->bytes >= gather->limits.bytes;
}

bool gather_due(const struct gather *gather, int64_t now_us)
{
    if (gather->batch.count == 0)
        return false;
    return gather_full(gather) || now_us - gather->first_us >= gather->limits.wait_us;
}

static void gather_release(struct gather *gather, struct record *record)
{
    if (record->message != NULL)
        gather->release(record->message);
    record->message = NULL;
}

void gather_reset(struct gather *gather)
{
    for (size_t i = 0; i < gather->batch.count; i++)
        gather_release(gather, &gather->batch.records[i]);
    gather->batch.count = 0;
    gather->added = 0;
    gather->bytes = 0;
    arena_reset(gather->batch.arena);
}

void gather_drop_partition(struct gather *gather, int32_t partition)
{
    size_t kept = 0;

    for (size_t i = 0; i < gather->batch.count; i++) {
        struct record *record = &gather->batch.records[i];

        if (record->partition == partition) {
            gather->bytes -= record->key.size + record->value.size;
            gather_release(gather, record);
        } else {
            gather->batch.records[kept++] = *record;
        }
    }
    gather->batch.count = kept;
    if (kept == 0)
        gather_reset(gather);
}
