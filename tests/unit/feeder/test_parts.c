/* producers/feeder: its pure parts. */
#include "common/base/random.h"
#include "producers/feeder/answer.h"
#include "producers/feeder/batch.h"
#include "producers/feeder/correction.h"
#include "producers/feeder/marks.h"
#include "producers/feeder/pending.h"
#include "producers/feeder/progress.h"
#include "producers/feeder/report.h"
#include "producers/feeder/scores.h"
#include "producers/feeder/sightings.h"
#include "tests/support/suite/suite.h"

#include <stdio.h>
#include <stdlib.h>

static enum status parse(const char *text, struct feeder_outcome *outcomes, size_t count,
                         struct arena *arena)
{
    OWNED(json_parser) parser = json_parser_new();
    struct error error = {0};

    return feeder_answer_parse(parser, slice_of(text), arena, outcomes, count, &error);
}

START_TEST(answers_are_read_item_by_item)
{
    struct arena *arena = arena_new(1 << 16);
    struct feeder_outcome out[4];

    ck_assert_int_eq(
        parse("{\"accepted\":1,\"x\":{\"results\":[{\"index\":99,\"status\":202}]},\"results\":["
              "{\"status\":202,\"index\":2,\"id\":\"c\",\"partition\":3,\"offset\":17,"
              "\"more\":{\"index\":0,\"status\":202}},"
              "{\"index\":0,\"status\":422,\"reason\":\"bad_text\",\"pointer\":\"/id\"},"
              "{\"index\":1,\"status\":503}],\"rejected\":2}",
              out, 4, arena),
        STATUS_OK);
    ck_assert_int_eq(out[0].result, FEEDER_REJECTED);
    ck_assert(slice_equal(out[0].reason, SLICE_LITERAL("bad_text")));
    ck_assert(slice_equal(out[0].pointer, SLICE_LITERAL("/id")));
    ck_assert_int_eq(out[1].result, FEEDER_UNKNOWN);
    ck_assert_int_eq(out[2].result, FEEDER_ACCEPTED);
    ck_assert_int_eq(out[2].partition, 3);
    ck_assert_int_eq(out[2].offset, 17);
    ck_assert_int_eq(out[3].result, FEEDER_UNKNOWN);
    arena_free(arena);
}
END_TEST

START_TEST(what_is_no_answer_is_refused)
{
    static const char *const bad[] = {
        "",
        "ok",
        "{}",
        "[]",
        "{\"results\":{}}",
        "{\"results\":[{\"index\":2,\"status\":202}]}",
        "{\"results\":[{\"index\":-1,\"status\":202}]}",
        "{\"results\":[{\"index\":1e3,\"status\":202}]}",
        "{\"results\":[{\"index\":99999999999999999999,\"status\":202}]}",
        "{\"results\":[{\"status\":202}]}",
        "{\"results\":[{\"index\":0,\"status\":202}",
    };
    struct arena *arena = arena_new(1 << 16);
    struct feeder_outcome out[2];

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_int_eq(parse(bad[i], out, 2, arena), STATUS_REJECT);
    arena_free(arena);
}
END_TEST

START_TEST(a_batch_keeps_what_is_marked)
{
    const bool marked[] = {false, true, false, true}, first[] = {false, true, true, true};
    struct feeder_batch batch;

    feeder_batch_init(&batch, 4);
    for (uint64_t i = 0; i < 5; i++) {
        char id[8], line[16];
        struct feeder_post post = {.ticket = i};

        snprintf(id, sizeof id, "%c", (char)('a' + i));
        snprintf(line, sizeof line, "{%.*s}", (int)i + 1, "xxxxxx");
        post.id = slice_of(id);
        post.line = slice_of(line);
        ck_assert_int_eq(feeder_batch_add(&batch, &post), i < 4);
    }
    /* Twice, as the second time what has moved is moved again. */
    for (int i = 0; i < 2; i++) {
        feeder_batch_keep(&batch, i == 0 ? first : (const bool[]){true, true, true});
        ck_assert_uint_eq(batch.count, 3);
        ck_assert(slice_equal(buffer_slice(&batch.body), SLICE_LITERAL("{xx}\n{xxx}\n{xxxx}\n")));
    }
    feeder_batch_keep(&batch, marked);
    ck_assert_uint_eq(batch.count, 1);
    ck_assert(slice_equal(buffer_slice(&batch.body), SLICE_LITERAL("{xxx}\n")));
    ck_assert_uint_eq(batch.items[0].ticket, 2);
    ck_assert(slice_equal(feeder_item_id(&batch.items[0]), SLICE_LITERAL("c")));
    feeder_batch_done(&batch);
}
END_TEST

