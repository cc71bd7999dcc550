#include "common/engine/bias.h"

#include <math.h>

/* Right answers to a wrong one, at the least, among what is heard of without a choice. */
#define RIGHT_TO_WRONG 2.0

/* What was filed where no answer stood was not chosen for being wrong: it weakens the bias, and
 * more than its share, since it came first and set what the rest is measured against. */
double bias_of(const struct board *board)
{
    double corrected, confirmed, chosen, asked;

    if (board->tenant == NULL || board->tenant->corrected <= 0)
        return 0;
    corrected = (double)board->tenant->corrected / (double)ENGINE_UNIT;
    confirmed = (double)board->tenant->confirmed / (double)ENGINE_UNIT;
    chosen = 1 - confirmed / (RIGHT_TO_WRONG * corrected);
    if (chosen <= 0)
        return 0;
    asked = corrected / fmax(corrected, board->total - confirmed);
    return fmin(chosen, 1) * asked * asked;
}

/* Three quarters of the way to the square root at the most. On real purchases of which only wrong
 * answers were corrected the root itself is right while lessons come at once, and too sure where
 * they fall further and further behind. */
double bias_confidence(double share, double bias)
{
    return share + 0.75 * bias * (sqrt(share) - share);
}
