/* Sums by (tenant number, subject, category number), each made of parts, one a source. The memory
 * of engine_counts; knows no names. Inside the engine only. */
#ifndef TRIBUTARY_ENGINE_TABLE_H
#define TRIBUTARY_ENGINE_TABLE_H

#include "common/engine/budget.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table_slot {
    uint64_t subject; /* 0: free */
    uint32_t tenant;
    uint32_t sums;  /* list of entries, one a category: what answers walk */
    uint32_t parts; /* list of entries, one a category and source */
};

struct table_entry {
    int64_t units;
    uint32_t next; /* 0: the last */
    uint16_t category;
    uint16_t source; /* of a part */
};

struct table {
    struct budget *budget;
    struct table_slot *slots; /* open addressing, at most three quarters full */
    size_t slot_capacity;     /* a power of two, or 0 */
    size_t slot_count;
    struct table_entry *entries; /* 0 is never used */
    size_t entry_capacity;
    size_t entry_count;
};

/* Allocates nothing yet. The budget outlives the table. */
void table_init(struct table *table, struct budget *budget);
void table_done(struct table *table);

struct table_key {
    uint64_t subject; /* not 0 */
    uint32_t tenant;
    uint16_t category;
    uint16_t source;
};

/* Replaces a part; the sum follows. False where the budget is used up. */
bool table_set(struct table *table, const struct table_key *key, int64_t units);

/* The first entry of a subject's sums, NULL where there is none; then the next. */
const struct table_entry *table_sums(const struct table *table, uint32_t tenant, uint64_t subject);

static inline const struct table_entry *table_next(const struct table *table,
                                                   const struct table_entry *entry)
{
    return entry->next == 0 ? NULL : &table->entries[entry->next];
}

#endif
