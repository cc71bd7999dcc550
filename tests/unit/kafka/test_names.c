/* A name server that does not answer must not hold up who frees a producer. */
#include "common/base/clock.h"
#include "common/kafka/producer.h"
#include "common/kafka/settings.h"
#include "tests/support/suite/suite.h"

#include <netdb.h>
#include <stdatomic.h>
#include <unistd.h>

enum { LOOKUP_MS = 4000, FREED_MS = 2000 };

static atomic_int begun, ended;

/* In the place of the system's, for the library's threads: the test has no name server to stop. */
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                struct addrinfo **ret_list)
{
    (void)node, (void)service, (void)hints, (void)ret_list;
    atomic_fetch_add(&begun, 1);
    usleep(LOOKUP_MS * 1000);
    atomic_fetch_add(&ended, 1);
    return EAI_AGAIN;
}

static void on_delivered(void *opaque, const struct kafka_delivery *delivery)
{
    (void)opaque, (void)delivery;
}

START_TEST(a_producer_is_freed_in_time)
{
    static const char *const topics[] = {"sent"};
    static const struct kafka_settings settings = {
        .brokers = "kafka.test:9092",
        .prefix = "",
        .session_timeout_ms = 2000,
        .poll_interval_ms = 3000,
        .queue_bytes = 1 << 20,
        .queue_records = 100,
    };
    struct kafka_producer *producer;
    struct error error = {0};
    int64_t since_ms;

    ck_assert_int_eq(kafka_producer_new(&(struct kafka_producer_options){.settings = &settings,
                                                                         .client_id = "test",
                                                                         .topics = topics,
                                                                         .topic_count = 1,
                                                                         .queue_records = 10,
                                                                         .incarnation = 1,
                                                                         .delivered = on_delivered},
                                        &producer, &error),
                     STATUS_OK);
    while (atomic_load(&begun) == 0)
        usleep(1000);
    since_ms = clock_steady_ms();
    kafka_producer_free(producer);
    ck_assert_int_lt(clock_steady_ms() - since_ms, FREED_MS);
    while (atomic_load(&ended) < atomic_load(&begun)) /* its thread goes on with the end */
        usleep(1000);
    usleep(300000);
}
END_TEST

SUITE_MAIN("kafka names", a_producer_is_freed_in_time);
