#include "common/sink/categories.h"

bool categories_refuse(const struct record *record)
{
    return record->feedback != NULL && record->feedback->category.size > 0 &&
           record->category_key == 0;
}

void categories_reject(const struct batch *batch, struct verdicts *verdicts)
{
    for (size_t i = 0; i < batch->count; i++)
        if (categories_refuse(&batch->records[i]))
            verdict_reject(verdicts, i, "category_limit");
}
