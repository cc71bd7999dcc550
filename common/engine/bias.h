/* How one-sided a tenant's feedback is. Where users only correct what is wrong, right answers leave
 * no trace: every correction counts against them, and by their shares they look less sure than
 * they are. Inside the engine only. */
#ifndef TRIBUTARY_ENGINE_BIAS_H
#define TRIBUTARY_ENGINE_BIAS_H

#include "common/engine/board.h"

/* After board_prior. 0: right answers are heard of as wrong ones are, or nothing is known. 1: only
 * wrong ones are. */
double bias_of(const struct board *board);

/* What a share, 0..1, means as a confidence. Keeps the order of shares, 0 and 1. */
double bias_confidence(double share, double bias);

#endif
