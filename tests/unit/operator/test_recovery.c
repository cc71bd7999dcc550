/* What recovery plans, for every way in which a partition can stand still. */
#include "operator/readers.h"
#include "operator/recovery.h"
#include "tests/support/suite/suite.h"

#include <string.h>

enum { ROWS = 8 };

/* One partition: transactions 10..100, feedback 5..50, classifications 20..200; everybody well. */
struct place {
    struct standing standing;
    struct standing_row rows[ROWS];
    struct kafka_watermarks transactions, feedback, classifications;
    struct kafka_watermarks *marks[3];
    int64_t committed;
    struct recovery recovery;
};

static void place_init(struct place *place)
{
    *place = (struct place){.transactions = {10, 100},
                            .feedback = {5, 50},
                            .classifications = {20, 200},
                            .committed = 90};
    for (size_t t = 0; t < topic_count; t++)
        place->marks[t] = strcmp(topics[t], TOPIC_TRANSACTIONS) == 0 ? &place->transactions
                          : strcmp(topics[t], TOPIC_FEEDBACK) == 0   ? &place->feedback
                                                                     : &place->classifications;
    for (size_t r = 0; r < reader_count; r++)
        place->rows[r] = (struct standing_row){.group = (char *)(uintptr_t)readers[r].group,
                                               .topic = (char *)(uintptr_t)readers[r].topic,
                                               .sequenced = readers[r].sequenced,
                                               .next = readers[r].sequenced ? 150 : 40,
                                               .position = readers[r].sequenced ? 80 + (int)r : 40};
    place->standing = (struct standing){.partitions = 1,
                                        .rows = place->rows,
                                        .row_count = reader_count,
                                        .committed = &place->committed,
                                        .marks = place->marks};
}

static struct standing_row *row_of(struct place *place, const char *group, const char *topic)
{
    return (struct standing_row *)(uintptr_t)standing_find(&place->standing, group, topic, 0);
}

static void plan(struct place *place, const char *group, bool all)
{
    const struct recovery_scope scope = {.group = group, .partition = -1, .all = all};

    recovery_init(&place->recovery, &place->standing);
    recovery_plan(&place->recovery, &scope);
}

static void assert_counts(const struct place *place, size_t steps, size_t problems)
{
    ck_assert_uint_eq(place->recovery.step_count, steps);
    ck_assert_uint_eq(place->recovery.problem_count, problems);
}

static void assert_commit(const struct recovery_step *step, int64_t to)
{
    ck_assert_int_eq(step->kind, RECOVERY_COMMIT);
    ck_assert_int_eq(step->to, to);
}

/* The lowest position of a sequenced row, as place_init gives them. */
enum { LOWEST = 80 };

START_TEST(all_well_needs_nothing)
{
    struct place place;

    place_init(&place);
    plan(&place, NULL, false);
    assert_counts(&place, 0, 0);
    recovery_done(&place.recovery);
}
END_TEST

START_TEST(the_classifier_goes_to_the_lowest_reader)
{
    static const int64_t bad[] = {KAFKA_OFFSET_NONE, 3, 101};
    struct place place;

    for (size_t i = 0; i < 3; i++) {
        place_init(&place);
        place.committed = bad[i];
        plan(&place, NULL, false);
        assert_counts(&place, 1, 0);
        assert_commit(&place.recovery.steps[0], LOWEST);
        recovery_done(&place.recovery);
    }
    place_init(&place);
    plan(&place, NULL, true);
    assert_counts(&place, 1, 0);
    assert_commit(&place.recovery.steps[0], LOWEST);
    recovery_done(&place.recovery);
}
END_TEST

START_TEST(lost_outputs_are_written_again)
{
    struct place place;

    place_init(&place);
    row_of(&place, "notifier", TOPIC_CLASSIFICATIONS)->next = 200;
    plan(&place, NULL, false);
    assert_counts(&place, 1, 0);
    assert_commit(&place.recovery.steps[0], LOWEST);
    recovery_done(&place.recovery);
    place_init(&place); /* at the end, and nothing is missing */
    row_of(&place, "notifier", TOPIC_CLASSIFICATIONS)->next = 200;
    row_of(&place, "notifier", TOPIC_CLASSIFICATIONS)->position = 90;
    plan(&place, NULL, false);
    assert_counts(&place, 0, 0);
    recovery_done(&place.recovery);
}
END_TEST

