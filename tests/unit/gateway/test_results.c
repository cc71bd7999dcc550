/* Results: one status for the whole, one line for each item. */
#include "producers/gateway/results.h"
#include "tests/support/suite/suite.h"

static struct results results;
static struct buffer out;

static void set_up(size_t count)
{
    results_init(&results, 16);
    results_begin(&results, count, NULL);
    buffer_init(&out, 65536);
}

static void tear_down(void)
{
    results_done(&results);
    buffer_done(&out);
}

static struct event_json_item item_of(const char *id)
{
    return (struct event_json_item){.verdict = EVENT_JSON_OK, .id = slice_of(id)};
}

static void expect(const char *text)
{
    buffer_reset(&out);
    results_write(&results, results_sum(&results), &out);
    ck_assert(!out.overflow);
    buffer_append_byte(&out, 0);
    ck_assert_str_eq(out.data, text);
}

START_TEST(the_whole_follows_from_the_items)
{
    static const struct {
        size_t accepted, rejected, retryable;
        int status;
    } rows[] = {
        {1, 0, 0, 202}, {9, 0, 0, 202}, {1, 1, 0, 207}, {1, 0, 1, 207}, {1, 1, 1, 207},
        {0, 1, 0, 422}, {0, 9, 0, 422}, {0, 0, 1, 503}, {0, 9, 1, 503},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        ck_assert_int_eq(results_status((struct results_sum){rows[i].accepted, rows[i].rejected,
                                                             rows[i].retryable}),
                         rows[i].status);
}
END_TEST

/* Mutation "202 before the ack": an item without a report is none that is accepted. */
START_TEST(what_is_not_reported_is_not_accepted)
{
    struct event_json_item item = item_of("t1");

    set_up(2);
    results_set(&results, 0, &item);
    results_set(&results, 1, &item);
    ck_assert_uint_eq(results_sum(&results).accepted, 0);
    ck_assert_int_eq(results_status(results_sum(&results)), 503);
    results.items[0].status = 202;
    ck_assert_int_eq(results_status(results_sum(&results)), 207);
    results.items[1].status = 202;
    ck_assert_int_eq(results_status(results_sum(&results)), 202);
    tear_down();
}
END_TEST

START_TEST(receipts_and_faults_are_written)
{
    struct event_json_item good = item_of("t1"), bad = item_of("t\"2\n"), blank = item_of("");

    bad.verdict = EVENT_JSON_INVALID;
    bad.reason = "bad_amount";
    bad.detail = "must be a decimal";
    bad.pointer = SLICE_LITERAL("/amount");
    blank.verdict = EVENT_JSON_MALFORMED;
    blank.reason = "json_syntax";
    blank.detail = "must be JSON";
    set_up(4);
    results_set(&results, 0, &good);
    results_set(&results, 1, &bad);
    results_set(&results, 2, &blank);
    results_set(&results, 3, &good);
    results.items[0].status = 202;
    results.items[0].partition = 23;
    results.items[0].offset = INT64_MAX;
    results.items[3].status = 202;
    results.items[3].offset = -1;
    expect("{\"accepted\":2,\"rejected\":2,\"results\":["
           "{\"index\":0,\"id\":\"t1\",\"status\":202,\"partition\":23,"
           "\"offset\":9223372036854775807},"
           "{\"index\":1,\"id\":\"t\\\"2\\n\",\"status\":422,\"reason\":\"bad_amount\","
           "\"pointer\":\"/amount\",\"detail\":\"must be a decimal\"},"
           "{\"index\":2,\"status\":400,\"reason\":\"json_syntax\",\"detail\":\"must be JSON\"},"
           "{\"index\":3,\"id\":\"t1\",\"status\":202,\"partition\":0,\"offset\":null}]}\n");
    tear_down();
}
END_TEST

START_TEST(long_pointers_are_left_out)
{
    static char pointer[RESULTS_POINTER_MAX + 2];
    struct event_json_item item = item_of("t");

    memset(pointer, 'p', sizeof pointer);
    item.verdict = EVENT_JSON_INVALID;
    item.reason = "r";
    item.detail = "d";
    item.pointer = (struct slice){pointer, RESULTS_POINTER_MAX + 1};
    set_up(1);
    results_set(&results, 0, &item);
    expect("{\"accepted\":0,\"rejected\":1,\"results\":["
           "{\"index\":0,\"id\":\"t\",\"status\":422,\"reason\":\"r\",\"detail\":\"d\"}]}\n");
    tear_down();
}
END_TEST

/* The largest answer that there can be fits what is promised for it. */
START_TEST(the_bound_holds)
{
    char id[EVENT_ID_MAX], pointer[RESULTS_POINTER_MAX];
    struct event_json_item item = {.verdict = EVENT_JSON_INVALID,
                                   .reason = "a_reason_of_some_length",
                                   .detail = "a sentence of the length that sentences have here",
                                   .id = {id, sizeof id},
                                   .pointer = {pointer, sizeof pointer}};

    memset(id, 1, sizeof id);
    memset(pointer, 1, sizeof pointer);
    set_up(16);
    for (size_t i = 0; i < 16; i++)
        results_set(&results, i, &item);
    ck_assert(!results.text.overflow);
    buffer_done(&out);
    buffer_init(&out, 17 * RESULTS_ANSWER_BYTES);
    results_write(&results, results_sum(&results), &out);
    ck_assert(!out.overflow);
    ck_assert_uint_gt(out.size, 16 * 6 * (sizeof id + sizeof pointer));
    tear_down();
}
END_TEST

SUITE_MAIN("gateway/results", the_whole_follows_from_the_items,
           what_is_not_reported_is_not_accepted, receipts_and_faults_are_written,
           long_pointers_are_left_out, the_bound_holds);
