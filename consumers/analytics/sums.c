#include "consumers/analytics/sums.h"

#include "common/base/must.h"
#include "common/base/timestamp.h"

static bool sums_init(struct sums *sums, struct arena *arena, size_t capacity)
{
    *sums = (struct sums){.capacity = capacity};
    sums->items = arena_alloc(arena, capacity * sizeof *sums->items);
    return sums->items != NULL;
}

bool sum_sets_init(struct sum_sets *sets, struct arena *arena, size_t movements)
{
    return sums_init(&sets->days, arena, movements) && sums_init(&sets->months, arena, movements) &&
           sums_init(&sets->hours, arena, movements);
}

static void sums_add(struct sums *sums, const struct movement *movement, int64_t owner,
                     int32_t period, int32_t partition)
{
    struct sum *sum;

    MUST(sums->count < sums->capacity && movement->currency.size == 3);
    sum = &sums->items[sums->count++];
    *sum = (struct sum){.owner = owner,
                        .period = period,
                        .partition = partition,
                        .category = movement->category,
                        .minor = movement->minor,
                        .events = movement->events};
    memcpy(sum->currency, movement->currency.data, 3);
}

void sum_sets_add(struct sum_sets *sets, const struct movement *movement)
{
    int64_t at = movement->occurred_us;

    sums_add(&sets->days, movement, movement->user_key, timestamp_day(at), 0);
    sums_add(&sets->months, movement, movement->user_key, timestamp_month(at), 0);
    sums_add(&sets->hours, movement, movement->tenant_key, timestamp_hour(at), movement->partition);
}

#define COMPARE(a, b) (((a) > (b)) - ((a) < (b)))

static int sum_compare(const void *left, const void *right)
{
    const struct sum *a = left, *b = right;
    int order = COMPARE(a->owner, b->owner);

    if (order == 0)
        order = COMPARE(a->period, b->period);
    if (order == 0)
        order = COMPARE(a->category, b->category);
    if (order == 0)
        order = memcmp(a->currency, b->currency, sizeof a->currency);
    return order != 0 ? order : COMPARE(a->partition, b->partition);
}

static void sums_fold(struct sums *sums)
{
    size_t kept = 0;

    if (sums->count > 1)
        qsort(sums->items, sums->count, sizeof *sums->items, sum_compare);
    for (size_t i = 0; i < sums->count;) {
        struct sum total = sums->items[i];

        /* |amount| <= 10^12 and a batch has at most 10^5 records: no overflow. */
        for (i++; i < sums->count && sum_compare(&total, &sums->items[i]) == 0; i++) {
            total.minor += sums->items[i].minor;
            total.events += sums->items[i].events;
        }
        if (total.minor != 0 || total.events != 0)
            sums->items[kept++] = total;
    }
    sums->count = kept;
}

void sum_sets_fold(struct sum_sets *sets)
{
    sums_fold(&sets->days);
    sums_fold(&sets->months);
    sums_fold(&sets->hours);
}