START_TEST(a_reader_outside_of_the_outputs_reads_them_again)
{
    static const int64_t bad[] = {19, 201};
    struct place place;

    for (size_t i = 0; i < 2; i++) {
        place_init(&place);
        row_of(&place, "learner", TOPIC_CLASSIFICATIONS)->next = bad[i];
        plan(&place, NULL, false);
        assert_counts(&place, 2, 0);
        ck_assert_int_eq(place.recovery.steps[0].kind, RECOVERY_NEXT);
        ck_assert_str_eq(place.recovery.steps[0].row->group, "learner");
        ck_assert_int_eq(place.recovery.steps[0].to, 20);
        assert_commit(&place.recovery.steps[1], LOWEST);
        recovery_done(&place.recovery);
    }
}
END_TEST

START_TEST(what_was_deleted_unread_is_only_told)
{
    struct place place;

    place_init(&place);
    row_of(&place, "learner", TOPIC_FEEDBACK)->next = 4;
    row_of(&place, "learner", TOPIC_FEEDBACK)->position = 4;
    plan(&place, NULL, false);
    assert_counts(&place, 0, 1);
    ck_assert_ptr_nonnull(strstr(place.recovery.problems[0].text, "--group=learner"));
    ck_assert_ptr_nonnull(strstr(place.recovery.problems[0].text, "--skip-to=5"));
    recovery_done(&place.recovery);
    plan(&place, "analytics", false); /* not asked for */
    assert_counts(&place, 0, 0);
    recovery_done(&place.recovery);

    place_init(&place);
    place.committed = KAFKA_OFFSET_NONE;
    row_of(&place, "notifier", TOPIC_CLASSIFICATIONS)->position = 9;
    plan(&place, NULL, false);
    assert_counts(&place, 0, 1);
    ck_assert_ptr_nonnull(strstr(place.recovery.problems[0].text, "--group=notifier"));
    ck_assert_ptr_nonnull(strstr(place.recovery.problems[0].text, "--skip-to=10"));
    recovery_done(&place.recovery);
}
END_TEST

START_TEST(a_truncated_source_has_no_remedy)
{
    struct place place;

    place_init(&place);
    row_of(&place, "analytics", TOPIC_FEEDBACK)->next = 51;
    plan(&place, NULL, false);
    assert_counts(&place, 0, 1);
    recovery_done(&place.recovery);
    place_init(&place);
    place.committed = 101;
    for (size_t r = 0; r < reader_count; r++)
        place.rows[r].position += place.rows[r].sequenced ? 40 : 0;
    plan(&place, NULL, false);
    assert_counts(&place, 0, 1);
    recovery_done(&place.recovery);
}
END_TEST

START_TEST(a_missing_row_is_for_init)
{
    struct place place;

    place_init(&place);
    place.committed = KAFKA_OFFSET_NONE;
    place.standing.row_count--;
    plan(&place, NULL, false);
    assert_counts(&place, 0, 1);
    ck_assert_ptr_nonnull(strstr(place.recovery.problems[0].text, "tributary init"));
    recovery_done(&place.recovery);
}
END_TEST

START_TEST(a_skip_goes_forward_within_the_log)
{
    static const struct {
        int64_t to;
        size_t steps;
    } cases[] = {{81, 1}, {100, 1}, {80, 0}, {3, 0}, {101, 0}};
    struct place place;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        place_init(&place);
        recovery_init(&place.recovery, &place.standing);
        recovery_skip(&place.recovery, row_of(&place, "analytics", TOPIC_CLASSIFICATIONS),
                      cases[i].to);
        assert_counts(&place, cases[i].steps, 1 - cases[i].steps);
        recovery_done(&place.recovery);
    }
}
END_TEST

SUITE_MAIN("operator recovery", all_well_needs_nothing, the_classifier_goes_to_the_lowest_reader,
           lost_outputs_are_written_again, a_reader_outside_of_the_outputs_reads_them_again,
           what_was_deleted_unread_is_only_told, a_truncated_source_has_no_remedy,
           a_missing_row_is_for_init, a_skip_goes_forward_within_the_log);
