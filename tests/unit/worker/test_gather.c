/* common/worker/gather: limits, order, and that every message is given back exactly once. */
#include "common/worker/gather.h"
#include "tests/support/suite/suite.h"

#include <stdlib.h>

static int held; /* messages that are out; check runs each test in a process of its own */

static void give_back(void *message)
{
    ck_assert_int_gt(held, 0);
    held--;
    free(message);
}

static struct record *add(struct gather *gather, int32_t partition, int64_t offset, size_t bytes,
                          int64_t now_us)
{
    struct record *record = gather_add(gather, bytes, now_us);

    record->partition = partition;
    record->offset = offset;
    record->value = (struct slice){"", bytes};
    record->message = malloc(1);
    held++;
    return record;
}

static struct gather made(size_t records, size_t bytes, int64_t wait_us)
{
    struct gather gather;

    gather_init(&gather, &(struct gather_limits){records, bytes, wait_us}, give_back);
    return gather;
}

START_TEST(is_due_by_count_bytes_or_age)
{
    struct gather gather = made(3, 100, 5000);

    ck_assert(!gather_due(&gather, 0));
    add(&gather, 0, 0, 1, 1000);
    ck_assert(!gather_due(&gather, 5999));
    ck_assert(gather_due(&gather, 6000));
    add(&gather, 0, 1, 1, 2000);
    ck_assert(!gather_due(&gather, 2000));
    add(&gather, 0, 2, 1, 2000);
    ck_assert(gather_full(&gather) && gather_due(&gather, 2000));
    gather_reset(&gather);
    add(&gather, 0, 3, 100, 3000);
    ck_assert(gather_full(&gather) && gather_due(&gather, 3000));
    gather_done(&gather);
    ck_assert_int_eq(held, 0);
}
END_TEST

START_TEST(drops_one_partition_and_keeps_the_order_of_the_rest)
{
    struct gather gather = made(10, 1000, 0);

    for (int i = 0; i < 9; i++)
        add(&gather, i % 3, i, 10, 0);
    gather_drop_partition(&gather, 1);
    ck_assert_int_eq(held, 6);
    ck_assert_uint_eq(gather.bytes, 60);
    for (size_t i = 1; i < gather.batch.count; i++)
        ck_assert_int_lt(gather.batch.records[i - 1].offset, gather.batch.records[i].offset);
    gather_drop_partition(&gather, 0);
    gather_drop_partition(&gather, 2);
    ck_assert_uint_eq(gather.batch.count, 0);
    ck_assert_int_eq(held, 0);
    gather_done(&gather);
}
END_TEST

SUITE_MAIN("worker/gather", is_due_by_count_bytes_or_age,
           drops_one_partition_and_keeps_the_order_of_the_rest);