START_TEST(marks_follow_the_oldest_that_is_open)
{
    struct feeder_marks marks;

    feeder_marks_init(&marks, (struct feeder_place){7, 70});
    ck_assert_uint_eq(feeder_marks_place(&marks).at, 7);
    for (uint64_t i = 0; i < 4; i++)
        ck_assert_uint_eq(feeder_marks_open(&marks, (struct feeder_place){10 + i, 100 + 10 * i}),
                          i);
    feeder_marks_hold(&marks, 1);
    feeder_marks_drop(&marks, 2);
    ck_assert_uint_eq(feeder_marks_place(&marks).at, 7);
    feeder_marks_drop(&marks, 0);
    ck_assert_uint_eq(feeder_marks_place(&marks).at, 10);
    feeder_marks_drop(&marks, 1);
    ck_assert_uint_eq(feeder_marks_place(&marks).at, 10);
    feeder_marks_drop(&marks, 1);
    ck_assert_uint_eq(feeder_marks_place(&marks).at, 12);
    ck_assert_uint_eq(feeder_marks_place(&marks).check, 120);
    while (!feeder_marks_full(&marks))
        (void)feeder_marks_open(&marks, (struct feeder_place){100, 0});
    ck_assert_uint_eq(marks.next - marks.first, FEEDER_MARKS);
    feeder_marks_done(&marks);
}
END_TEST

static struct feeder_event event_of(const char *user, const char *id, const char *label)
{
    struct feeder_event event = {.kind = EVENT_TRANSACTION, .label = slice_of(label)};

    event.transaction =
        (struct transaction){.user = slice_of(user), .id = slice_of(id), .occurred_at = 5};
    return event;
}

/* Against a plain list. */
START_TEST(pending_events_are_found)
{
    enum { CAPACITY = 50, IDS = 120, TURNS = 20000 };
    struct feeder_pending pending;
    bool there[IDS] = {false};
    size_t count = 0;
    struct random random;

    random_init(&random, suite_seed());
    feeder_pending_init(&pending, CAPACITY);
    for (int i = 0; i < TURNS; i++) {
        size_t which = (size_t)random_below(&random, IDS);
        struct feeder_waiting *waiting;
        struct feeder_event event;
        char id[16];
        uint64_t key;

        snprintf(id, sizeof id, "id%zu", which);
        event = event_of("u", id, "l");
        key = feeder_pending_key(event.transaction.user, event.transaction.id);
        waiting = feeder_pending_find(&pending, key);
        ck_assert_int_eq(waiting != NULL, there[which]);
        if (waiting != NULL && random_below(&random, 2) == 0) {
            feeder_pending_remove(&pending, waiting);
            there[which] = false;
            count--;
        } else {
            bool added = feeder_pending_add(&pending, key, &event) != NULL;

            ck_assert_int_eq(added, !there[which] && count < CAPACITY);
            there[which] |= added;
            count += added;
        }
        ck_assert_uint_eq(pending.count, count);
    }
    feeder_pending_done(&pending);
}
END_TEST

START_TEST(users_and_ids_do_not_run_together)
{
    ck_assert_uint_ne(feeder_pending_key(SLICE_LITERAL("ab"), SLICE_LITERAL("c")),
                      feeder_pending_key(SLICE_LITERAL("a"), SLICE_LITERAL("bc")));
}
END_TEST

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

