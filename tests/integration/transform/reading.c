#include "tests/integration/transform/reading.h"

#include "common/base/clock.h"
#include "common/base/must.h"

#include <stdio.h>
#include <string.h>

enum { READ_MS = 60000 };

static char *copy(struct slice bytes)
{
    char *text = must_alloc(bytes.size + 1);

    if (bytes.size > 0)
        memcpy(text, bytes.data, bytes.size);
    return text;
}

static void reading_add(struct reading *reading, const struct kafka_record *record)
{
    struct reading_record **records = &reading->partitions[record->partition].records;
    size_t *count = &reading->partitions[record->partition].count;
    size_t *capacity = &reading->partitions[record->partition].capacity;

    if (*count == *capacity) {
        *capacity = *capacity == 0 ? 1024 : 2 * *capacity;
        *records = must_realloc(*records, *capacity * sizeof **records);
    }
    (*records)[(*count)++] = (struct reading_record){.offset = record->offset,
                                                     .key = copy(record->key),
                                                     .key_size = record->key.size,
                                                     .value = copy(record->value),
                                                     .value_size = record->value.size};
}

static bool is_complete(const struct reading *reading, const struct kafka_watermarks *marks)
{
    for (int p = 0; p < STAGE_PARTITIONS; p++)
        if (reading->partitions[p].end < marks[p].high)
            return false;
    return true;
}

struct reading *reading_new(struct stage *stage, const char *topic)
{
    struct reading *reading = must_alloc(sizeof *reading);
    struct kafka_watermarks marks[STAGE_PARTITIONS];
    struct member member = {.start = 0};
    struct kafka_record record;
    struct error error = {0};
    char group[32];
    int64_t until_ms = clock_steady_ms() + READ_MS;

    snprintf(group, sizeof group, "reader-%d", stage->readers++);
    OK(kafka_admin_watermarks(stage->harness.admin, topic, marks, STAGE_PARTITIONS, &error));
    member_join(&member, &stage->harness, group, &topic, 1);
    while (!is_complete(reading, marks)) {
        ck_assert_msg(clock_steady_ms() < until_ms, "%s cannot be read to its end", topic);
        switch (member_poll(&member, &record)) {
        case KAFKA_RECORD:
            reading_add(reading, &record);
            kafka_record_release(&record);
            break;
        case KAFKA_END:
            reading->partitions[record.partition].end = record.offset;
            break;
        default:
            break;
        }
    }
    member_leave(&member);
    return reading;
}

void reading_free(struct reading *reading)
{
    for (int p = 0; p < STAGE_PARTITIONS; p++) {
        for (size_t i = 0; i < reading->partitions[p].count; i++) {
            free(reading->partitions[p].records[i].key);
            free(reading->partitions[p].records[i].value);
        }
        free(reading->partitions[p].records);
    }
    free(reading);
}
