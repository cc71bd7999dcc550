/* On a part of the real stream the engine is as good as it was measured to be, and its users make
 * it better. The whole of it: bench-engine-accuracy. */
#include "common/base/timestamp.h"
#include "tests/support/purchases/prequential.h"
#include "tests/support/purchases/purchases.h"
#include "tests/support/suite/suite.h"

#include <stdio.h>
#include <stdlib.h>

enum { TRIALS = 6000 };

static struct report run(const struct purchases *purchases, const struct prequential *plan)
{
    struct trial *trials = prequential_run(purchases, plan);
    struct report report = report_of(trials, plan->end - plan->warm);

    free(trials);
    return report;
}

START_TEST(accuracy_holds)
{
    struct purchases *purchases = purchases_load();
    struct prequential plan = {.share = 0.3, .seed = 1};
    struct report report;

    if (purchases == NULL)
        return;
    plan.warm = purchases_from(purchases, timestamp_days_of_date(2015, 1, 1));
    plan.end = plan.warm + TRIALS;
    report = run(purchases, &plan);
    printf("accuracy %.4f, calibration error %.3f, global alone %.4f\n", report.accuracy,
           report.error, report.global_accuracy);
    ck_assert_double_gt(report.accuracy, 0.72);
    ck_assert_double_lt(report.error, 0.05);
    ck_assert_double_gt(report.accuracy, report.global_accuracy + 0.08);
    purchases_free(purchases);
}
END_TEST

/* From nothing, and only wrong answers are corrected: as a demo with this file works. */
START_TEST(corrections_alone_teach)
{
    struct purchases *purchases = purchases_load();
    struct prequential plan = {.end = 2 * TRIALS, .share = 0.3, .errors = true, .seed = 1};
    struct trial *trials;
    struct report report;

    if (purchases == NULL)
        return;
    trials = prequential_run(purchases, &plan);
    report = report_of(trials + TRIALS, TRIALS);
    printf("accuracy %.4f, global alone %.4f, a correction holds %.3f\n", report.accuracy,
           report.global_accuracy, report.follows);
    ck_assert_double_gt(report.accuracy, 0.6);
    ck_assert_double_gt(report.accuracy, report.global_accuracy + 0.05);
    ck_assert_double_gt(report.follows, 0.98);
    ck_assert_double_lt(report.error, 0.16);
    free(trials);
    purchases_free(purchases);
}
END_TEST

/* A short run with few lessons a user, each of them learnt late. */
START_TEST(users_are_no_worse_than_all_where_lessons_come_late)
{
    static const struct {
        size_t delay;
        double lag;
    } behind[] = {{0, 0}, {1000, 0}, {5000, 0}, {0, 0.2}, {0, 0.5}};
    struct purchases *purchases = purchases_simulated(2 * TRIALS, 240, 1);

    for (size_t i = 0; i < sizeof behind / sizeof behind[0]; i++) {
        struct prequential plan = {.end = purchases->count,
                                   .share = 0.3,
                                   .errors = true,
                                   .unasked = true,
                                   .delay = behind[i].delay,
                                   .lag = behind[i].lag,
                                   .seed = 1};
        struct trial *trials = prequential_run(purchases, &plan);
        struct report report = report_of(trials + plan.end / 2, purchases->count - plan.end / 2);

        printf("%zu + %.0f %% behind: accuracy %.4f, global alone %.4f, calibration error %.3f, "
               "review "
               "%.3f\n",
               plan.delay, plan.lag * 100, report.accuracy, report.global_accuracy, report.error,
               report.review);
        ck_assert_double_gt(report.accuracy, report.global_accuracy);
        ck_assert_double_lt(report.error, 0.14);
        ck_assert_double_lt(report.review, 0.05);
        free(trials);
    }
    purchases_free(purchases);
}
END_TEST

SUITE_MAIN_TIMEOUT("accuracy", 60, accuracy_holds, corrections_alone_teach,
                   users_are_no_worse_than_all_where_lessons_come_late);
