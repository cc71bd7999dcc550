/* How often the engine is right on real labelled purchases, with and without its users. */
#include "common/base/must.h"
#include "common/base/timestamp.h"
#include "tests/support/purchases/prequential.h"
#include "tests/support/purchases/purchases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIMULATED = 100000, SIMULATED_USERS = 1000 };

static void print(const char *title, const struct prequential *plan, const struct report *report)
{
    printf("%-22s K=%-2d f=%-4.2g n=%-6zu accuracy %.4f  confidence %.3f  ece %.3f  cov95 %.2f  "
           "seen %.3f  unseen "
           "%.3f  follows %.3f | global %.4f  ece %.3f\n",
           title, plan->detail ? 63 : 16, plan->share, report->count, report->accuracy,
           report->confidence, report->error, report->coverage95, report->seen, report->unseen,
           report->follows, report->global_accuracy, report->global_error);
}

/* Reports the trials from `from` on. */
static struct report run(const struct purchases *purchases, const char *title,
                         const struct prequential *plan, size_t from)
{
    struct trial *trials = prequential_run(purchases, plan);
    struct report report = report_of(trials + from, plan->end - plan->warm - from);

    print(title, plan, &report);
    free(trials);
    return report;
}

static void stream(const struct purchases *purchases, const char *title, size_t warm, size_t end)
{
    static const double shares[] = {0.1, 0.3, 1};
    double sum = 0;
    double error = 0;

    for (int detail = 0; detail < 2; detail++) {
        for (size_t i = 0; i < 3; i++) {
            struct prequential plan = {
                .warm = warm, .end = end, .detail = detail, .share = shares[i], .seed = 1};
            struct report report = run(purchases, title, &plan, 0);

            sum += report.accuracy / 6;
            error += report.error / 6;
        }
    }
    printf("%-22s mean accuracy %.4f, ece %.3f\n", title, sum, error);
}

static void corrections(const struct purchases *purchases, size_t end)
{
    for (int detail = 0; detail < 2; detail++) {
        struct prequential plan = {
            .end = end, .detail = detail, .share = 0.3, .errors = true, .seed = 1};

        run(purchases, "errors, cold, 2nd half", &plan, end / 2);
    }
}

/* From nothing, only wrong answers are corrected, and what is said is learnt that many answers
 * later: how far the users' weights are ahead of the tenant's alone in the second half. */
static void delays(const struct purchases *purchases, const char *title, bool detail, bool silence)
{
    static const struct {
        size_t delay;
        double lag;
    } behind[] = {{0, 0}, {1000, 0}, {10000, 0}, {50000, 0}, {0, 0.2}, {0, 0.5}};

    for (size_t i = 0; i < sizeof behind / sizeof behind[0]; i++) {
        struct prequential plan = {.end = purchases->count,
                                   .detail = detail,
                                   .share = 0.3,
                                   .errors = true,
                                   .unasked = true,
                                   .silence = silence,
                                   .delay = behind[i].delay,
                                   .lag = behind[i].lag,
                                   .seed = 1};
        struct trial *trials = prequential_run(purchases, &plan);
        size_t from = purchases->count / 2;
        struct report report = report_of(trials + from, purchases->count - from);

        printf("%-12s %-8s %6zu + %2.0f %%  accuracy %.4f  global %.4f  ahead %+.4f  confidence "
               "%.3f  ece "
               "%.3f (global %.3f)  review %.3f (right %.2f)\n",
               title, silence ? "silence" : "", plan.delay, plan.lag * 100, report.accuracy,
               report.global_accuracy, report.accuracy - report.global_accuracy, report.confidence,
               report.error, report.global_error, report.review, report.review_right);
        free(trials);
    }
}

static void all_delays(const struct purchases *real)
{
    struct purchases *made = purchases_simulated(SIMULATED, SIMULATED_USERS, 1);

    for (int silence = 0; silence < 2; silence++) {
        delays(made, "simulated", false, silence);
        delays(real, "real K=16", false, silence);
        delays(real, "real K=63", true, silence);
    }
    purchases_free(made);
}

/* From nothing, and right answers are confirmed as wrong ones are corrected. */
static void cold(const struct purchases *purchases)
{
    for (int detail = 0; detail < 2; detail++) {
        struct prequential plan = {
            .end = purchases->count, .detail = detail, .share = 0.3, .seed = 1};

        run(purchases, "any, cold, 2nd half", &plan, purchases->count / 2);
    }
}

int main(int count, char **arguments)
{
    struct purchases *purchases = purchases_load();
    size_t half_year;
    size_t warm;

    if (purchases == NULL)
        return EXIT_SUCCESS;
    half_year = purchases_from(purchases, timestamp_days_of_date(2015, 1, 1));
    warm = purchases_from(purchases, timestamp_days_of_date(2015, 7, 1));
    if (count > 1 && strcmp(arguments[1], "--delays") == 0) {
        cold(purchases);
        all_delays(purchases);
    } else if (count > 1 && strcmp(arguments[1], "--tune") == 0) {
        stream(purchases, "tune 2015-H1", half_year, warm);
        corrections(purchases, warm);
    } else {
        stream(purchases, "stream from 2015-07", warm, purchases->count);
        corrections(purchases, purchases->count);
        cold(purchases);
        all_delays(purchases);
    }
    purchases_free(purchases);
    return EXIT_SUCCESS;
}
