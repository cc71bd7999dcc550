/* A number of bytes that may be used. Inside the engine only. */
#ifndef TRIBUTARY_ENGINE_BUDGET_H
#define TRIBUTARY_ENGINE_BUDGET_H

#include <stdbool.h>
#include <stddef.h>

struct budget {
    size_t limit;
    size_t used;
};

/* Books `bytes` more; false, and nothing booked, beyond the limit. */
static inline bool budget_take(struct budget *budget, size_t bytes)
{
    if (budget->used > budget->limit || bytes > budget->limit - budget->used)
        return false;
    budget->used += bytes;
    return true;
}

static inline void budget_give(struct budget *budget, size_t bytes)
{
    budget->used -= bytes;
}

#endif
