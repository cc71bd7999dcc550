/* The runtime of a transform as it is (sender, window, commits, the go-back rule), several times at
 * once, in a world that goes wrong in every way it can: a random life a seed. At each commit: what
 * is committed is in the log, in order. At the end, once the world is calm: a reader of each log
 * has met every source offset once, and everything is committed.
 *
 *     transform_simulation [lives [first seed]] */
#include "common/base/clock.h"
#include "common/base/must.h"
#include "common/log/log.h"
#include "common/transform/commits.h"
#include "common/transform/sender.h"
#include "tests/property/transform_simulation/world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { WRITERS = 4, STEPS = 1200, CALM_STEPS = 4000, WINDOW_BYTES = 4096 };

struct writer {
    struct sender *sender;
    struct commits commits;
    struct transform_stats stats;
};

struct life {
    struct writer *writers[WRITERS]; /* the first is the owner, the others are zombies or NULL */
    bool events[WORLD_PARTITIONS][WORLD_OFFSETS];
    struct metrics *metrics;
};

struct totals {
    size_t outputs, reruns, ahead, incarnations, overtaken, lost, lies, fatal;
};

/* The sender waits only where the simulation does not let it. */
int usleep(useconds_t pause_us)
{
    world.clock_ms += pause_us / 1000;
    return 0;
}

static void writer_take(struct writer *writer, int32_t partition)
{
    sender_take(writer->sender, partition, world.committed[partition]);
    commits_take(&writer->commits, partition, world.committed[partition]);
}

static struct writer *writer_new(struct life *life)
{
    struct writer *writer = must_alloc(sizeof *writer);
    const struct sender_options options = {.client_id = "simulation",
                                           .topic = "out",
                                           .partitions = WORLD_PARTITIONS,
                                           .window_bytes = WINDOW_BYTES,
                                           .delivery_timeout_ms = 60000,
                                           .stats = &writer->stats};

    transform_stats_init(&writer->stats, life->metrics, "simulation", WORLD_PARTITIONS);
    commits_init(&writer->commits, WORLD_PARTITIONS, 20);
    writer->sender = sender_new(&options);
    for (int32_t p = 0; p < WORLD_PARTITIONS; p++)
        writer_take(writer, p);
    return writer;
}

static void writer_free(struct writer *writer)
{
    if (writer == NULL)
        return;
    sender_free(writer->sender);
    transform_stats_done(&writer->stats);
    commits_done(&writer->commits);
    free(writer);
}

/* The next output of a partition: up to the next event, or a marker somewhere before it. */
static void writer_push(struct life *life, struct writer *writer, int32_t partition)
{
    const struct window *window = sender_window(writer->sender);
    struct go_back_range range;

    if (!window_holds(window, partition))
        return;
    range.from = range.to = window_covered(window, partition);
    if (range.to >= WORLD_OFFSETS)
        return;
    while (range.to + 1 < WORLD_OFFSETS && !life->events[partition][range.to] &&
           (world.calm || !world_chance(10)))
        range.to++;
    (void)sender_push(writer->sender, partition, range.to, SLICE_LITERAL("k"),
                      (struct slice){(const char *)&range, sizeof range});
}

/* Rebalances: settled or not, then given up and taken anew. */
static void writer_rebalance(struct writer *writer)
{
    struct error error = {0};
    int32_t partition = (int32_t)random_below(&world.random, WORLD_PARTITIONS);

    if (world_chance(50)) {
        (void)!sender_settle(writer->sender, 30, &error);
        commits_settle(&writer->commits, sender_window(writer->sender), NULL, 100);
    }
    sender_drop(writer->sender, partition);
    if (world_chance(70))
        writer_take(writer, partition);
}

static void writer_step(struct life *life, struct writer *writer)
{
    struct error error = {0};

    for (int i = 0; i < 3 && (world.calm || world_chance(40)); i++)
        writer_push(life, writer, (int32_t)random_below(&world.random, WORLD_PARTITIONS));
    MUST(sender_turn(writer->sender, 0, &error) == STATUS_OK);
    commits_turn(&writer->commits, sender_window(writer->sender), NULL, &writer->stats,
                 clock_steady_ms());
}

/* A new owner; the old one dies or goes on as a zombie. */
static void fail_over(struct life *life)
{
    size_t place = world_chance(50) ? 1 + (size_t)random_below(&world.random, WRITERS - 1) : 0;

    writer_free(life->writers[place]);
    if (place != 0)
        life->writers[place] = life->writers[0];
    life->writers[0] = writer_new(life);
}

