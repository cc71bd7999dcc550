#include "common/postgres/prepared.h"

#include "common/base/must.h"

#include <stdint.h>
#include <stdio.h>

static unsigned slot_start(const struct postgres_statement *statement)
{
    uint64_t address = (uintptr_t)statement;

    return (unsigned)(address * UINT64_C(0x9e3779b97f4a7c15) >> 32) % PREPARED_SLOTS;
}

struct prepared_slot *prepared_slot(struct prepared *prepared,
                                    const struct postgres_statement *statement)
{
    unsigned at = slot_start(statement);
    struct prepared_slot *slot;

    while (prepared->slots[at].statement != NULL && prepared->slots[at].statement != statement)
        at = (at + 1) % PREPARED_SLOTS;
    slot = &prepared->slots[at];
    if (slot->statement == NULL) {
        MUST(prepared->count < POSTGRES_STATEMENTS_MAX);
        slot->statement = statement;
        /* The number keeps two statements of one name apart; the name is for people. */
        snprintf(slot->name, sizeof slot->name, "s%u_%.40s", ++prepared->count, statement->name);
    }
    return slot;
}

void prepared_forget(struct prepared *prepared)
{
    for (unsigned i = 0; i < PREPARED_SLOTS; i++)
        prepared->slots[i].ready = false;
}
