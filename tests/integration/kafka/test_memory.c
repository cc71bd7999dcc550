/* A consumer far behind stays small: what it fetches ahead is bounded, whatever lies in the log. */
#include "tests/integration/kafka/harness.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const topics[] = {"heap"};

enum { PARTITIONS = 24, BEHIND = 1000000, HELD = 2000, ROUNDS = 100 };

/* A sanitizer's own memory would be counted. */
#ifdef __SANITIZE_ADDRESS__
enum { LIMIT_MIB = 1024 };
#else
enum { LIMIT_MIB = 64 };
#endif

static int64_t resident_mib(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    long total, resident;

    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fscanf(file, "%ld %ld", &total, &resident), 2);
    fclose(file);
    return (int64_t)resident * sysconf(_SC_PAGESIZE) >> 20;
}

/* Takes records as a slow worker does: a batch at a time, and long enough over it for the queue to
 * be full again. */
static int64_t read_slowly(struct member *member)
{
    static struct kafka_record held[HELD];
    int64_t most_mib = 0;

    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < HELD;)
            i += member_poll(member, &held[i]) == KAFKA_RECORD;
        usleep(20000);
        if (resident_mib() > most_mib)
            most_mib = resident_mib();
        for (size_t i = 0; i < HELD; i++)
            kafka_record_release(&held[i]);
    }
    return most_mib;
}

/* In a process of its own, since what a producer needs is not asked here. */
static void fill(const struct harness *harness)
{
    int result;
    pid_t child = fork();

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        harness_fill(harness, topics[0], PARTITIONS, BEHIND / PARTITIONS, 200);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &result, 0), child);
    ck_assert_int_eq(result, 0);
}

START_TEST(a_consumer_far_behind_stays_small)
{
    struct broker *broker = broker_shared();
    struct harness harness;
    struct member member = {0};
    int64_t before_mib = resident_mib(), most_mib;

    harness_init(&harness, broker);
    harness_topic(&harness, topics[0], PARTITIONS);
    fill(&harness);
    member_join(&member, &harness, "group", topics, 1);
    member_await(&member, PARTITIONS);
    most_mib = read_slowly(&member);
    printf("%d records behind in %d partitions: %" PRId64 " MiB resident, %" PRId64 " before\n",
           BEHIND, PARTITIONS, most_mib, before_mib);
    ck_assert_int_le(most_mib, LIMIT_MIB);
    member_leave(&member);
    harness_done(&harness);
    broker_free(broker);
}
END_TEST

SUITE_MAIN_TIMEOUT("kafka memory", 120, a_consumer_far_behind_stays_small);
