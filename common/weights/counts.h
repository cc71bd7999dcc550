/* The tenants' counts, as a classifier holds them: added up over partitions by the database, read
 * anew where they have changed, a slice at a time. Where too much has changed (at the start, or
 * after long), the whole table is read instead, in the order of its key: first what eight users or
 * more agreed on, so that it has the room, then the rest. */
#ifndef TRIBUTARY_WEIGHTS_COUNTS_H
#define TRIBUTARY_WEIGHTS_COUNTS_H

#include "common/base/status.h"
#include "common/engine/counts.h"
#include "common/engine/features.h"
#include "common/postgres/postgres.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    COUNTS_PARTITIONS = 1024,
    COUNTS_SLICE = 1024,   /* changes, or keys of the table, that one call reads */
    COUNTS_BEHIND = 65536, /* changes; when there are more the whole table is read */
};

/* How far the reading of the whole table is. */
struct counts_scan {
    bool running;
    bool again; /* changes were passed over meanwhile */
    bool rest;  /* the second pass, over what the first left out */
    int32_t tenant_key;
    int64_t subject;
    size_t category_size;
    char category[ENGINE_CATEGORY_SIZE];
};

struct counts_reader {
    int64_t cursors[COUNTS_PARTITIONS]; /* numbers up to which changes were read */
    struct counts_scan scan;
    int64_t slice; /* halved by a failure; 0: none was tried */
};

/* Puts the next slice of what has changed into counts. *ret_more: there is another one. */
enum status counts_read(struct counts_reader *reader, struct postgres *db,
                        struct engine_counts *counts, bool *ret_more,
                        struct error *error) MUST_CHECK;

#endif
