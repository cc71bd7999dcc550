#include "common/kafka/reading.h"

#include "common/base/must.h"

#include <stdlib.h>
#include <string.h>

static int compare(const void *left, const void *right)
{
    const struct kafka_position *a = left, *b = right;

    if (a->topic != b->topic)
        return a->topic < b->topic ? -1 : 1;
    if (a->partition != b->partition)
        return a->partition < b->partition ? -1 : 1;
    return 0;
}

void kafka_reading_init(struct kafka_reading *reading)
{
    *reading = (struct kafka_reading){0};
}

void kafka_reading_done(struct kafka_reading *reading)
{
    free(reading->positions);
    *reading = (struct kafka_reading){0};
}

bool kafka_reading_set(struct kafka_reading *reading, const struct kafka_position *positions,
                       size_t count)
{
    struct kafka_position *sorted = must_alloc(count * sizeof *sorted);

    if (count > 0) {
        memcpy(sorted, positions, count * sizeof *sorted);
        qsort(sorted, count, sizeof *sorted, compare);
    }
    for (size_t i = 1; i < count; i++)
        if (compare(&sorted[i - 1], &sorted[i]) == 0) {
            free(sorted);
            return false;
        }
    free(reading->positions);
    *reading = (struct kafka_reading){.positions = sorted, .count = count};
    return true;
}

static struct kafka_position *find(const struct kafka_reading *reading,
                                   const struct kafka_position *wanted)
{
    return reading->count == 0 ? NULL
                               : bsearch(wanted, reading->positions, reading->count,
                                         sizeof *reading->positions, compare);
}

/* Records come in runs of one partition. */
static struct kafka_position *find_again(struct kafka_reading *reading,
                                         const struct kafka_position *wanted)
{
    struct kafka_position *found;

    if (reading->count > 0 && compare(&reading->positions[reading->last], wanted) == 0)
        return &reading->positions[reading->last];
    found = find(reading, wanted);
    if (found != NULL)
        reading->last = (size_t)(found - reading->positions);
    return found;
}

bool kafka_reading_record(struct kafka_reading *reading, struct kafka_position position)
{
    struct kafka_position *next = find_again(reading, &position);

    if (next == NULL || position.offset < next->offset)
        return false;
    next->offset = position.offset + 1;
    return true;
}

bool kafka_reading_end(struct kafka_reading *reading, struct kafka_position position)
{
    struct kafka_position *next = find_again(reading, &position);

    if (next == NULL || position.offset < next->offset)
        return false;
    next->offset = position.offset;
    return true;
}

bool kafka_reading_at(const struct kafka_reading *reading, struct kafka_position position)
{
    const struct kafka_position *next = find(reading, &position);

    return next != NULL && next->offset == position.offset;
}

bool kafka_reading_has(const struct kafka_reading *reading, int32_t topic, int32_t partition)
{
    return find(reading, &(struct kafka_position){.topic = topic, .partition = partition}) != NULL;
}
