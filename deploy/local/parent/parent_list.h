/* The list of processes: a text file, one a line.
 *
 *     # name      command, words between blanks, no quotes, no shell
 *     gateway     bin/tributary-gateway --gateway-port=8080
 *     learner-1   bin/tributary-learner */
#ifndef TRIBUTARY_PARENT_LIST_H
#define TRIBUTARY_PARENT_LIST_H

#include "common/base/owned.h"
#include "common/base/status.h"

#include <stddef.h>

enum { PARENT_LIST_ENTRIES = 64, PARENT_LIST_WORDS = 64, PARENT_LIST_BYTES = 64 << 10 };

struct parent_entry {
    const char *name;
    char *words[PARENT_LIST_WORDS + 1]; /* NULL behind the last */
};

struct parent_list {
    char *text; /* what the entries point into, owned */
    struct parent_entry entries[PARENT_LIST_ENTRIES];
    size_t count;
};

/* REJECT: not readable, or a line that is wrong, with its number. */
MUST_CHECK enum status parent_list_read(const char *path, struct parent_list **ret_list,
                                        struct error *error);
void parent_list_free(struct parent_list *list);
OWNED_DEFINE(parent_list);

#endif
