/* common/worker/partitions: a partition is wanted only when all its inputs are assigned, and waits
 * longer after each failure. */
#include "common/worker/partitions.h"
#include "tests/support/suite/suite.h"

START_TEST(wanted_once_all_inputs_are_assigned)
{
    struct partitions partitions;

    partitions_init(&partitions, 4, 2);
    partitions_assign(&partitions, 2, 0, 100);
    ck_assert_int_eq(partitions_due(&partitions, 100), -1);
    partitions_assign(&partitions, 2, 1, 100);
    ck_assert_int_eq(partitions_due(&partitions, 99), -1);
    ck_assert_int_eq(partitions_due(&partitions, 100), 2);
    ck_assert_ptr_null(partitions_at(&partitions, 4));
    ck_assert_ptr_null(partitions_at(&partitions, -1));
    partitions_assign(&partitions, 9, 0, 100); /* a topic with more partitions: not ours to say */
    partitions_done(&partitions);
}
END_TEST

START_TEST(taking_starts_where_it_is_told)
{
    struct partitions partitions;
    struct partition *partition;

    partitions_init(&partitions, 1, 2);
    partitions_assign(&partitions, 0, 0, 0);
    partitions_assign(&partitions, 0, 1, 0);
    partition = partitions_at(&partitions, 0);
    partition_take(partition, 2, (int64_t[]){7, 9});
    ck_assert_int_eq(partition->inputs[1].next, 9);
    ck_assert_int_eq(partition->inputs[0].end, -1);
    ck_assert_uint_eq(partitions_count(&partitions, PARTITION_TAKEN), 1);
    ck_assert_int_eq(partitions_due(&partitions, INT64_MAX), -1);
    partition_halt(partition, 500);
    ck_assert_int_eq(partitions_due(&partitions, 499), -1);
    ck_assert_int_eq(partitions_due(&partitions, 500), 0);
    partitions_done(&partitions);
}
END_TEST

START_TEST(retries_come_later_and_later_but_come)
{
    struct partitions partitions;
    struct partition *partition;
    struct random random;

    random_init(&random, 3);
    partitions_init(&partitions, 1, 1);
    partitions_assign(&partitions, 0, 0, 0);
    partition = partitions_at(&partitions, 0);
    for (int i = 0; i < 50; i++) {
        partition_retry(partition, &random, 1000);
        ck_assert_int_gt(partition->retry_at_ms, 1000);
        ck_assert_int_le(partition->retry_at_ms, 6000);
    }
    partition_take(partition, 1, (int64_t[]){0});
    ck_assert_uint_eq(partition->attempts, 0);
    partitions_done(&partitions);
}
END_TEST

SUITE_MAIN("worker/partitions", wanted_once_all_inputs_are_assigned, taking_starts_where_it_is_told,
           retries_come_later_and_later_but_come);
