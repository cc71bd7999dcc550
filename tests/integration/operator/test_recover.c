/* `tributary offsets recover`, `dead-letters` and `keys` on a real installation. */
#include "common/kafka/consumer.h"
#include "tests/integration/operator/installation.h"
#include "tests/support/process/place.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HAS(text, part) ck_assert_msg(strstr(text, part) != NULL, "no %s in:\n%s", part, text)

static void run_has(struct installation *s, const char *words, int code, const char *part)
{
    char *output = installation_run(s, words, code);

    HAS(output, part);
    free(output);
}

/* Five events, which all groups have had. */
static void fill(struct installation *s)
{
    char sql[512];
    int32_t p = installation_partition("u1");

    for (int i = 0; i < 5; i++) {
        char id[8];

        snprintf(id, sizeof id, "t%d", i);
        installation_post(s, "u1", id, 100 + i, "food");
    }
    installation_correct(s, "u1", "f1", "t1", "fun");
    fleet_start(s->fleet, "a", "tributary-analytics", NULL);
    installation_settle(s, "analytics");
    snprintf(sql, sizeof sql,
             "UPDATE tributary.source_offsets SET next = 5, next_source = 5, duplicate = 5"
             " WHERE consumer_group <> 'analytics' AND topic = 'classifications' AND partition ="
             " %" PRId32,
             p);
    database_execute(s->uri, sql);
}

START_TEST(the_classifier_is_set_back_to_what_readers_want)
{
    struct installation s;
    char *output;

    installation_init(&s);
    fill(&s);
    run_has(&s, "offsets recover", 0, "Nothing needs");
    run_has(&s, "offsets recover --all", 0, "commit 0 -> 5");
    run_has(&s, "offsets recover --all", 0, "commit 0 -> 5"); /* it was only said */
    run_has(&s, "offsets recover --all --execute", 0, "Done: 1 changes");
    run_has(&s, "offsets recover --all", 0, "Nothing needs");

    /* A reader at the end of the outputs that has not had what the classifier committed. */
    database_execute(s.uri, "UPDATE tributary.source_offsets SET next_source = 3, duplicate = 3"
                            " WHERE consumer_group = 'learner' AND next_source = 5");
    run_has(&s, "status", 1, "outputs of the classifier are lost");
    run_has(&s, "offsets recover", 0, "commit 5 -> 3");
    output = installation_run(&s, "offsets recover --json --execute", 0);
    HAS(output, "\"from\":5,\"to\":3");
    free(output);
    run_has(&s, "status", 0, "GROUP");
    installation_done(&s);
}
END_TEST

START_TEST(a_row_outside_of_the_outputs_reads_them_again)
{
    struct installation s;

    installation_init(&s);
    fill(&s);
    run_has(&s, "offsets recover --all --execute", 0, "Done");
    database_execute(s.uri, "UPDATE tributary.source_offsets SET next = 1000"
                            " WHERE consumer_group = 'analytics' AND next_source = 5");
    run_has(&s, "status", 1, "the log ends before it");
    run_has(&s, "offsets recover --execute", 0, "next 1000 -> 0");
    /* The running worker finds another epoch, takes the row anew and reads on. */
    installation_post(&s, "u1", "t6", 1, "food");
    installation_settle(&s, "analytics");
    ck_assert_int_eq(database_number(s.uri, "SELECT max(next) FROM tributary.source_offsets WHERE"
                                            " consumer_group = 'analytics' AND topic ="
                                            " 'classifications'"),
                     6);
    installation_done(&s);
}
END_TEST