START_TEST(percentiles_are_near_the_exact_ones)
{
    enum { COUNT = 5000 };
    static const double percents[] = {1, 50, 90, 99, 100};
    struct feeder_latency *latency = calloc(1, sizeof *latency);
    int64_t *times = calloc(COUNT, sizeof *times);
    struct random random;

    ck_assert_int_eq(feeder_latency_percentile(latency, 50), 0);
    random_init(&random, suite_seed());
    for (int i = 0; i < COUNT; i++) {
        times[i] = (int64_t)(random_next(&random) >> (32 + random_below(&random, 32)));
        feeder_latency_add(latency, times[i]);
    }
    qsort(times, COUNT, sizeof *times, by_value);
    for (size_t i = 0; i < sizeof percents / sizeof percents[0]; i++) {
        size_t rank = (size_t)(percents[i] * (double)COUNT / 100);
        int64_t exact = times[rank == 0 ? 0 : rank - 1];
        int64_t got = feeder_latency_percentile(latency, percents[i]);

        ck_assert_int_ge(got, exact);
        ck_assert_int_le(got, exact + exact / 64 + 1);
    }
    free(times);
    free(latency);
}
END_TEST

START_TEST(scores_begin_in_the_middle)
{
    struct feeder_scores *scores = calloc(1, sizeof *scores);

    scores->from = 2;
    feeder_scores_add(scores, 1, true, true);
    feeder_scores_add(scores, 2, true, false);
    feeder_scores_add(scores, 3, false, true);
    feeder_scores_add(scores, 9, false, true);
    ck_assert_uint_eq(scores->count, 3);
    ck_assert_uint_eq(scores->global_right, 1);
    ck_assert_uint_eq(scores->users_right, 2);
    free(scores);
}
END_TEST

static struct feeder_correction correction_of(const char *user, const char *id)
{
    struct feeder_event event = event_of(user, id, "fuel");
    struct feeder_correction correction;
    struct feeder_waiting *waiting;
    struct feeder_pending pending;

    feeder_pending_init(&pending, 1);
    waiting = feeder_pending_add(&pending, 1, &event);
    feeder_correction_make(waiting, &correction);
    feeder_pending_done(&pending);
    return correction;
}

START_TEST(corrections_are_the_same_each_time)
{
    struct feeder_correction a = correction_of("u1", "t1"), b = correction_of("u1", "t1");
    struct feeder_correction c = correction_of("u2", "t1"), d = correction_of("u", "1t1");
    struct feedback feedback = feeder_correction_feedback(&a);
    struct event_fault fault;

    ck_assert_str_eq(a.id, b.id);
    ck_assert_str_ne(a.id, c.id);
    ck_assert_str_ne(a.id, d.id);
    ck_assert(slice_equal(feedback.transaction_id, SLICE_LITERAL("t1")));
    ck_assert(slice_equal(feedback.category, SLICE_LITERAL("fuel")));
    feedback.tenant = SLICE_LITERAL("acme");
    feedback.occurred_at = feedback.received_at = EVENT_OCCURRED_MIN;
    ck_assert(event_check_feedback(&feedback, &fault));
}
END_TEST

START_TEST(the_share_is_that_of_the_ids)
{
    enum { IDS = 20000 };
    int chosen = 0, same = 0, other = 0;

    for (int i = 0; i < IDS; i++) {
        char text[16];
        struct slice id;
        bool first;

        snprintf(text, sizeof text, "t%d", i);
        id = slice_of(text);
        first = feeder_correction_chosen(1, 0.3, id);
        chosen += first;
        same += first == feeder_correction_chosen(1, 0.3, id);
        other += first == feeder_correction_chosen(2, 0.3, id);
        ck_assert(!feeder_correction_chosen(1, 0, id));
        ck_assert(feeder_correction_chosen(1, 1, id));
    }
    ck_assert_int_gt(chosen, IDS * 28 / 100);
    ck_assert_int_lt(chosen, IDS * 32 / 100);
    ck_assert_int_eq(same, IDS);
    ck_assert_int_lt(other, IDS * 65 / 100);
}
END_TEST

START_TEST(the_global_opinion_is_the_models)
{
    const struct transaction transaction = {.id = SLICE_LITERAL("t"), .user = SLICE_LITERAL("u")};
    const struct reason reasons[] = {{.source = DECIDER_USER, .category = SLICE_LITERAL("a")},
                                     {.source = DECIDER_MODEL, .category = SLICE_LITERAL("b")}};
    struct classification out = {.outcome = OUTCOME_CLASSIFIED,
                                 .transaction = &transaction,
                                 .category = SLICE_LITERAL("a"),
                                 .reasons = reasons,
                                 .reasons_count = 2};
    struct feeder_sighting sighting;

    ck_assert(feeder_sighting_of(&out, &sighting));
    ck_assert_uint_eq(sighting.key, feeder_pending_key(transaction.user, transaction.id));
    ck_assert(sighting.classified && sighting.category[0] == 'a' && sighting.global[0] == 'b');
    out.reasons_count = 1;
    ck_assert(feeder_sighting_of(&out, &sighting));
    ck_assert_uint_eq(sighting.global_size, 0);
    out = (struct classification){.outcome = OUTCOME_MARKER};
    ck_assert(!feeder_sighting_of(&out, &sighting));
    out = (struct classification){.outcome = OUTCOME_REJECTED};
    ck_assert(!feeder_sighting_of(&out, &sighting));
}
END_TEST

