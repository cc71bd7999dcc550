#include "producers/feeder/batch.h"

#include "common/base/must.h"

void feeder_batch_init(struct feeder_batch *batch, size_t capacity)
{
    *batch = (struct feeder_batch){.capacity = capacity};
    batch->items = must_alloc(capacity * sizeof *batch->items);
    buffer_init(&batch->body, FEEDER_BODY_BYTES_MAX);
}

void feeder_batch_done(struct feeder_batch *batch)
{
    buffer_done(&batch->body);
    free(batch->items);
    *batch = (struct feeder_batch){0};
}

void feeder_batch_reset(struct feeder_batch *batch)
{
    buffer_reset(&batch->body);
    batch->count = 0;
}

bool feeder_batch_add(struct feeder_batch *batch, const struct feeder_post *post)
{
    struct feeder_item *item = &batch->items[batch->count];

    if (batch->count == batch->capacity ||
        batch->body.size + post->line.size + 1 > FEEDER_BODY_BYTES_MAX)
        return false;
    MUST(post->id.size <= EVENT_ID_MAX);
    *item = (struct feeder_item){.ticket = post->ticket,
                                 .key = post->key,
                                 .at = (uint32_t)batch->body.size,
                                 .size = (uint32_t)post->line.size + 1,
                                 .id_size = (uint8_t)post->id.size};
    if (post->id.size > 0)
        memcpy(item->id, post->id.data, post->id.size);
    buffer_append_slice(&batch->body, post->line);
    buffer_append_byte(&batch->body, '\n');
    batch->count++;
    return true;
}

void feeder_batch_keep(struct feeder_batch *batch, const bool *marked)
{
    size_t count = 0, size = 0;

    for (size_t i = 0; i < batch->count; i++) {
        struct feeder_item item = batch->items[i];

        if (!marked[i])
            continue;
        memmove(batch->body.data + size, batch->body.data + item.at, item.size);
        item.at = (uint32_t)size;
        size += item.size;
        batch->items[count++] = item;
    }
    batch->count = count;
    batch->body.size = size;
}
