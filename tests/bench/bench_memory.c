/* The most memory that each consumer ever holds: one thread, 24 partitions, and a log of many
 * records behind it, read to its end.
 *
 *     bench-memory [EVENTS] */
#include "common/base/must.h"
#include "tests/bench/cpu.h"
#include "tests/bench/stage.h"
#include "tests/bench/traffic.h"
#include "tests/support/feed/feed.h"

#include <inttypes.h>
#include <unistd.h>

enum { USERS = 20000, FEEDBACK_EVERY = 10, LOOK_MS = 200 };

#define LIMIT_MIB 64.0

/* A correction of what was just sent. */
static void put_correction(struct feed *feed, struct traffic *traffic,
                           const struct transaction *event, int64_t number)
{
    char id[32];
    struct feedback correction = {.tenant = event->tenant,
                                  .id = slice_of(id),
                                  .user = event->user,
                                  .transaction_id = event->id,
                                  .kind = FEEDBACK_KIND_CORRECTION,
                                  .category = traffic_category(traffic),
                                  .occurred_at = event->occurred_at,
                                  .received_at = event->received_at};

    snprintf(id, sizeof id, "f%" PRId64, number);
    correction.id = slice_of(id);
    feed_feedback(feed, &correction);
}

static void put_events(const struct stage *stage, int64_t count)
{
    OWNED(feed) feed = feed_new(broker_address(stage->broker), stage->prefix, STAGE_PARTITIONS);
    struct traffic traffic;

    traffic_init(&traffic, count, USERS);
    for (int64_t i = 0; i < count; i++) {
        struct transaction event = traffic_next(&traffic);

        feed_transaction(feed, &event);
        if (i % FEEDBACK_EVERY == 0)
            put_correction(feed, &traffic, &event, i);
    }
    feed_flush(feed);
}

static bool classified(const struct stage *stage, const char *group, int64_t count)
{
    (void)group;
    return stage_records(stage, "classifications") >= count;
}

static bool consumed(const struct stage *stage, const char *group, int64_t count)
{
    int64_t feedback = stage_records(stage, "feedback");

    return stage_position(stage, group, "classifications") >= count &&
           (strcmp(group, "notifier") == 0 || stage_position(stage, group, "feedback") >= feedback);
}

struct member {
    const char *name;
    bool (*done)(const struct stage *stage, const char *group, int64_t count);
    double peak_mib;
};

static void run(struct stage *stage, struct member *member, int64_t count)
{
    double begin = cpu_now();

    stage_start(stage, member->name);
    while (!member->done(stage, member->name, count))
        usleep(LOOK_MS * 1000);
    member->peak_mib = cpu_peak_mib(fleet_pid(stage->fleet, member->name));
    printf("%-10s peak %5.1f MiB of %.0f after %" PRId64 " events in %.0f s\n", member->name,
           member->peak_mib, LIMIT_MIB, count, cpu_now() - begin);
    fflush(stdout);
    fleet_terminate(stage->fleet, member->name, STAGE_READY_MS);
}

int main(int argc, char **argv)
{
    int64_t count = argc > 1 ? strtoll(argv[1], NULL, 10) : 1000000;
    struct member members[] = {{"classifier", classified, 0},
                               {"analytics", consumed, 0},
                               {"learner", consumed, 0},
                               {"notifier", consumed, 0}};
    const size_t member_count = sizeof members / sizeof members[0];
    struct stage_servers servers;
    struct stage stage;
    double most = 0;

    stage_servers_start(&servers);
    stage_open(&stage, &servers);
    put_events(&stage, count);
    for (size_t i = 0; i < member_count; i++) {
        run(&stage, &members[i], count);
        most = members[i].peak_mib > most ? members[i].peak_mib : most;
    }
    printf("{\"bench\":\"memory\",\"events\":%" PRId64 ",\"limit_mib\":%.0f,\"met\":%s,"
           "\"peak_mib\":{",
           count, LIMIT_MIB, most <= LIMIT_MIB ? "true" : "false");
    for (size_t i = 0; i < member_count; i++)
        printf("%s\"%s\":%.1f", i == 0 ? "" : ",", members[i].name, members[i].peak_mib);
    printf("}}\n");
    stage_close(&stage);
    stage_servers_stop(&servers);
    return EXIT_SUCCESS;
}
