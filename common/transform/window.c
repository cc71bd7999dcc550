#include "common/transform/window.h"

#include "common/base/must.h"

/* An output in the ring, its key and value behind it. Positions count bytes since the beginning and
 * only grow; the ring's size is a power of two. Sizes are multiples of ENTRY_ALIGN, so that the
 * rest at the end of the ring always has room for the filler that passes over it. */
struct entry {
    uint64_t sequence;
    struct go_back_range range;
    uint64_t next; /* position of the partition's next output, when there is one */
    int32_t partition;
    uint32_t size;     /* of all, aligned */
    uint32_t key_size; /* KEY_NONE: no key */
    uint32_t value_size;
    bool done; /* acknowledged, dropped or a filler */
};

#define ENTRY_ALIGN 64U
#define KEY_NONE    UINT32_MAX

_Static_assert(sizeof(struct entry) <= ENTRY_ALIGN, "a filler fits into the smallest rest");
_Static_assert(sizeof(struct entry) == 56, "window.h names this number");

/* A partition: what it has of acknowledgements, and the list of its outputs in the ring. */
struct lane {
    bool held;
    int64_t covered;
    struct go_back_acks acks;
    size_t count;
    uint64_t first, last; /* positions; meaningless when count is 0 */
};

struct window {
    char *ring;
    uint64_t mask; /* ring size - 1 */
    size_t limit;
    uint64_t head;   /* position of the oldest retained output */
    uint64_t cursor; /* of the first that may be unsent */
    uint64_t tail;
    uint64_t sequence; /* the last given */
    uint64_t incarnation;
    bool broken; /* this incarnation has ended */
    size_t count;
    struct lane *lanes;
    int32_t partitions;
};

struct window *window_new(size_t limit_bytes, int32_t partitions)
{
    struct window *window = must_alloc(sizeof *window);
    size_t size = ENTRY_ALIGN;

    MUST(partitions > 0 && limit_bytes >= ENTRY_ALIGN && limit_bytes <= UINT32_MAX);
    while (size < limit_bytes)
        size *= 2;
    window->ring = must_alloc(size);
    window->mask = size - 1;
    window->limit = limit_bytes;
    window->incarnation = 1;
    window->lanes = must_alloc((size_t)partitions * sizeof *window->lanes);
    window->partitions = partitions;
    return window;
}

void window_free(struct window *window)
{
    if (window == NULL)
        return;
    free(window->ring);
    free(window->lanes);
    free(window);
}

static struct entry *entry_at(const struct window *window, uint64_t position)
{
    return (struct entry *)(void *)(window->ring + (position & window->mask));
}

/* The partition comes from assignments and reports of our own sends. */
static struct lane *lane_at(const struct window *window, int32_t partition)
{
    MUST(partition >= 0 && partition < window->partitions);
    return &window->lanes[partition];
}

static struct lane *lane_held(const struct window *window, int32_t partition)
{
    struct lane *lane = lane_at(window, partition);

    MUST(lane->held);
    return lane;
}

/* Gives back the space of finished outputs from the oldest on. */
static void window_advance(struct window *window)
{
    while (window->head < window->tail && entry_at(window, window->head)->done)
        window->head += entry_at(window, window->head)->size;
    if (window->cursor < window->head)
        window->cursor = window->head;
}

static void lane_shift(struct window *window, struct lane *lane)
{
    struct entry *entry = entry_at(window, lane->first);

    entry->done = true;
    lane->first = entry->next;
    lane->count--;
    window->count--;
}

void window_take(struct window *window, int32_t partition, int64_t committed)
{
    struct lane *lane = lane_at(window, partition);

    MUST(committed >= 0);
    window_drop(window, partition);
    lane->held = true;
    lane->covered = committed;
    go_back_acks_init(&lane->acks, committed);
}

size_t window_drop(struct window *window, int32_t partition)
{
    struct lane *lane = lane_at(window, partition);
    size_t dropped = lane->count;

    while (lane->count > 0)
        lane_shift(window, lane);
    lane->held = false;
    window_advance(window);
    return dropped;
}

bool window_holds(const struct window *window, int32_t partition)
{
    return lane_at(window, partition)->held;
}

int64_t window_covered(const struct window *window, int32_t partition)
{
    return lane_held(window, partition)->covered;
}

int64_t window_committable(const struct window *window, int32_t partition)
{
    return lane_held(window, partition)->acks.committable;
}

/* A place of `size` bytes in one piece; NULL when there is none now. */
static struct entry *window_reserve(struct window *window, size_t size)
{
    size_t rest = (size_t)(window->mask + 1 - (window->tail & window->mask));
    size_t skip = rest < size ? rest : 0;