static void rough_step(struct life *life)
{
    if (world_chance(2))
        fail_over(life);
    for (size_t i = 0; i < WRITERS; i++) {
        if (life->writers[i] == NULL || (i > 0 && world_chance(50)))
            continue;
        if (world_chance(2))
            writer_rebalance(life->writers[i]);
        writer_step(life, life->writers[i]);
    }
    world_step();
}

static bool is_done(void)
{
    for (int32_t p = 0; p < WORLD_PARTITIONS; p++)
        if (world.committed[p] != WORLD_OFFSETS)
            return false;
    return true;
}

/* One writer is left, any of them; it is given what it does not hold. */
static bool calm_end(struct life *life)
{
    struct writer *last = life->writers[random_below(&world.random, WRITERS)];

    last = last != NULL ? last : life->writers[0];
    for (size_t i = 0; i < WRITERS; i++)
        if (life->writers[i] != last) {
            writer_free(life->writers[i]);
            life->writers[i] = NULL;
        }
    life->writers[0] = last;
    for (size_t i = 1; i < WRITERS; i++)
        life->writers[i] = NULL;
    for (int32_t p = 0; p < WORLD_PARTITIONS; p++)
        if (!window_holds(sender_window(last->sender), p))
            writer_take(last, p);
    world.calm = true;
    for (int i = 0; i < CALM_STEPS && !is_done(); i++) {
        writer_step(life, last);
        world_step();
        world.clock_ms += 10;
    }
    return is_done();
}

/* A reader of the whole log: it applies the output of every event, once and in order, and passes
 * over no event. */
static bool read_log(const struct life *life, int32_t partition, struct totals *totals)
{
    const struct world_log *log = &world.logs[partition];
    int64_t next = 0, passed = 0;

    for (size_t i = 0; i < log->count; i++) {
        const struct go_back_range *range = &log->entries[i];
        enum go_back_verdict verdict = go_back_read(next, *range);

        totals->reruns += verdict == GO_BACK_RERUN;
        totals->ahead += verdict == GO_BACK_AHEAD;
        if (verdict != GO_BACK_APPLY)
            continue;
        for (; passed < range->to; passed++)
            if (life->events[partition][passed])
                return false;
        if (passed++ != range->to)
            return false;
        next = range->to + 1;
    }
    totals->outputs += log->count;
    return next == WORLD_OFFSETS;
}

static bool live(uint64_t seed, struct totals *totals)
{
    struct life life = {.metrics = metrics_new()};
    bool fine;

    world_open(seed);
    for (int32_t p = 0; p < WORLD_PARTITIONS; p++)
        for (int offset = 0; offset < WORLD_OFFSETS; offset++)
            life.events[p][offset] = world_chance(80);
    life.writers[0] = writer_new(&life);
    for (int i = 0; i < STEPS; i++)
        rough_step(&life);
    fine = calm_end(&life);
    for (int32_t p = 0; p < WORLD_PARTITIONS; p++)
        fine = read_log(&life, p, totals) && fine;
    totals->incarnations += (size_t)metrics_counter_value(life.writers[0]->stats.incarnations);
    totals->overtaken += world.overtaken;
    totals->lost += world.lost;
    totals->lies += world.lies;
    totals->fatal += world.fatal;
    for (size_t i = 0; i < WRITERS; i++)
        writer_free(life.writers[i]);
    world_close();
    metrics_free(life.metrics);
    return fine;
}

int main(int argc, char **argv)
{
    uint64_t lives = argc > 1 ? strtoull(argv[1], NULL, 10) : 150;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : (uint64_t)time(NULL) * 1000003;
    struct totals totals = {0};

    log_open("simulation", LOG_ERROR, LOG_FORMAT_TEXT);
    printf("%" PRIu64 " lives from seed %" PRIu64 "\n", lives, seed);
    for (uint64_t i = 0; i < lives; i++) {
        /* Told first: a MUST may end it. */
        fprintf(stderr, "\rseed %" PRIu64, seed + i);
        if (!live(seed + i, &totals)) {
            fprintf(stderr, ": an event was lost or came twice, or the end was not committed\n");
            return EXIT_FAILURE;
        }
    }
    fprintf(stderr, "\n");
    printf(
        "outputs %zu: %zu reruns, %zu out of sequence; %zu incarnations, %zu overtaken, %zu lost, "
        "%zu reports without an offset, %zu producers failed\n",
        totals.outputs, totals.reruns, totals.ahead, totals.incarnations, totals.overtaken,
        totals.lost, totals.lies, totals.fatal);
    return totals.reruns > 0 && totals.ahead > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