static const char *progress_text(const struct feeder_progress *progress, bool bar,
                                 struct buffer *out)
{
    buffer_reset(out);
    feeder_progress_write(progress, bar, out);
    buffer_append_byte(out, '\0');
    return out->data;
}

START_TEST(the_progress_can_be_read)
{
    struct feeder_progress progress = {"importer", 76826, 153652, 0, 31204.4};
    struct buffer out;

    buffer_init(&out, 1024);
    ck_assert_str_eq(progress_text(&progress, true, &out),
                     "importer [############............]  50 %  76,826/153,652  31,204/s  0:02 "
                     "left");
    progress.rate = 5;
    progress.rejected = 1234;
    ck_assert_str_eq(progress_text(&progress, false, &out),
                     "importer  50 %  76,826/153,652  5/s  4:16:05 left  1,234 rejected");
    progress = (struct feeder_progress){"simulator", 999, 0, 0, 0};
    ck_assert_str_eq(progress_text(&progress, true, &out), "simulator 999  0/s");
    progress = (struct feeder_progress){"simulator", 1001, 1000, 0, 7};
    ck_assert_str_eq(progress_text(&progress, false, &out), "simulator 100 %  1,000/1,000  7/s");
    buffer_done(&out);
}
END_TEST

START_TEST(the_report_counts_reasons)
{
    struct feeder_report *report = calloc(1, sizeof *report);
    struct buffer json, text;

    report->program = "importer";
    report->ends = "";
    report->complete = report->watched = true;
    report->elapsed_us = 2000000;
    report->events.accepted = 100;
    for (int i = 0; i < 2 * FEEDER_REASONS_MAX; i++) {
        char reason[16];

        snprintf(reason, sizeof reason, "reason_%d", i);
        feeder_report_reject(report, slice_of(reason));
    }
    feeder_report_reject(report, SLICE_LITERAL("reason_3"));
    ck_assert_uint_eq(report->reasons[3].count, 2);
    ck_assert_str_eq(report->reasons[FEEDER_REASONS_MAX - 1].name, "other");
    ck_assert_uint_eq(report->reasons[FEEDER_REASONS_MAX - 1].count, FEEDER_REASONS_MAX + 1);
    report->scores.count = 10;
    report->scores.users_right = 9;
    report->scores.global_right = 7;
    feeder_latency_add(&report->scores.latency, 20);
    buffer_init(&json, FEEDER_REPORT_BYTES);
    buffer_init(&text, FEEDER_REPORT_BYTES);
    feeder_report_write_json(report, &json);
    feeder_report_write_text(report, &text);
    ck_assert(!json.overflow && !text.overflow);
    buffer_append_byte(&json, '\0');
    ck_assert_ptr_nonnull(strstr(json.data, "\"events_per_second\":50"));
    ck_assert_ptr_nonnull(
        strstr(json.data, "\"accuracy\":{\"events\":10,\"global\":0.7,\"with_users\":0.9}"));
    ck_assert_ptr_nonnull(strstr(json.data, "\"latency_ms\":{\"p50\":0.02,\"p99\":0.02}"));
    buffer_done(&json);
    buffer_done(&text);
    free(report);
}
END_TEST

SUITE_MAIN("feeder/parts", answers_are_read_item_by_item, what_is_no_answer_is_refused,
           a_batch_keeps_what_is_marked, marks_follow_the_oldest_that_is_open,
           pending_events_are_found, users_and_ids_do_not_run_together,
           percentiles_are_near_the_exact_ones, scores_begin_in_the_middle,
           corrections_are_the_same_each_time, the_share_is_that_of_the_ids,
           the_global_opinion_is_the_models, the_progress_can_be_read, the_report_counts_reasons);
