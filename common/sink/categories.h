/* Corrections to a category that is one too many for the tenant: every group refuses them, or one
 * would learn of categories that another has no key for. */
#ifndef TRIBUTARY_SINK_CATEGORIES_H
#define TRIBUTARY_SINK_CATEGORIES_H

#include "common/worker/batch.h"

#include <stdbool.h>

bool categories_refuse(const struct record *record);

/* Rejects those of the batch (category_limit). */
void categories_reject(const struct batch *batch, struct verdicts *verdicts);

#endif
