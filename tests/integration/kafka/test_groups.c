/* Groups: who gets which partitions, who has lost them, what is committed; seen from inside and
 * from outside. */
#include "common/base/clock.h"
#include "tests/integration/kafka/harness.h"

#include <string.h>
#include <unistd.h>

static const char *const topics[] = {"orders", "answers"};

enum { PARTITIONS = 5, TOPICS = 2, ALL = PARTITIONS * TOPICS };

struct fixture {
    struct broker *broker;
    struct harness harness;
    struct member a, b;
};

static void set_up(struct fixture *fixture)
{
    *fixture = (struct fixture){.broker = broker_shared()};
    harness_init(&fixture->harness, fixture->broker);
    for (size_t i = 0; i < TOPICS; i++)
        harness_topic(&fixture->harness, topics[i], PARTITIONS);
}

static void tear_down(struct fixture *fixture)
{
    harness_done(&fixture->harness);
    broker_free(fixture->broker);
}

static void join(struct fixture *fixture, struct member *member)
{
    member_join(member, &fixture->harness, "group", topics, TOPICS);
}

static void poll_once(struct member *member)
{
    struct kafka_record record;

    if (member_poll(member, &record) == KAFKA_RECORD)
        kafka_record_release(&record);
}

/* Both poll until each owns its share. */
static void await_both(struct fixture *fixture)
{
    enum { SMALL = PARTITIONS / 2 * TOPICS, LARGE = ALL - SMALL };
    int64_t deadline_ms = clock_steady_ms() + 30000;

    while (fixture->a.owned_count + fixture->b.owned_count != ALL ||
           fixture->a.owned_count < SMALL || fixture->a.owned_count > LARGE) {
        ck_assert_msg(clock_steady_ms() < deadline_ms, "a owns %zu, b owns %zu",
                      fixture->a.owned_count, fixture->b.owned_count);
        poll_once(&fixture->a);
        poll_once(&fixture->b);
    }
}

/* Whoever owns p of one topic owns p of all. */
static void is_copartitioned(const struct member *member)
{
    bool owns[TOPICS][PARTITIONS] = {0};

    for (size_t i = 0; i < member->owned_count; i++)
        owns[member->owned[i].topic][member->owned[i].partition] = true;
    ck_assert_int_eq(memcmp(owns[0], owns[1], sizeof owns[0]), 0);
}

START_TEST(partitions_move_between_members)
{
    struct fixture fixture;

    set_up(&fixture);
    join(&fixture, &fixture.a);
    member_await(&fixture.a, ALL);
    is_copartitioned(&fixture.a);
    join(&fixture, &fixture.b);
    await_both(&fixture);
    ck_assert_int_eq(fixture.a.revoked, 1);
    ck_assert_int_eq(fixture.a.lost, 0);
    is_copartitioned(&fixture.a);
    is_copartitioned(&fixture.b);
    for (size_t i = 0; i < fixture.b.owned_count; i++)
        for (size_t j = 0; j < fixture.a.owned_count; j++)
            ck_assert(fixture.a.owned[j].topic != fixture.b.owned[i].topic ||
                      fixture.a.owned[j].partition != fixture.b.owned[i].partition);
    member_leave(&fixture.a);
    ck_assert_int_eq(fixture.a.revoked, 2);
    member_await(&fixture.b, ALL);
    member_leave(&fixture.b);
    tear_down(&fixture);
}
END_TEST

/* Also when it was paused, or read nothing yet, when the group took everything. */
START_TEST(reads_on_after_a_rebalance)
{
    struct fixture fixture;
    struct kafka_record record;
    struct error error = {0};
    int64_t deadline_ms = clock_steady_ms() + 30000;
    size_t count = 0;

    set_up(&fixture);
    harness_fill(&fixture.harness, topics[0], PARTITIONS, 10, 40);
    fixture.b.start = -1;
    join(&fixture, &fixture.a);
    member_await(&fixture.a, ALL);
    OK(kafka_consumer_pause(fixture.a.consumer, &error));
    join(&fixture, &fixture.b);
    await_both(&fixture);
    member_leave(&fixture.b);
    member_await(&fixture.a, ALL);
    while (count < PARTITIONS * 10) {
        ck_assert_int_lt(clock_steady_ms(), deadline_ms);
        if (member_poll(&fixture.a, &record) != KAFKA_RECORD)
            continue;
        count++;
        kafka_record_release(&record);
    }
    member_leave(&fixture.a);
    tear_down(&fixture);
}
END_TEST

static void stand_still(struct fixture *fixture)
{
    set_up(fixture);
    fixture->harness.settings.session_timeout_ms = 1000;
    fixture->harness.settings.poll_interval_ms = 1000;
    join(fixture, &fixture->a);
    member_await(&fixture->a, ALL);
}

