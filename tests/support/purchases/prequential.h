/* The engine on labelled purchases as in life: each is answered first, then perhaps learnt from.
 * Every lesson goes through the same functions as the learner's, every answer through the
 * classifier's. */
#ifndef TRIBUTARY_TESTS_SUPPORT_PREQUENTIAL_H
#define TRIBUTARY_TESTS_SUPPORT_PREQUENTIAL_H

#include "tests/support/purchases/purchases.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct prequential {
    size_t warm;  /* rows that are only learnt, with all their labels */
    size_t end;   /* one past the last row */
    bool detail;  /* 63 categories rather than 16 */
    double share; /* of the answers, or of the wrong ones, that get feedback */
    bool errors;  /* only wrong answers get it */
    bool unasked; /* what the users say whatever the answer is learnt too */
    bool silence; /* an answer without feedback is learnt as weakly confirmed */
    size_t delay; /* answers between one and what is learnt from it */
    double lag;   /* share of the answers so far that are not learnt from yet, besides */
    uint64_t seed;
};

/* One answer. */
struct trial {
    float confidence;
    float global_confidence;
    uint8_t right;
    uint8_t global_right;
    uint8_t seen;  /* the merchant occurs among the warm rows */
    uint8_t after; /* this user's last feedback on the merchant was a correction: 1; the answer
                      follows it: 2 */
};

/* end - warm trials, one a row; the caller frees them. */
struct trial *prequential_run(const struct purchases *purchases, const struct prequential *plan);

/* The notifier's default: whoever is less sure asks the user to look at it. */
#define REPORT_REVIEW_BELOW 0.3

/* What is reported of a run. */
struct report {
    size_t count;
    double accuracy;
    double confidence;   /* mean */
    double error;        /* expected calibration error, 15 bins */
    double review;       /* share of the answers that are less sure than REPORT_REVIEW_BELOW */
    double review_right; /* and how often those are right */
    double coverage95;   /* the largest share of answers, the surest first, that is 95 % right */
    double seen;         /* accuracy where the merchant occurs among the warm rows, and elsewhere */
    double unseen;
    double follows; /* of the answers after a correction, the share that follows it */
    double global_accuracy;
    double global_error;
};

struct report report_of(const struct trial *trials, size_t count);

#endif
