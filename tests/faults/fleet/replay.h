/* The audit of the weights, learnt again from the beginning. */
#ifndef TRIBUTARY_TESTS_FAULTS_REPLAY_H
#define TRIBUTARY_TESTS_FAULTS_REPLAY_H

#include <stdint.h>

/* Takes every lesson of the audit in its order, with what was shown and said, by the engine alone:
 * each step must be as the audit has it, and each user's state as it is stored, to the byte. What
 * differs fails the test. How many lessons there are. */
int64_t replay_check(const char *uri);

#endif
