/* What all users of a tenant filed under what, counted by subject: the merchant, its key, its
 * merchant category code, or everything. The "global" half of the engine's knowledge; the other
 * half is the user's own (user.h).
 *
 * A subject is a 64-bit hash that only the engine makes: engine_lesson_deltas() in lesson.h names
 * the subjects that a lesson changes. The learner adds those deltas to sums in the database, each
 * partition to rows of its own; nothing is floored there, so additions commute. A classifier puts
 * the sums in here.
 *
 * What is put in is absolute, per source: a row replaces the row of the same (tenant, subject,
 * category, source), and answers use the sum over sources, floored at 0. So rows may be put in
 * again and in any order of sources. A source is whatever the reader summed by; summing over the
 * partitions of a shard in SQL and passing the shard's number needs the least memory.
 *
 * Bounded by bytes; rows of new subjects beyond the limit are refused and counted, so put large
 * counts in first. One writer; readers of any thread while nobody writes. */
#ifndef TRIBUTARY_ENGINE_COUNTS_H
#define TRIBUTARY_ENGINE_COUNTS_H

#include "common/base/owned.h"
#include "common/base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One label of full weight. Every count and delta is an integer of these units, so replays are
 * bit-identical. */
enum { ENGINE_UNIT = 1024, ENGINE_TENANTS_MAX = 4096 };

struct engine_counts;
struct engine_tenant;

struct engine_count {
    struct slice tenant;
    uint64_t subject;
    struct slice category; /* 1..ENGINE_CATEGORY_SIZE bytes */
    uint16_t source;
    int64_t units; /* the source's sum, may be negative */
};

/* limit_bytes of memory, at least 64 KiB. Never NULL. */
struct engine_counts *engine_counts_new(size_t limit_bytes);
void engine_counts_free(struct engine_counts *counts);
OWNED_DEFINE(engine_counts);

/* False where it is refused: memory, tenants or the tenant's 256 categories used up, or a
 * category's name of no or too many bytes. */
bool engine_counts_set(struct engine_counts *counts, const struct engine_count *count);

/* Rows refused since the start, and bytes in use. */
uint64_t engine_counts_refused(const struct engine_counts *counts);
size_t engine_counts_bytes(const struct engine_counts *counts);

/* What is known of a tenant, for engine_classify; NULL where nothing is. Valid until
 * engine_counts_free. */
const struct engine_tenant *engine_tenant(const struct engine_counts *counts, struct slice name);

#endif