START_TEST(nothing_is_done_under_a_running_classifier)
{
    static const char *const topic = "transactions";
    struct installation s;
    struct kafka_settings settings = {.session_timeout_ms = 6000,
                                      .poll_interval_ms = 300000,
                                      .queue_bytes = 1 << 20,
                                      .queue_records = 1000};
    struct kafka_consumer_options options = {.settings = &settings,
                                             .group = "classifier",
                                             .client_id = "test",
                                             .topics = &topic,
                                             .topic_count = 1};
    struct kafka_consumer *member;
    struct kafka_record record;
    struct error error = {0};
    char *status = NULL;

    installation_init(&s);
    fill(&s);
    settings.brokers = broker_address(s.broker);
    settings.prefix = s.prefix;
    ck_assert_int_eq(kafka_consumer_new(&options, &member, &error), STATUS_OK);
    ck_assert_int_eq(kafka_consumer_join(member, &error), STATUS_OK);
    for (int i = 0; i < 100 && (status == NULL || strstr(status, "classifier  stable") == NULL);
         i++) {
        kafka_consumer_poll(member, 200, &record, &error);
        free(status);
        status = installation_run(&s, "status", 0);
    }
    HAS(status, "classifier  stable");
    free(status);
    run_has(&s, "offsets recover --all --execute", 1, "stop them first");
    error_clear(&error);
    ck_assert_int_eq(kafka_consumer_close(member, 10000, &error), STATUS_OK);
    run_has(&s, "offsets recover --all --execute", 0, "Done");
    installation_done(&s);
}
END_TEST

START_TEST(what_is_given_up_is_a_gap_that_verify_finds)
{
    struct installation s;
    char words[160];

    installation_init(&s);
    fill(&s);
    snprintf(words, sizeof words,
             "offsets recover --group=learner --topic=feedback --partition=%" PRId32
             " --skip-to=1 --execute",
             installation_partition("u1"));
    run_has(&s, "offsets recover --skip-to=1", 2, "needs the row");
    run_has(&s, words, 0, "position 0 -> 1");
    run_has(&s, words, 1, "cannot go back");
    ck_assert_int_eq(database_number(s.uri, "SELECT sum(gap) - sum(abs(unaccounted)) FROM"
                                            " tributary.source_offsets WHERE consumer_group ="
                                            " 'learner' AND topic = 'feedback'"),
                     1);
    run_has(&s, "verify", 1, "DIFFERS gaps");
    installation_done(&s);
}
END_TEST

START_TEST(dead_letters_are_listed_and_shown)
{
    struct installation s;
    int32_t p = installation_partition("u1");
    char *output, words[64];
    int64_t id;

    installation_init(&s);
    installation_post_garbage(&s, p);
    installation_post(&s, "u1", "secret-id", INT64_MAX, "food"); /* beyond the limit */
    fleet_start(s.fleet, "a", "tributary-analytics", NULL);
    installation_settle(&s, "analytics");
    output = installation_run(&s, "dead-letters list", 0);
    HAS(output, "bad_magic");
    HAS(output, "amount_range");
    ck_assert_ptr_null(strstr(output, "secret-id"));
    free(output);
    run_has(&s, "dead-letters list --reason=bad_magic --json", 0, "\"group\":\"classifier\"");
    output = installation_run(&s, "dead-letters list --json --since=2999-01-01T00:00:00Z", 0);
    ck_assert_str_eq(output, "");
    free(output);
    installation_expect(&s, "dead-letters list --since=yesterday", 2);
    id = database_number(s.uri, "SELECT id FROM tributary.dead_letters WHERE reason ="
                                " 'amount_range'");
    snprintf(words, sizeof words, "dead-letters show %" PRId64, id);
    run_has(&s, words, 0, "\"id\":\"secret-id\"");
    snprintf(words, sizeof words, "dead-letters show %" PRId64 " --raw", id);
    run_has(&s, words, 0, "\"value_hex\":\"00");
    id = database_number(s.uri, "SELECT id FROM tributary.dead_letters WHERE reason ="
                                " 'bad_magic'");
    snprintf(words, sizeof words, "dead-letters show %" PRId64, id);
    run_has(&s, words, 0, "\"value_hex\":\"67617262616765\""); /* garbage */
    installation_expect(&s, "dead-letters show 999999", 1);
    installation_expect(&s, "dead-letters show x", 2);
    installation_done(&s);
}
END_TEST

SUITE_MAIN_TIMEOUT("recover", 120, the_classifier_is_set_back_to_what_readers_want,
                   a_row_outside_of_the_outputs_reads_them_again,
                   nothing_is_done_under_a_running_classifier,
                   what_is_given_up_is_a_gap_that_verify_finds, dead_letters_are_listed_and_shown);
