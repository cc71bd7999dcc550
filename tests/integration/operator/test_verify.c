/* `tributary verify` on a real installation: it finds nothing where all is well, and whatever is
 * tampered with it names. */
#include "tests/integration/operator/installation.h"
#include "tests/support/proxy/proxy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A little of everything: duplicates, corrections before and after, rejects, blanks at every place.
 */
static void fill(struct installation *s)
{
    int32_t other = (installation_partition("u1") + 1) % PARTITIONS;

    installation_post_blanks(s, FEED_TRANSACTIONS, installation_partition("u1"));
    installation_correct(s, "u1", "f0", "t2", "travel");
    installation_post(s, "u1", "t1", 1000, "food");
    installation_post(s, "u1", "t2", -250, "food");
    installation_post(s, "u1", "t1", 1000, "food");
    installation_post_garbage(s, installation_partition("u1"));
    installation_post_blanks(s, FEED_TRANSACTIONS, installation_partition("u1"));
    installation_post(s, "u1", "t3", 5, "food");
    installation_post(s, "u2", "t1", 77, "rent");
    installation_post_blanks(s, FEED_TRANSACTIONS, other);
    installation_mark(s, other);
    installation_post_blanks(s, FEED_FEEDBACK, installation_partition("u1"));
    installation_correct(s, "u1", "f1", "t1", "fun");
    installation_correct(s, "u1", "f1", "t1", "fun");
    feed_raw(s->feed, FEED_FEEDBACK, other, SLICE_LITERAL("x"), SLICE_LITERAL("garbage"));
    s->ends[FEED_FEEDBACK][other]++;
    installation_post_blanks(s, FEED_FEEDBACK, other);
}

/* Each is done to a healthy database, must be found by that check, and is undone. */
static const struct tampering {
    const char *check;
    const char *harm;
    const char *cure;
} tamperings[] = {
    {"books",
     "UPDATE tributary.source_offsets SET applied = applied + 1 WHERE consumer_group ="
     " 'analytics'",
     "UPDATE tributary.source_offsets SET applied = applied - 1 WHERE consumer_group = "
     "'analytics'"},
    {"rows",
     "CREATE TABLE tributary.kept AS SELECT * FROM tributary.source_offsets WHERE consumer_group ="
     " 'notifier'; DELETE FROM tributary.source_offsets WHERE consumer_group = 'notifier'",
     "INSERT INTO tributary.source_offsets (consumer_group, topic, partition, base, next,"
     " next_source) SELECT consumer_group, topic, partition, base, next, next_source FROM"
     " tributary.kept; DROP TABLE tributary.kept"},
    {"ends",
     "UPDATE tributary.source_offsets SET next = next + 1000, gap = gap + 1000 WHERE topic"
     " = 'feedback'",
     "UPDATE tributary.source_offsets SET next = next - 1000, gap = gap - 1000 WHERE topic ="
     " 'feedback'"},
    {"gaps",
     "UPDATE tributary.source_offsets SET gap = gap + 1, applied = applied - 1"
     " WHERE consumer_group = 'analytics' AND applied > 0",
     "UPDATE tributary.source_offsets SET gap = gap - 1, applied = applied + 1"
     " WHERE consumer_group = 'analytics' AND (topic, partition) IN (SELECT 'classifications',"
     " partition FROM tributary.ledger UNION SELECT 'feedback', partition FROM "
     "tributary.corrections)"},
    {"letters", "UPDATE tributary.dead_letters SET record_offset = record_offset + 1000",
     "UPDATE tributary.dead_letters SET record_offset = record_offset - 1000"},
    {"ledger", "UPDATE tributary.ledger SET source_offset = source_offset + 1000",
     "UPDATE tributary.ledger SET source_offset = source_offset - 1000"},
    {"ledger",
     "CREATE TABLE tributary.kept AS SELECT * FROM tributary.ledger WHERE event_id = 't3'; DELETE"
     " FROM tributary.ledger WHERE event_id = 't3'",
     "INSERT INTO tributary.ledger SELECT * FROM tributary.kept; DROP TABLE tributary.kept"},
    {"events", "UPDATE tributary.ledger SET amount_minor = amount_minor + 1",
     "UPDATE tributary.ledger SET amount_minor = amount_minor - 1"},
    {"events", "UPDATE tributary.ledger SET event_id = 'x' || event_id",
     "UPDATE tributary.ledger SET event_id = substr(event_id, 2)"},
    {"corrections", "UPDATE tributary.corrections SET partition = partition + 100",
     "UPDATE tributary.corrections SET partition = partition - 100"},
    {"categories", "UPDATE tributary.ledger SET correction_offset = correction_offset + 7",
     "UPDATE tributary.ledger SET correction_offset = correction_offset - 7"},
    {"keys", "UPDATE tributary.users SET user_key = user_key + 1",
     "UPDATE tributary.users SET user_key = user_key - 1"},
    {"day_sums", "UPDATE tributary.day_sums SET sum_minor = sum_minor + 1",
     "UPDATE tributary.day_sums SET sum_minor = sum_minor - 1"},
    {"month_sums", "UPDATE tributary.month_sums SET events = events + 1",
     "UPDATE tributary.month_sums SET events = events - 1"},
    {"hour_sums", "UPDATE tributary.tenant_hour_sums_by_partition SET partition = partition + 100",
     "UPDATE tributary.tenant_hour_sums_by_partition SET partition = partition - 100"},
    {"shown", "UPDATE tributary.shown SET source_offset = source_offset + 1000",
     "UPDATE tributary.shown SET source_offset = source_offset - 1000"},
    {"events", "UPDATE tributary.shown SET currency = 'CHF'",
     "UPDATE tributary.shown SET currency = 'EUR'"},
    {"lessons", "UPDATE tributary.lessons SET partition = partition + 100",
     "UPDATE tributary.lessons SET partition = partition - 100"},
    {"halves", "UPDATE tributary.lessons SET learnt = NOT learnt",
     "UPDATE tributary.lessons SET learnt = NOT learnt"},
    {"audit", "UPDATE tributary.weight_counters SET last = last + 1",
     "UPDATE tributary.weight_counters SET last = last - 1"},
    {"audit", "UPDATE tributary.weight_audit SET number = number + 1000",
     "UPDATE tributary.weight_audit SET number = number - 1000"},
    {"audit", "UPDATE tributary.weight_audit SET feedback_hash = feedback_hash + 1",
     "UPDATE tributary.weight_audit SET feedback_hash = feedback_hash - 1"},
    {"weights", "UPDATE tributary.weights SET number = number + 1",
     "UPDATE tributary.weights SET number = number - 1"},
};

