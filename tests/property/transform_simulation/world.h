/* A Kafka of the simulation's own, in place of common/kafka: output logs, what the group has
 * committed, and a network that loses, repeats, reorders and holds. It also stands in for the
 * clock, which moves a millisecond whenever it is read. One world at a time: the producers that the
 * product makes know no other way to it than through file scope. */
#ifndef TRIBUTARY_TESTS_SIMULATION_WORLD_H
#define TRIBUTARY_TESTS_SIMULATION_WORLD_H

#include "common/base/random.h"
#include "common/worker/go_back.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WORLD_PARTITIONS = 3, WORLD_OFFSETS = 250, WORLD_HELD = 64, WORLD_COMMITS = 64 };

struct world_log {
    struct go_back_range *entries;
    size_t count, capacity;
};

/* Something on its way that may arrive late. */
struct world_request {
    int32_t partition;
    struct go_back_range range;
};
struct world_commit {
    int32_t partition;
    int64_t offset;
};

struct world {
    struct random random;
    bool calm; /* everything works at once */
    int64_t clock_ms;
    struct world_log logs[WORLD_PARTITIONS];
    int64_t committed[WORLD_PARTITIONS];
    struct world_request held[WORLD_HELD]; /* of producers that are gone */
    size_t held_count;
    struct world_commit commits[WORLD_COMMITS];
    size_t commit_count;
    size_t overtaken, lost, unanswered, lies, fatal; /* how often the network did what */
};

extern struct world world;

void world_open(uint64_t seed);
void world_close(void);

/* One step of what happens by itself: held requests and commits arrive. */
void world_step(void);

/* Where a reader of the whole log stands. */
int64_t world_next_source(int32_t partition);

static inline bool world_chance(unsigned percent)
{
    return random_below(&world.random, 100) < percent;
}

#endif
