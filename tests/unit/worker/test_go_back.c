/* common/worker/go_back, rule by rule. That the rules together keep every event once is shown by
 * tests/property/go_back_model. */
#include "common/worker/go_back.h"
#include "tests/support/suite/suite.h"

START_TEST(a_reader_applies_what_covers_next_source)
{
    ck_assert_int_eq(go_back_read(5, (struct go_back_range){5, 5}), GO_BACK_APPLY);
    ck_assert_int_eq(go_back_read(5, (struct go_back_range){3, 7}), GO_BACK_APPLY);
    ck_assert_int_eq(go_back_read(5, (struct go_back_range){5, 9}), GO_BACK_APPLY);
    ck_assert_int_eq(go_back_read(5, (struct go_back_range){0, 5}), GO_BACK_APPLY);
    ck_assert_int_eq(go_back_read(5, (struct go_back_range){4, 4}), GO_BACK_RERUN);
    ck_assert_int_eq(go_back_read(5, (struct go_back_range){0, 4}), GO_BACK_RERUN);
    ck_assert_int_eq(go_back_read(5, (struct go_back_range){6, 6}), GO_BACK_AHEAD);
    ck_assert_int_eq(go_back_read(5, (struct go_back_range){6, 9}), GO_BACK_AHEAD);
    ck_assert_int_eq(go_back_read(0, (struct go_back_range){0, 0}), GO_BACK_APPLY);
}
END_TEST

START_TEST(a_writer_counts_reports_in_order)
{
    struct go_back_acks acks;

    go_back_acks_init(&acks, 10);
    ck_assert_int_eq(acks.committable, 10);
    ck_assert(go_back_acks_take(&acks, (struct go_back_range){10, 10}, true, 0));
    ck_assert_int_eq(acks.committable, 11);
    ck_assert(go_back_acks_take(&acks, (struct go_back_range){11, 14}, true, 7));
    ck_assert_int_eq(acks.committable, 15);
}
END_TEST

START_TEST(doubt_changes_nothing)
{
    static const struct {
        struct go_back_range range;
        bool delivered;
        int64_t offset;
    } bad[] = {
        {{11, 11}, false, 8}, {{11, 11}, true, -1}, {{11, 11}, true, 7}, {{11, 11}, true, 6},
        {{12, 12}, true, 8},  {{10, 10}, true, 8},  {{10, 11}, true, 8},
    };
    struct go_back_acks acks;

    go_back_acks_init(&acks, 10);
    ck_assert(go_back_acks_take(&acks, (struct go_back_range){10, 10}, true, 7));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_msg(!go_back_acks_take(&acks, bad[i].range, bad[i].delivered, bad[i].offset),
                      "%zu", i);
        ck_assert_int_eq(acks.committable, 11);
        ck_assert_int_eq(acks.last_offset, 7);
    }
    /* A new incarnation counts offsets anew: what it sends lands behind what was acknowledged. */
    go_back_acks_init(&acks, acks.committable);
    ck_assert(go_back_acks_take(&acks, (struct go_back_range){11, 11}, true, 0));
}
END_TEST

SUITE_MAIN("worker", a_reader_applies_what_covers_next_source, a_writer_counts_reports_in_order,
           doubt_changes_nothing);
