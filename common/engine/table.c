#include "common/engine/table.h"

#include "common/base/must.h"

#include <stdlib.h>

enum { CAPACITY_FIRST = 64 };

void table_init(struct table *table, struct budget *budget)
{
    *table = (struct table){.budget = budget, .entry_count = 1};
}

void table_done(struct table *table)
{
    free(table->slots);
    free(table->entries);
    *table = (struct table){.budget = NULL};
}

/* Subjects are hashes already; the tenant is spread over the bits that the mask keeps. */
static size_t place_of(const struct table *table, uint32_t tenant, uint64_t subject)
{
    uint64_t mixed =
        (subject ^ (uint64_t)tenant * UINT64_C(0x9e3779b97f4a7c15)) * UINT64_C(0xff51afd7ed558ccd);

    return (size_t)(mixed >> 32) & (table->slot_capacity - 1);
}

/* The subject's slot, or the free one where it belongs. There is always a free one. */
static struct table_slot *slot_find(const struct table *table, uint32_t tenant, uint64_t subject)
{
    size_t place = place_of(table, tenant, subject);

    while (table->slots[place].subject != 0) {
        struct table_slot *slot = &table->slots[place];

        if (slot->subject == subject && slot->tenant == tenant)
            return slot;
        place = (place + 1) & (table->slot_capacity - 1);
    }
    return &table->slots[place];
}

static bool grow_slots(struct table *table)
{
    size_t old_capacity = table->slot_capacity;
    struct table_slot *old = table->slots;
    size_t capacity = old_capacity == 0 ? CAPACITY_FIRST : old_capacity * 2;

    if (!budget_take(table->budget, capacity * sizeof *table->slots))
        return false;
    table->slots = must_alloc(capacity * sizeof *table->slots);
    table->slot_capacity = capacity;
    for (size_t i = 0; i < old_capacity; i++) {
        if (old[i].subject != 0)
            *slot_find(table, old[i].tenant, old[i].subject) = old[i];
    }
    free(old);
    budget_give(table->budget, old_capacity * sizeof *table->slots);
    return true;
}

/* The subject's slot, made where it is missing; NULL where there is no room. */
static struct table_slot *slot_add(struct table *table, uint32_t tenant, uint64_t subject)
{
    struct table_slot *slot;

    if (table->slot_count * 4 >= table->slot_capacity * 3 && !grow_slots(table))
        return NULL;
    slot = slot_find(table, tenant, subject);
    if (slot->subject == 0) {
        *slot = (struct table_slot){.subject = subject, .tenant = tenant};
        table->slot_count++;
    }
    return slot;
}

/* Room for `more` entries, so that a row goes in whole or not at all. */
static bool reserve_entries(struct table *table, size_t more)
{
    size_t capacity = table->entry_capacity == 0 ? CAPACITY_FIRST : table->entry_capacity * 2;

    if (table->entry_count + more <= table->entry_capacity)
        return true;
    if (!budget_take(table->budget, (capacity - table->entry_capacity) * sizeof *table->entries))
        return false;
    table->entries = must_realloc(table->entries, capacity * sizeof *table->entries);
    table->entry_capacity = capacity;
    return true;
}

static struct table_entry *entry_find(const struct table *table, uint32_t list, uint16_t category,
                                      uint16_t source)
{
    for (uint32_t i = list; i != 0; i = table->entries[i].next) {
        struct table_entry *entry = &table->entries[i];

        if (entry->category == category && entry->source == source)
            return entry;
    }
    return NULL;
}

/* The list's entry, made where it is missing; room is reserved. */
static struct table_entry *entry_add(struct table *table, uint32_t *list, uint16_t category,
                                     uint16_t source)
{
    struct table_entry *entry = entry_find(table, *list, category, source);

    if (entry != NULL)
        return entry;
    entry = &table->entries[table->entry_count];
    *entry = (struct table_entry){.next = *list, .category = category, .source = source};
    *list = (uint32_t)table->entry_count++;
    return entry;
}

/* A part that is there is replaced even where the budget is used up. */
static bool is_held(const struct table *table, const struct table_key *key)
{
    const struct table_slot *slot;

    if (table->slot_capacity == 0)
        return false;
    slot = slot_find(table, key->tenant, key->subject);
    return entry_find(table, slot->parts, key->category, key->source) != NULL;
}

bool table_set(struct table *table, const struct table_key *key, int64_t units)
{
    struct table_slot *slot;
    struct table_entry *part;
    int64_t change;

    if (is_held(table, key))
        slot = slot_find(table, key->tenant, key->subject);
    else if (reserve_entries(table, 2))
        slot = slot_add(table, key->tenant, key->subject);
    else
        return false;
    if (slot == NULL)
        return false;
    part = entry_add(table, &slot->parts, key->category, key->source);
    change = units - part->units;
    part->units = units;
    entry_add(table, &slot->sums, key->category, 0)->units += change;
    return true;
}

const struct table_entry *table_sums(const struct table *table, uint32_t tenant, uint64_t subject)
{
    const struct table_slot *slot;

    if (table->slot_count == 0)
        return NULL;
    slot = slot_find(table, tenant, subject);
    return slot->subject == 0 || slot->sums == 0 ? NULL : &table->entries[slot->sums];
}
