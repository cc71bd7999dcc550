/* Which statements a connection has prepared, by their address. For the files of this folder. */
#ifndef TRIBUTARY_POSTGRES_PREPARED_H
#define TRIBUTARY_POSTGRES_PREPARED_H

#include "common/postgres/statement.h"

#include <stdbool.h>

enum { PREPARED_SLOTS = 256, PREPARED_NAME_SIZE = 48 };

struct prepared_slot {
    const struct postgres_statement *statement; /* NULL: free */
    char name[PREPARED_NAME_SIZE];              /* the server's name for it */
    bool ready;                                 /* prepared, or on its way */
};

struct prepared {
    struct prepared_slot slots[PREPARED_SLOTS]; /* open addressing */
    unsigned count;
};

/* The statement's slot, made when it is new. */
struct prepared_slot *prepared_slot(struct prepared *prepared,
                                    const struct postgres_statement *statement);

/* The connection is gone, and with it what was prepared. */
void prepared_forget(struct prepared *prepared);

#endif
