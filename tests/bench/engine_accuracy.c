/* How often the engine is right on real labelled purchases, with and without its users. */
#include "common/base/must.h"
#include "common/base/timestamp.h"
#include "tests/support/purchases/prequential.h"
#include "tests/support/purchases/purchases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

int main(int count, char **arguments)
{
    struct purchases *purchases = purchases_load();
    size_t half_year;
    size_t warm;

    if (purchases == NULL)
        return EXIT_SUCCESS;
    half_year = purchases_from(purchases, timestamp_days_of_date(2015, 1, 1));
    warm = purchases_from(purchases, timestamp_days_of_date(2015, 7, 1));
    if (count > 1 && strcmp(arguments[1], "--tune") == 0) {
        stream(purchases, "tune 2015-H1", half_year, warm);
        corrections(purchases, warm);
    } else {
        stream(purchases, "stream from 2015-07", warm, purchases->count);
        corrections(purchases, purchases->count);
    }
    purchases_free(purchases);
    return EXIT_SUCCESS;
}