/* The group waits for a member that does not come, then gives its partitions to the others. */
START_TEST(a_member_that_stands_still_is_put_out)
{
    struct fixture fixture;
    const struct kafka_position position = {0, 0, 1};
    struct error error = {0};

    stand_still(&fixture);
    join(&fixture, &fixture.b);
    member_await(&fixture.b, ALL); /* a does not poll */
    ck_assert_int_eq(kafka_consumer_commit(fixture.a.consumer, &position, 1, 5000, &error),
                     STATUS_LOST);
    await_both(&fixture);
    ck_assert_int_eq(fixture.a.revoked, 1);
    ck_assert_int_eq(fixture.a.assigned, 2);
    member_leave(&fixture.a);
    member_leave(&fixture.b);
    tear_down(&fixture);
}
END_TEST

/* Alone, it leaves by itself, is told, and comes back. */
START_TEST(a_member_that_stood_still_is_told)
{
    struct fixture fixture;
    struct kafka_record record;
    struct error error = {0};
    int64_t deadline_ms = clock_steady_ms() + 20000;
    int told = 0;

    stand_still(&fixture);
    sleep(3);
    while (fixture.a.assigned < 2) {
        ck_assert_int_lt(clock_steady_ms(), deadline_ms);
        told +=
            kafka_consumer_poll(fixture.a.consumer, 100, &record, &error) == KAFKA_CLIENT_ERROR &&
            error.status == STATUS_LOST;
    }
    ck_assert_int_eq(told, 1);
    ck_assert_int_eq(fixture.a.lost, 1);
    ck_assert_int_eq(fixture.a.revoked, 1);
    member_leave(&fixture.a);
    tear_down(&fixture);
}
END_TEST

START_TEST(commits_are_kept)
{
    struct fixture fixture;
    struct kafka_position set[] = {{0, 0, 7}, {1, 0, 0}, {0, 4, 3}};
    struct kafka_position got[] = {{1, 0, 9}, {0, 1, 9}, {0, 0, 9}, {0, 4, 9}};
    struct error error = {0};

    set_up(&fixture);
    join(&fixture, &fixture.a);
    member_await(&fixture.a, ALL);
    OK(kafka_consumer_committed(fixture.a.consumer, got, 4, 5000, &error));
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(got[i].offset, KAFKA_OFFSET_NONE);
    OK(kafka_consumer_commit(fixture.a.consumer, set, 3, 5000, &error));
    OK(kafka_consumer_commit(fixture.a.consumer, NULL, 0, 5000, &error));
    OK(kafka_consumer_committed(fixture.a.consumer, got, 4, 5000, &error));
    ck_assert_int_eq(got[0].offset, 0);
    ck_assert_int_eq(got[0].topic, 1);
    ck_assert_int_eq(got[1].offset, KAFKA_OFFSET_NONE);
    ck_assert_int_eq(got[2].offset, 7);
    ck_assert_int_eq(got[3].offset, 3);
    set[0].offset = 8;
    for (int i = 0; i < 3; i++)
        OK(kafka_consumer_commit_async(fixture.a.consumer, set, 1, &error));
    while (fixture.a.committed < 3)
        poll_once(&fixture.a);
    ck_assert_int_eq(fixture.a.last_commit.status, STATUS_OK);
    OK(kafka_consumer_committed(fixture.a.consumer, got + 2, 1, 5000, &error));
    ck_assert_int_eq(got[2].offset, 8);
    member_leave(&fixture.a);
    tear_down(&fixture);
}
END_TEST

/* What the design counts on: the broker does not fence it, and nothing breaks. */
START_TEST(a_live_member_may_commit_what_others_own)
{
    struct fixture fixture;
    struct kafka_position foreign = {0, 0, 5};
    struct error error = {0};

    set_up(&fixture);
    join(&fixture, &fixture.a);
    join(&fixture, &fixture.b);
    await_both(&fixture);
    foreign.partition = fixture.b.owned[0].partition;
    OK(kafka_consumer_commit(fixture.a.consumer, &foreign, 1, 5000, &error));
    member_leave(&fixture.a);
    member_leave(&fixture.b);
    tear_down(&fixture);
}
END_TEST

START_TEST(a_commit_on_the_way_out_counts)
{
    struct fixture fixture;
    const struct kafka_position position = {0, 2, 4};
    int64_t offsets[PARTITIONS];
    struct error error = {0};

    set_up(&fixture);
    join(&fixture, &fixture.a);
    member_await(&fixture.a, ALL);
    OK(kafka_consumer_commit_async(fixture.a.consumer, &position, 1, &error));
    member_leave(&fixture.a);
    ck_assert_int_eq(fixture.a.committed, 1);
    OK(kafka_admin_committed(fixture.harness.admin, "group", topics[0], offsets, PARTITIONS,
                             &error));
    ck_assert_int_eq(offsets[2], 4);
    tear_down(&fixture);
}
END_TEST