/* What verify's line about that check begins with. */
static bool differs(const char *output, const char *check)
{
    char line[64];

    snprintf(line, sizeof line, "DIFFERS %s:", check);
    return strstr(output, line) != NULL;
}

START_TEST(what_is_tampered_with_is_named)
{
    struct installation s;
    char *output;

    installation_init(&s);
    installation_expect(&s, "verify", 0); /* nothing has happened yet */
    fill(&s);
    fleet_start(s.fleet, "a", "tributary-analytics", NULL);
    fleet_start(s.fleet, "l", "tributary-learner", NULL);
    installation_settle(&s, "analytics");
    installation_settle(&s, "learner");
    output = installation_run(&s, "verify --json", 0);
    ck_assert_msg(strstr(output, "\"ok\":true,\"rows\":[") != NULL, "%s", output);
    free(output);
    for (size_t i = 0; i < sizeof tamperings / sizeof tamperings[0]; i++) {
        database_execute(s.uri, tamperings[i].harm);
        output = installation_run(&s, "verify", 1);
        ck_assert_msg(differs(output, tamperings[i].check), "%s: %s\n%s", tamperings[i].check,
                      tamperings[i].harm, output);
        free(output);
        database_execute(s.uri, tamperings[i].cure);
    }
    installation_expect(&s, "verify", 0);
    installation_done(&s);
}
END_TEST

/* Holds the first statement that looks up what became of records of a log. */
static enum proxy_verdict hold_look_up(void *context, const struct proxy_message *message)
{
    static const char wanted[] = "verify_find_";
    bool *held = context;

    if (*held || message->type != 'P' ||
        memmem(message->bytes.data, message->bytes.size, wanted, sizeof wanted - 1) == NULL)
        return PROXY_PASS;
    *held = true;
    return PROXY_HOLD;
}

#define SESSIONS                                                                                   \
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"                     \
    " AND application_name = 'tributary-verify'"

/* Logs take their time, and a snapshot keeps Postgres from cleaning up behind the fleet. */
START_TEST(no_snapshot_is_held_while_the_logs_are_read)
{
    struct installation s;
    OWNED(proxy) proxy = NULL;
    bool held = false;

    installation_init(&s);
    fill(&s);
    fleet_start(s.fleet, "a", "tributary-analytics", NULL);
    installation_settle(&s, "analytics");
    proxy = proxy_start(PROXY_POSTGRES, database_port(s.database));
    proxy_filter_set(proxy, hold_look_up, &held);
    fleet_set_for(s.fleet, "v", "TRIBUTARY_POSTGRES_URI",
                  database_uri_at(s.database, s.uri, proxy_port(proxy)));
    fleet_start(s.fleet, "v", "tributary", (const char *const[]){"verify", NULL});
    ck_assert(proxy_wait(proxy, 1, DONE_MS));
    ck_assert_int_eq(database_number(s.uri, SESSIONS), 1);
    ck_assert_int_eq(database_number(s.uri, SESSIONS " AND xact_start IS NOT NULL"), 0);
    proxy_release(proxy);
    ck_assert_int_eq(fleet_wait_exit(s.fleet, "v", DONE_MS), 0);
    installation_done(&s);
}
END_TEST

START_TEST(a_missing_server_is_69_and_a_mistake_is_2)
{
    struct installation s;

    installation_init(&s);
    installation_expect(&s, "verify --nonsense=1", 2);
    installation_expect(&s, "verify this", 2);
    installation_expect(&s, "verify --postgres-uri=postgresql://x@127.0.0.1:1/x", 69);
    installation_done(&s);
}
END_TEST

SUITE_MAIN_TIMEOUT("verify", 240, what_is_tampered_with_is_named,
                   no_snapshot_is_held_while_the_logs_are_read,
                   a_missing_server_is_69_and_a_mistake_is_2);
