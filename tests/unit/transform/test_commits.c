/* common/transform/commits: only what is acknowledged in order is ever committed. The consumer is
 * the test's. */
#include "common/transform/commits.h"
#include "tests/support/suite/suite.h"

enum { PARTITIONS = 3 };

/* In place of common/kafka's: notes what it was asked. */
static struct {
    struct kafka_position positions[PARTITIONS];
    size_t count;
    int calls;
    enum status answer;
} asked;

static enum status note(const struct kafka_position *positions, size_t count)
{
    memcpy(asked.positions, positions, count * sizeof *positions);
    asked.count = count;
    asked.calls++;
    return asked.answer;
}

enum status kafka_consumer_commit_async(struct kafka_consumer *consumer,
                                        const struct kafka_position *positions, size_t count,
                                        struct error *error)
{
    (void)consumer;
    return error_set(error, note(positions, count), "as the test says");
}

enum status kafka_consumer_commit(struct kafka_consumer *consumer,
                                  const struct kafka_position *positions, size_t count,
                                  int64_t timeout_ms, struct error *error)
{
    (void)timeout_ms;
    return kafka_consumer_commit_async(consumer, positions, count, error);
}

struct fixture {
    struct window *window;
    struct metrics *metrics;
    struct transform_stats stats;
    struct commits commits;
};

static struct fixture setup(void)
{
    struct fixture fixture = {.window = window_new(1 << 16, PARTITIONS), .metrics = metrics_new()};

    transform_stats_init(&fixture.stats, fixture.metrics, "test", PARTITIONS);
    commits_init(&fixture.commits, PARTITIONS, 500);
    for (int32_t p = 0; p < 2; p++) {
        window_take(fixture.window, p, 100);
        commits_take(&fixture.commits, p, 100);
    }
    return fixture;
}

static void teardown(struct fixture *fixture)
{
    commits_done(&fixture->commits);
    transform_stats_done(&fixture->stats);
    metrics_free(fixture->metrics);
    window_free(fixture->window);
}

static void push_and_send(struct window *window, int32_t partition, int64_t to)
{
    ck_assert(window_push(window, partition, to, SLICE_LITERAL("k"), SLICE_LITERAL("v")));
    window_sent(window);
}

static void turn(struct fixture *fixture, int64_t now_ms)
{
    commits_turn(&fixture->commits, fixture->window, NULL, &fixture->stats, now_ms);
}

START_TEST(only_what_is_acknowledged_and_only_once)
{
    struct fixture fixture = setup();

    turn(&fixture, 1000); /* the first commits all again: harmless */
    ck_assert_uint_eq(asked.count, 2);
    ck_assert_int_eq(asked.positions[0].offset, 100);
    push_and_send(fixture.window, 0, 100);
    push_and_send(fixture.window, 0, 104);
    turn(&fixture, 2000);
    ck_assert_int_eq(asked.calls, 1);
    ck_assert_int_eq(window_report(fixture.window, 1, 0, 1, true, 7), WINDOW_TAKEN);
    turn(&fixture, 2100); /* not yet time */
    ck_assert_int_eq(asked.calls, 1);
    turn(&fixture, 2500);
    ck_assert_int_eq(asked.calls, 2);
    ck_assert_uint_eq(asked.count, 1);
    ck_assert_int_eq(asked.positions[0].partition, 0);
    ck_assert_int_eq(asked.positions[0].offset, 101);
    turn(&fixture, 3000);
    ck_assert_int_eq(asked.calls, 2);
    teardown(&fixture);
}
END_TEST

START_TEST(a_failed_commit_comes_again)
{
    struct fixture fixture = setup();

    turn(&fixture, 1000);
    push_and_send(fixture.window, 1, 100);
    ck_assert_int_eq(window_report(fixture.window, 1, 1, 1, true, 7), WINDOW_TAKEN);
    asked.answer = STATUS_RETRY;
    turn(&fixture, 2000);
    ck_assert_int_eq(asked.calls, 2);
    asked.answer = STATUS_OK;
    turn(&fixture, 2500);
    ck_assert_int_eq(asked.calls, 3);
    ck_assert_int_eq(asked.positions[0].offset, 101);
    /* Whether one without waiting went through is not known: now and then all are asked for. */
    turn(&fixture, 10400);
    ck_assert_int_eq(asked.calls, 3);
    turn(&fixture, 11000);
    ck_assert_int_eq(asked.calls, 4);
    ck_assert_uint_eq(asked.count, 2);
    teardown(&fixture);
}
END_TEST

START_TEST(settling_commits_all_that_is_held)
{
    struct fixture fixture = setup();

    push_and_send(fixture.window, 0, 100);
    push_and_send(fixture.window, 0, 101);
    ck_assert_int_eq(window_report(fixture.window, 1, 0, 1, true, 7), WINDOW_TAKEN);
    commits_settle(&fixture.commits, fixture.window, NULL, 1000);
    ck_assert_uint_eq(asked.count, 2);
    ck_assert_int_eq(asked.positions[0].offset, 101);
    ck_assert_int_eq(asked.positions[1].offset, 100);
    window_drop(fixture.window, 0);
    window_drop(fixture.window, 1);
    asked.calls = 0;
    commits_settle(&fixture.commits, fixture.window, NULL, 1000);
    ck_assert_int_eq(asked.calls, 0);
    teardown(&fixture);
}
END_TEST

SUITE_MAIN("transform", only_what_is_acknowledged_and_only_once, a_failed_commit_comes_again,
           settling_commits_all_that_is_held);
