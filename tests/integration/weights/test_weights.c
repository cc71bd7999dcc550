/* A classifier's look-ups on a real Postgres and Redis: what has piled up in the changelog, and
 * what fails beside it, costs no user his lessons. */
#include "common/weights/changelog.h"
#include "common/weights/weights.h"
#include "tests/integration/weights/place.h"
#include "tests/support/proxy/proxy.h"

enum { DEADLINE_MS = 5000, SHORT_MS = 500, SYNC_US = 600 * 1000, NOBODY = -1 };

struct reader {
    struct weights *weights;
    struct now now;
};

static void reader_init(struct reader *reader, struct place *place, struct postgres *db,
                        int64_t deadline_ms)
{
    const struct weights_options options = {.db = db,
                                            .redis = place->redis,
                                            .metrics = place->metrics,
                                            .cache_bytes = 1 << 20,
                                            .deadline_ms = deadline_ms};

    reader->weights = weights_new(&options);
    reader->now = clock_now();
    weights_take(reader->weights, 0);
}

/* How many lessons of his the classifier knows of, when the next sync is due. */
static int known(struct reader *reader, const char *user)
{
    struct weights_query query = {.tenant = SLICE_LITERAL("acme"), .user = slice_of(user)};

    reader->now.steady_us += SYNC_US;
    weights_find(reader->weights, &query, 1, reader->now);
    return query.ret_user == NULL ? NOBODY : (int)engine_user_lessons(query.ret_user);
}

/* One more lesson of the user, as the learner commits it. */
static void teach(struct place *place, int user, int lessons)
{
    char literal[PLACE_STATE_SIZE];

    place_literal(lessons, literal);
    place_sql(place,
              "BEGIN; UPDATE weight_counters SET last = last + 1;"
              "INSERT INTO weight_audit SELECT 0, last, %d, 0, last, last, 0, 0, 0, 0, now()"
              " FROM weight_counters;"
              "UPDATE weights SET number = last, state = %s FROM weight_counters"
              " WHERE user_key = %d; COMMIT",
              256 * user, literal, 256 * user);
}

struct told {
    int moved;
    int changed;
};

static void on_moved(void *context, int32_t partition)
{
    struct told *told = context;

    (void)partition;
    told->moved++;
}

static void on_changed(void *context, struct slice tenant, struct slice user, int64_t number)
{
    struct told *told = context;

    (void)tenant;
    (void)user;
    (void)number;
    told->changed++;
}

static struct told read_once(struct changelog *changelog, struct place *place)
{
    struct told told = {0};
    const struct changelog_callbacks callbacks = {on_moved, on_changed, &told};
    struct error error = {0};
    bool reached;

    ck_assert_msg(changelog_read(changelog, place->db, 1, &callbacks, &reached, &error) ==
                      STATUS_OK,
                  "%s", error.text);
    return told;
}

static int64_t floor_of(const struct changelog *changelog, int32_t partition, const char *user)
{
    return changelog_floor_of(changelog, partition, SLICE_LITERAL("acme"), slice_of(user));
}

/* Partition 0 has too much to be read; partition 1 is not the worse for it. */
START_TEST(a_reading_is_short_whatever_has_piled_up)
{
    struct changelog *changelog = must_alloc(sizeof *changelog);
    struct place place;
    struct told told;

    place_init(&place);
    place_teach(&place, 10000, 10000, 2);
    place_sql(&place, "INSERT INTO weight_audit SELECT 1, n, 256 * n, 0, -n, n, 0, 0, 0, 0, now()"
                      " FROM generate_series(1, 10) n; INSERT INTO weight_counters VALUES (1, 10)");
    for (int32_t partition = 0; partition < 3; partition++)
        changelog_take(changelog, partition, 0);
    told = read_once(changelog, &place);
    ck_assert_int_eq(told.moved, 3);
    ck_assert_int_eq(told.changed, 10);
    ck_assert_int_eq(floor_of(changelog, 0, "nobody"), 10000);
    ck_assert_int_eq(floor_of(changelog, 1, "nobody"), 0);
    ck_assert_int_eq(floor_of(changelog, 1, "u7"), 7);
    place_sql(&place, "UPDATE weight_counters SET published = last");
    told = read_once(changelog, &place);
    ck_assert_int_eq(told.moved + told.changed, 0);
    ck_assert_int_eq(floor_of(changelog, 0, "nobody"), 0);
    ck_assert_int_eq(floor_of(changelog, 1, "u7"), 0);
    changelog_done(changelog);
    free(changelog);
    place_done(&place);
}
END_TEST