START_TEST(offsets_are_set_from_outside)
{
    static const int64_t wanted[PARTITIONS] = {0, 11, KAFKA_OFFSET_NONE, 2, 3};
    static const int64_t later[PARTITIONS] = {KAFKA_OFFSET_NONE, KAFKA_OFFSET_NONE, 6,
                                              KAFKA_OFFSET_NONE, 1};
    static const int64_t both[PARTITIONS] = {0, 11, 6, 2, 1};
    struct fixture fixture;
    struct kafka_admin *admin;
    struct kafka_group group;
    int64_t offsets[PARTITIONS];
    struct error error = {0};

    set_up(&fixture);
    admin = fixture.harness.admin;
    OK(kafka_admin_group(admin, "group", &group, &error));
    ck_assert_int_eq(group.state, KAFKA_GROUP_DEAD);
    OK(kafka_admin_committed(admin, "group", topics[0], offsets, PARTITIONS, &error));
    for (size_t i = 0; i < PARTITIONS; i++)
        ck_assert_int_eq(offsets[i], KAFKA_OFFSET_NONE);
    OK(kafka_admin_commit(admin, "group", topics[0], wanted, PARTITIONS, &error));
    OK(kafka_admin_committed(admin, "group", topics[0], offsets, PARTITIONS, &error));
    ck_assert_int_eq(memcmp(offsets, wanted, sizeof wanted), 0);
    OK(kafka_admin_commit(admin, "group", topics[0], later, PARTITIONS, &error));
    OK(kafka_admin_committed(admin, "group", topics[0], offsets, PARTITIONS, &error));
    ck_assert_int_eq(memcmp(offsets, both, sizeof both), 0);
    OK(kafka_admin_group(admin, "group", &group, &error));
    ck_assert_int_eq(group.state, KAFKA_GROUP_EMPTY);
    tear_down(&fixture);
}
END_TEST

START_TEST(offsets_of_an_active_group_are_not_touched)
{
    static const int64_t wanted[PARTITIONS] = {1, 1, 1, 1, 1};
    struct fixture fixture;
    struct kafka_group group;
    int64_t offsets[PARTITIONS];
    struct error error = {0};

    set_up(&fixture);
    join(&fixture, &fixture.a);
    member_await(&fixture.a, ALL);
    OK(kafka_admin_group(fixture.harness.admin, "group", &group, &error));
    ck_assert_int_eq(group.state, KAFKA_GROUP_STABLE);
    ck_assert_uint_eq(group.members, 1);
    ck_assert_int_eq(
        kafka_admin_commit(fixture.harness.admin, "group", topics[0], wanted, PARTITIONS, &error),
        STATUS_LOST);
    ck_assert_str_eq(error.code, "NON_EMPTY_GROUP");
    error_clear(&error);
    OK(kafka_admin_committed(fixture.harness.admin, "group", topics[0], offsets, PARTITIONS,
                             &error));
    for (size_t i = 0; i < PARTITIONS; i++)
        ck_assert_int_eq(offsets[i], KAFKA_OFFSET_NONE);
    member_leave(&fixture.a);
    tear_down(&fixture);
}
END_TEST

START_TEST(topics_are_made_once)
{
    struct fixture fixture;
    struct kafka_topic topic = {
        .name = "made", .partitions = 3, .replicas = 1, .min_insync = 1, .retention_ms = 3600000};
    struct kafka_watermarks watermarks[3];
    struct kafka_admin *admin;
    struct error error = {0};
    int32_t count;
    bool created;

    set_up(&fixture);
    admin = fixture.harness.admin;
    OK(kafka_admin_partitions(admin, "made", &count, &error));
    ck_assert_int_eq(count, 0);
    OK(kafka_admin_ensure_topic(admin, &topic, &created, &error));
    ck_assert(created);
    OK(kafka_admin_ensure_topic(admin, &topic, &created, &error));
    ck_assert(!created);
    OK(kafka_admin_partitions(admin, "made", &count, &error));
    ck_assert_int_eq(count, 3);
    OK(kafka_admin_watermarks(admin, "made", watermarks, 3, &error));
    ck_assert_int_eq(watermarks[2].high, 0);
    topic.partitions = 4;
    ck_assert_int_eq(kafka_admin_ensure_topic(admin, &topic, &created, &error), STATUS_REJECT);
    ck_assert_msg(strstr(error.text, "3 partitions") != NULL, "%s", error.text);
    tear_down(&fixture);
}
END_TEST

/* Made by somebody else, without our settings. */
START_TEST(a_foreign_topic_is_judged)
{
    const struct kafka_topic topic = {.name = "foreign", .partitions = 3, .replicas = 1};
    struct fixture fixture;
    char name[KAFKA_NAME_SIZE];
    struct error error = {0};
    bool created;

    set_up(&fixture);
    kafka_name(&fixture.harness.settings, "foreign", name);
    broker_create_topic(fixture.broker, name, 3);
    ck_assert_int_eq(kafka_admin_ensure_topic(fixture.harness.admin, &topic, &created, &error),
                     STATUS_REJECT);
    ck_assert_msg(strstr(error.text, "message.timestamp.type") != NULL, "%s", error.text);
    tear_down(&fixture);
}
END_TEST

SUITE_MAIN_TIMEOUT("kafka groups", 60, partitions_move_between_members, reads_on_after_a_rebalance,
                   a_member_that_stands_still_is_put_out, a_member_that_stood_still_is_told,
                   commits_are_kept, a_live_member_may_commit_what_others_own,
                   a_commit_on_the_way_out_counts, offsets_are_set_from_outside,
                   offsets_of_an_active_group_are_not_touched, topics_are_made_once,
                   a_foreign_topic_is_judged);
