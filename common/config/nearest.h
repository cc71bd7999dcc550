/* Which of the known names somebody may have meant. Pure. */
#ifndef TRIBUTARY_CONFIG_NEAREST_H
#define TRIBUTARY_CONFIG_NEAREST_H

#include <stdbool.h>
#include <stddef.h>

enum { CONFIG_NEAREST_BYTES = 80 }; /* longer names are like no other */

/* Edits from a to b: letters inserted, dropped, replaced, or two neighbours swapped. */
size_t config_distance(const char *a, const char *b);

/* Few enough edits, by the length of the name, to be a slip. */
bool config_is_near(const char *name, size_t distance);

#endif
