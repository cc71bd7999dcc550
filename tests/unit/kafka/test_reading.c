/* What of a consumer's records is let through: only what is read now, only forwards. */
#include "common/kafka/reading.h"
#include "tests/support/suite/suite.h"

static bool record(struct kafka_reading *reading, int32_t topic, int32_t partition, int64_t offset)
{
    return kafka_reading_record(reading, (struct kafka_position){topic, partition, offset});
}

static bool end(struct kafka_reading *reading, int32_t topic, int32_t partition, int64_t offset)
{
    return kafka_reading_end(reading, (struct kafka_position){topic, partition, offset});
}

START_TEST(lets_through_what_is_read)
{
    struct kafka_reading reading;

    kafka_reading_init(&reading);
    ck_assert(!record(&reading, 0, 0, 0));
    ck_assert(kafka_reading_set(
        &reading, (const struct kafka_position[]){{1, 3, 7}, {0, 3, 100}, {0, 1, 0}}, 3));
    ck_assert(record(&reading, 0, 1, 0));
    ck_assert(record(&reading, 1, 3, 7));
    ck_assert(record(&reading, 0, 3, 104));
    ck_assert(!record(&reading, 0, 2, 0));
    ck_assert(!record(&reading, 1, 1, 0));
    ck_assert(!record(&reading, -1, 3, 200));
    ck_assert(kafka_reading_at(&reading, (struct kafka_position){0, 3, 105}));
    ck_assert(!kafka_reading_at(&reading, (struct kafka_position){0, 3, 104}));
    ck_assert(!kafka_reading_at(&reading, (struct kafka_position){0, 2, 0}));
    ck_assert(kafka_reading_has(&reading, 0, 3));
    ck_assert(!kafka_reading_has(&reading, 0, 4));
    kafka_reading_done(&reading);
    kafka_reading_done(&reading);
}
END_TEST

START_TEST(goes_only_forwards)
{
    struct kafka_reading reading;

    kafka_reading_init(&reading);
    ck_assert(kafka_reading_set(&reading, &(struct kafka_position){0, 0, 10}, 1));
    ck_assert(!record(&reading, 0, 0, 9));
    ck_assert(record(&reading, 0, 0, 10));
    ck_assert(!record(&reading, 0, 0, 10));
    ck_assert(record(&reading, 0, 0, 12)); /* 11 was a control record */
    ck_assert(!end(&reading, 0, 0, 12));
    ck_assert(end(&reading, 0, 0, 14));
    ck_assert(end(&reading, 0, 0, 14));
    ck_assert(!record(&reading, 0, 0, 13));
    ck_assert(record(&reading, 0, 0, 14));
    kafka_reading_done(&reading);
}
END_TEST

START_TEST(forgets_what_it_read)
{
    struct kafka_reading reading;

    kafka_reading_init(&reading);
    ck_assert(
        kafka_reading_set(&reading, (const struct kafka_position[]){{0, 0, 5}, {0, 1, 5}}, 2));
    ck_assert(record(&reading, 0, 1, 900));
    ck_assert(kafka_reading_set(&reading, &(struct kafka_position){0, 0, 3}, 1));
    ck_assert(record(&reading, 0, 0, 3));
    ck_assert(!record(&reading, 0, 1, 901));
    ck_assert(
        !kafka_reading_set(&reading, (const struct kafka_position[]){{0, 2, 5}, {0, 2, 6}}, 2));
    ck_assert(record(&reading, 0, 0, 4));
    ck_assert(kafka_reading_set(&reading, NULL, 0));
    ck_assert(!record(&reading, 0, 0, 5));
    kafka_reading_done(&reading);
}
END_TEST

SUITE_MAIN("kafka reading", lets_through_what_is_read, goes_only_forwards, forgets_what_it_read);
