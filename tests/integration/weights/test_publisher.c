/* The learner's word to Redis, on a real one: what has piled up while it was away is told in
 * slices, and nothing that was told is told again. */
#include "common/base/clock.h"
#include "consumers/learner/publisher.h"
#include "tests/integration/weights/place.h"

#include <string.h>

enum { RETRY_US = 1100 * 1000, TICKS = 100, SLICES = 5, CHANGES = SLICES * PUBLISHER_SLICE };

struct telling {
    struct place place;
    struct publisher publisher;
    struct now now;
};

/* As many users as changes, each after two lessons. */
static void telling_init(struct telling *telling)
{
    place_init(&telling->place);
    place_teach(&telling->place, CHANGES, CHANGES, 2);
    publisher_init(&telling->publisher, &(struct sink_context){.db = telling->place.db,
                                                               .redis = telling->place.redis,
                                                               .metrics = telling->place.metrics});
    telling->now = clock_now();
}

static void telling_done(struct telling *telling)
{
    publisher_done(&telling->publisher);
    place_done(&telling->place);
}

static int64_t published(const struct telling *telling)
{
    return database_number(telling->place.uri, "SELECT published FROM tributary.weight_counters");
}

static void take(struct telling *telling)
{
    struct error error = {0};

    ck_assert_msg(publisher_take(&telling->publisher, 0, &error) == STATUS_OK, "%s", error.text);
}

static void tick(struct telling *telling)
{
    telling->now.steady_us += RETRY_US;
    publisher_tick(&telling->publisher, telling->now);
}

static void tick_to(struct telling *telling, int64_t number)
{
    for (int i = 0; i < TICKS && published(telling) < number; i++)
        tick(telling);
    ck_assert_int_eq(published(telling), number);
}

static char *redis(struct telling *telling, const char *name, const char *argument)
{
    return redis_server_command(telling->place.redis_server,
                                (const char *const[]){name, argument, NULL});
}

static void expect_told(struct telling *telling, int count)
{
    char *reply = redis(telling, "DBSIZE", NULL);
    char wanted[16];

    snprintf(wanted, sizeof wanted, "%d", count);
    ck_assert_str_eq(reply, wanted);
    free(reply);
}

START_TEST(what_has_piled_up_is_told_in_slices)
{
    struct telling telling;

    telling_init(&telling);
    take(&telling);
    ck_assert_int_eq(published(&telling), PUBLISHER_SLICE);
    expect_told(&telling, PUBLISHER_SLICE);
    free(redis(&telling, "FLUSHALL", NULL));
    tick_to(&telling, CHANGES);
    expect_told(&telling, CHANGES - PUBLISHER_SLICE);
    tick(&telling);
    telling_done(&telling);
}
END_TEST

/* Numbers without a row, as after somebody has cut the audit, hold nothing up. */
START_TEST(holes_are_passed)
{
    struct telling telling;

    telling_init(&telling);
    place_sql(&telling.place, "DELETE FROM weight_audit WHERE number BETWEEN 500 AND %d",
              3 * PUBLISHER_SLICE);
    take(&telling);
    tick_to(&telling, CHANGES);
    expect_told(&telling, 499 + CHANGES - 3 * PUBLISHER_SLICE);
    telling_done(&telling);
}
END_TEST

START_TEST(redis_comes_back)
{
    struct telling telling;

    telling_init(&telling);
    redis_server_kill(telling.place.redis_server);
    take(&telling);
    for (int i = 0; i < 3; i++)
        tick(&telling);
    ck_assert_int_eq(published(&telling), 0);
    redis_server_restart(telling.place.redis_server);
    tick_to(&telling, CHANGES);
    expect_told(&telling, CHANGES);
    telling_done(&telling);
}
END_TEST

SUITE_MAIN("publisher", what_has_piled_up_is_told_in_slices, holes_are_passed, redis_comes_back);