START_TEST(who_is_far_behind_catches_up)
{
    struct place place;
    struct reader reader;

    place_init(&place);
    place_teach(&place, 1000, 20000, 2);
    place_copy(&place, 1, 1, 1);
    place_copy(&place, 2, 1, 1);
    place_copy(&place, 3, 1, 1);
    reader_init(&reader, &place, place.db, DEADLINE_MS);
    ck_assert_int_eq(known(&reader, "u1"), 2); /* the copy is old */
    teach(&place, 1, 3);
    ck_assert_int_eq(known(&reader, "u1"), 3);
    ck_assert_int_eq(known(&reader, "u2"), 2);
    /* Once Redis has been told it is believed again. */
    place_sql(&place, "UPDATE weight_counters SET published = last");
    ck_assert_int_eq(known(&reader, "u1"), 3);
    ck_assert_int_eq(known(&reader, "u3"), 1);
    /* Away for long, with users in memory. */
    place_sql(&place,
              "INSERT INTO weight_audit SELECT 0, n, 256 * (1 + n %% 1000), 0, n, n, 0, 0, 0, 0,"
              " now() FROM generate_series(20002, 40000) n;"
              "UPDATE weight_counters SET last = 40000");
    teach(&place, 1, 4);
    ck_assert_int_eq(known(&reader, "u1"), 4);
    weights_free(reader.weights);
    place_done(&place);
}
END_TEST

/* With Redis away for hours every user is changed above `published`. */
START_TEST(many_changes_that_redis_does_not_know_of_cost_no_more_than_some)
{
    const int users = CHANGELOG_FLOORS + CHANGELOG_ROWS;
    struct place place;
    struct reader reader;

    place_init(&place);
    place_teach(&place, users, users, 2);
    place_sql(&place, "UPDATE weight_counters SET last = 0");
    place_copy(&place, 1, 1, 1);
    place_copy(&place, 100, 1, 1);
    reader_init(&reader, &place, place.db, DEADLINE_MS);
    for (int last = 0; last <= users; last += CHANGELOG_ROWS) {
        place_sql(&place, "UPDATE weight_counters SET last = %d", last);
        (void)known(&reader, "nobody");
    }
    ck_assert_int_eq(known(&reader, "u1"), 2);
    teach(&place, 1, 3);
    ck_assert_int_eq(known(&reader, "u1"), 3);
    ck_assert_int_eq(known(&reader, "u100"), 2);
    weights_free(reader.weights);
    place_done(&place);
}
END_TEST

/* A lock on the audit, a plan gone wrong: the users' weights are there all the same. */
START_TEST(without_the_changelog_postgres_is_believed)
{
    struct place place;
    struct reader reader;

    place_init(&place);
    place_teach(&place, 10, 100, 2);
    place_copy(&place, 1, 1, 1);
    place_sql(&place, "ALTER TABLE weight_audit RENAME TO away");
    reader_init(&reader, &place, place.db, DEADLINE_MS);
    ck_assert_int_eq(known(&reader, "u1"), 2);
    ck_assert_int_eq(known(&reader, "u2"), 2); /* of whom Redis has nothing */
    place_sql(&place, "ALTER TABLE away RENAME TO weight_audit");
    teach(&place, 1, 3);
    ck_assert_int_eq(known(&reader, "u1"), 3);
    weights_free(reader.weights);
    place_done(&place);
}
END_TEST

START_TEST(without_postgres_old_copies_serve)
{
    struct place place;
    struct reader reader;
    OWNED(proxy) proxy = NULL;
    OWNED(postgres) db = NULL;

    place_init(&place);
    place_teach(&place, 1000, 20000, 2);
    place_copy(&place, 1, 1, 1);
    proxy = proxy_start(PROXY_RAW, database_port(place.database));
    db = place_connect(database_uri_at(place.database, place.uri, proxy_port(proxy)));
    reader_init(&reader, &place, db, SHORT_MS);
    ck_assert_int_eq(known(&reader, "u2"), 2);
    proxy_freeze(proxy);
    ck_assert_int_eq(known(&reader, "u1"), 1);
    ck_assert_int_eq(known(&reader, "u2"), 2);
    ck_assert_int_eq(known(&reader, "u3"), NOBODY);
    weights_free(reader.weights);
    place_done(&place);
}
END_TEST

/* One that is wrongly believed (redis_copy.c) is not believed for days. */
START_TEST(a_copy_lives_for_hours)
{
    struct place place;
    char *reply;

    place_init(&place);
    place_copy(&place, 1, 1, 1);
    reply = redis_server_command(place.redis_server,
                                 (const char *const[]){"PTTL", "test:weights:acme:u1", NULL});
    ck_assert_int_gt(strtol(reply, NULL, 10), 0);
    ck_assert_int_le(strtol(reply, NULL, 10), 6 * 3600 * 1000);
    free(reply);
    place_done(&place);
}
END_TEST

SUITE_MAIN("weights", a_copy_lives_for_hours, a_reading_is_short_whatever_has_piled_up,
           who_is_far_behind_catches_up,
           many_changes_that_redis_does_not_know_of_cost_no_more_than_some,
           without_the_changelog_postgres_is_believed, without_postgres_old_copies_serve);
