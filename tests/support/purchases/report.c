#include "tests/support/purchases/prequential.h"

#include "common/base/must.h"

#include <stdlib.h>
#include <string.h>

enum { BINS = 15 };

struct bins {
    double right[BINS];
    double confidence[BINS];
};

static void bins_add(struct bins *bins, float confidence, uint8_t right)
{
    int bin = (int)(confidence * (float)BINS);

    bin = bin >= BINS ? BINS - 1 : bin;
    bins->right[bin] += right;
    bins->confidence[bin] += confidence;
}

static double bins_error(const struct bins *bins, size_t count)
{
    double error = 0;

    for (int i = 0; i < BINS; i++) {
        double gap = bins->right[i] - bins->confidence[i];

        error += gap < 0 ? -gap : gap;
    }
    return error / (double)count;
}

static int surest_first(const void *a, const void *b)
{
    const struct trial *one = a;
    const struct trial *other = b;

    return one->confidence > other->confidence ? -1 : one->confidence < other->confidence;
}

static double coverage_at(const struct trial *trials, size_t count, double precision)
{
    struct trial *sorted = must_alloc(count * sizeof *sorted);
    size_t right = 0;
    size_t best = 0;

    memcpy(sorted, trials, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, surest_first);
    for (size_t i = 0; i < count; i++) {
        right += sorted[i].right;
        if ((double)right >= precision * (double)(i + 1))
            best = i + 1;
    }
    free(sorted);
    return (double)best / (double)count;
}

struct report report_of(const struct trial *trials, size_t count)
{
    struct bins bins = {.right = {0}};
    struct bins global_bins = {.right = {0}};
    double right[2] = {0};
    double all[2] = {0};
    double follows[3] = {0};
    double global = 0;
    double confidence = 0;
    double doubtful[2] = {0};

    for (size_t i = 0; i < count; i++) {
        const struct trial *trial = &trials[i];

        right[trial->seen] += trial->right;
        all[trial->seen]++;
        follows[trial->after]++;
        global += trial->global_right;
        confidence += (double)trial->confidence;
        if ((double)trial->confidence < REPORT_REVIEW_BELOW)
            doubtful[trial->right]++;
        bins_add(&bins, trial->confidence, trial->right);
        bins_add(&global_bins, trial->global_confidence, trial->global_right);
    }
    return (struct report){.count = count,
                           .accuracy = (right[0] + right[1]) / (double)count,
                           .confidence = confidence / (double)count,
                           .error = bins_error(&bins, count),
                           .review = (doubtful[0] + doubtful[1]) / (double)count,
                           .review_right = doubtful[1] / (doubtful[0] + doubtful[1] + 1e-9),
                           .coverage95 = coverage_at(trials, count, 0.95),
                           .seen = all[1] > 0 ? right[1] / all[1] : 0,
                           .unseen = all[0] > 0 ? right[0] / all[0] : 0,
                           .follows = follows[2] / (follows[1] + follows[2] + 1e-9),
                           .global_accuracy = global / (double)count,
                           .global_error = bins_error(&global_bins, count)};
}
