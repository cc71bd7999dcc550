/* What the importer takes for the answer when a classifier wrote twice: the go-back rule, with the
 * test as the classifier. */
#include "common/codec/codec.h"
#include "tests/support/feeders/feeders.h"
#include "tests/support/gateway/topic.h"
#include "tests/support/suite/suite.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROWS = 40, PATH_BYTES = 300, WAIT_MS = 30000 };

/* Of every partition: its transactions, by offset. */
struct sources {
    struct arena *arena;
    struct transaction items[RIG_PARTITIONS][ROWS];
    int64_t count[RIG_PARTITIONS];
    int64_t total;
};

static void seen(void *context, const struct kafka_record *record)
{
    struct sources *sources = context;
    struct slice value = arena_copy(sources->arena, record->value);
    struct error error = {0};

    ck_assert_int_eq(record->offset, sources->count[record->partition]);
    ck_assert_int_eq(codec_decode_transaction(value, sources->arena,
                                              &sources->items[record->partition][record->offset],
                                              &error),
                     STATUS_OK);
    sources->count[record->partition]++;
    sources->total++;
}

/* Waits until all rows are posted. */
static void wait_for_rows(struct feeders *feeders, struct sources *sources)
{
    for (int waited = 0; waited < WAIT_MS; waited += 100) {
        arena_reset(sources->arena);
        sources->total = 0;
        memset(sources->count, 0, sizeof sources->count);
        topic_read(broker_address(feeders->rig.broker), feeders->rig.prefix, "transactions",
                   RIG_PARTITIONS, seen, sources);
        if (sources->total == ROWS)
            return;
        rig_sleep(100);
    }
    ck_abort_msg("not all rows came");
}

static void answer(struct feeders *feeders, int32_t partition, int64_t offset,
                   const struct transaction *transaction, const char *category)
{
    const struct reason reason = {.source = DECIDER_MODEL,
                                  .category = SLICE_LITERAL("right"),
                                  .confidence = 0.5F,
                                  .evidence = 1};
    const struct classification output = {.from = offset,
                                          .to = offset,
                                          .outcome = OUTCOME_CLASSIFIED,
                                          .transaction = transaction,
                                          .category = slice_of(category),
                                          .confidence = 0.5F,
                                          .decided_by = DECIDER_MODEL,
                                          .model_version = SLICE_LITERAL("test"),
                                          .reasons = &reason,
                                          .reasons_count = 1,
                                          .classified_at = transaction->received_at};

    feed_classification(feeders->rig.feed, partition, &output);
}

/* Every output once too early and wrong, then in order and right, then again and wrong. */
static void answer_all(struct feeders *feeders, const struct sources *sources)
{
    for (int32_t p = 0; p < RIG_PARTITIONS; p++) {
        for (int64_t i = sources->count[p] - 1; i > 0; i--)
            answer(feeders, p, i, &sources->items[p][i], "wrong");
        for (int64_t i = 0; i < sources->count[p]; i++) {
            answer(feeders, p, i, &sources->items[p][i], "right");
            answer(feeders, p, i, &sources->items[p][i], "wrong");
        }
    }
    feed_flush(feeders->rig.feed);
}

START_TEST(the_first_in_sequence_counts)
{
    struct sources *sources = calloc(1, sizeof *sources);
    char file[PATH_BYTES], report_path[PATH_BYTES], *report;
    struct feeders feeders;
    FILE *rows;

    feeders_init(&feeders);
    snprintf(file, sizeof file, "%s", feeders_path(&feeders, "rows.csv"));
    snprintf(report_path, sizeof report_path, "%s", feeders_path(&feeders, "first.json"));
    rows = fopen(file, "we");
    ck_assert_ptr_nonnull(rows);
    fprintf(rows, "date,user,amount,merchant,primary\n");
    for (int i = 0; i < ROWS; i++)
        fprintf(rows, "2025-01-01,u%d,1,m,right\n", i);
    fclose(rows);
    rig_start(&feeders.rig, "gateway", "gateway");
    fleet_start(feeders.rig.fleet, "import", "tributary-importer",
                (const char *const[]){file, "--correct", "1", "--report", report_path, NULL});
    sources->arena = arena_new(1 << 20);
    wait_for_rows(&feeders, sources);
    answer_all(&feeders, sources);
    ck_assert_int_eq(fleet_wait_exit(feeders.rig.fleet, "import", WAIT_MS), 0);
    report = calloc(1, 65536);
    rows = fopen(report_path, "re");
    ck_assert_ptr_nonnull(rows);
    ck_assert_uint_gt(fread(report, 1, 65535, rows), 0);
    fclose(rows);
    ck_assert_double_eq(feeders_number(report, "classified"), ROWS);
    ck_assert_double_eq(feeders_number(report, "with_users"), 1);
    ck_assert_double_eq(feeders_number(report, "global"), 1);
    ck_assert_double_eq(feeders_number(report, "corrections"), 0);
    free(report);
    arena_free(sources->arena);
    free(sources);
    feeders_done(&feeders);
}
END_TEST

SUITE_MAIN_TIMEOUT("integration/importer/sequence", 90, the_first_in_sequence_counts);
