/* What counts are kept of, beside a merchant and its key (features.h). Inside the engine only. */
#ifndef TRIBUTARY_ENGINE_SUBJECT_H
#define TRIBUTARY_ENGINE_SUBJECT_H

#include <stdint.h>

/* Everything that a tenant's users filed; and of the answers that named a category, how many were
 * corrected, and how many confirmed or let stand (bias.h). Those two count answers, not labels. */
#define ENGINE_SUBJECT_ALL       UINT64_C(1)
#define ENGINE_SUBJECT_CORRECTED UINT64_C(2)
#define ENGINE_SUBJECT_CONFIRMED UINT64_C(3)

/* A merchant category code, 1..9999; 0 for 0. */
uint64_t engine_subject_mcc(int32_t mcc);

#endif
