/* Assertions that stay on in production: a programming error aborts with file, line and text.
 * Input is never a MUST. */
#ifndef TRIBUTARY_BASE_MUST_H
#define TRIBUTARY_BASE_MUST_H

#include <stdio.h>
#include <stdlib.h>

#define MUST(condition)                                                                            \
    ((condition)                                                                                   \
         ? (void)0                                                                                 \
         : (fprintf(stderr, "%s:%d: MUST failed: %s\n", __FILE__, __LINE__, #condition), abort()))

/* Small allocations of the process's lifetime: out of memory aborts. Anything sized by input is
 * capped before it comes here. */
static inline void *must_alloc(size_t size)
{
    void *memory = calloc(1, size);

    MUST(memory != NULL || size == 0);
    return memory;
}

static inline void *must_realloc(void *old, size_t size)
{
    void *memory = realloc(old, size);

    MUST(memory != NULL);
    return memory;
}

#endif