    if (window_bytes(window) + skip + size > window->limit)
        return NULL;
    if (skip > 0) {
        *entry_at(window, window->tail) = (struct entry){.size = (uint32_t)skip, .done = true};
        window->tail += skip;
        window_advance(window);
    }
    window->tail += size;
    return entry_at(window, window->tail - size);
}

static void lane_append(struct window *window, struct lane *lane, struct entry *entry)
{
    uint64_t position = window->tail - entry->size;

    if (lane->count > 0)
        entry_at(window, lane->last)->next = position;
    else
        lane->first = position;
    lane->last = position;
    lane->count++;
    lane->covered = entry->range.to + 1;
    window->count++;
}

bool window_push(struct window *window, int32_t partition, int64_t to, struct slice key,
                 struct slice value)
{
    struct lane *lane = lane_held(window, partition);
    struct entry *entry;
    size_t size;

    MUST(to >= lane->covered);
    if (key.size > window->limit || value.size > window->limit)
        return false;
    size = (sizeof *entry + key.size + value.size + ENTRY_ALIGN - 1) & ~(size_t)(ENTRY_ALIGN - 1);
    entry = window_reserve(window, size);
    if (entry == NULL)
        return false;
    *entry = (struct entry){.sequence = ++window->sequence,
                            .range = {lane->covered, to},
                            .partition = partition,
                            .size = (uint32_t)size,
                            .key_size = key.data == NULL ? KEY_NONE : (uint32_t)key.size,
                            .value_size = (uint32_t)value.size};
    if (key.size > 0)
        memcpy(entry + 1, key.data, key.size);
    if (value.size > 0)
        memcpy((char *)(entry + 1) + key.size, value.data, value.size);
    lane_append(window, lane, entry);
    return true;
}

/* The position of the first unsent output, or the tail. */
static uint64_t window_next(const struct window *window)
{
    uint64_t position = window->cursor;

    while (position < window->tail && entry_at(window, position)->done)
        position += entry_at(window, position)->size;
    return position;
}

bool window_unsent(const struct window *window, struct window_output *ret_output)
{
    uint64_t position = window_next(window);
    const struct entry *entry = entry_at(window, position);
    const char *bytes = (const char *)(entry + 1);
    size_t key_size;

    if (position == window->tail)
        return false;
    key_size = entry->key_size == KEY_NONE ? 0 : entry->key_size;
    *ret_output = (struct window_output){
        .sequence = entry->sequence,
        .partition = entry->partition,
        .range = entry->range,
        .key = {entry->key_size == KEY_NONE ? NULL : bytes, key_size},
        .value = {bytes + key_size, entry->value_size},
    };
    return true;
}

void window_sent(struct window *window)
{
    uint64_t position = window_next(window);

    MUST(position < window->tail);
    window->cursor = position + entry_at(window, position)->size;
}

/* False: the report is not the one that the partition waits for. */
static bool lane_report(struct window *window, struct lane *lane, uint64_t sequence, bool delivered,
                        int64_t offset)
{
    const struct entry *entry = entry_at(window, lane->first);

    if (entry->sequence != sequence ||
        !go_back_acks_take(&lane->acks, entry->range, delivered, offset))
        return false;
    lane_shift(window, lane);
    window_advance(window);
    return true;
}

enum window_verdict window_report(struct window *window, uint64_t incarnation, int32_t partition,
                                  uint64_t sequence, bool delivered, int64_t offset)
{
    struct lane *lane = lane_at(window, partition);

    if (incarnation != window->incarnation || window->broken)
        return WINDOW_STALE;
    /* Sequences are never used again, so a lower one belongs to what was dropped. */
    if (lane->count == 0 || sequence < entry_at(window, lane->first)->sequence)
        return WINDOW_STALE;
    if (lane_report(window, lane, sequence, delivered, offset))
        return WINDOW_TAKEN;
    window->broken = true;
    return WINDOW_BROKEN;
}

void window_restart(struct window *window)
{
    window->incarnation++;
    window->broken = false;
    window->cursor = window->head;
    for (int32_t p = 0; p < window->partitions; p++) {
        struct lane *lane = &window->lanes[p];

        if (lane->held)
            go_back_acks_init(&lane->acks, lane->acks.committable);
    }
}

uint64_t window_incarnation(const struct window *window)
{
    return window->incarnation;
}

size_t window_count(const struct window *window)
{
    return window->count;
}

size_t window_bytes(const struct window *window)
{
    return (size_t)(window->tail - window->head);
}
