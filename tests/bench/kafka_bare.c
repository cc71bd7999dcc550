/* What Kafka alone costs, through common/kafka: bare produce and bare consume of given bytes.
 *
 *     bench-kafka-bare HOST:PORT produce TOPIC PARTITIONS RECORDS BYTES
 *     bench-kafka-bare HOST:PORT consume TOPIC PARTITIONS RECORDS [HELD [PAUSE_US]]
 *
 * produce makes the topic where it is missing; records go round the partitions. consume reads from
 * the low watermarks of all partitions, in a group of one; it may hold on to the last HELD records,
 * as a batch does, and rest after each HELD, so that the queue stays full. Prints records/s of wall
 * time, records per CPU-second of this process with the library's threads, and the resident memory.
 */
#include "common/base/clock.h"
#include "common/base/must.h"
#include "common/base/random.h"
#include "common/kafka/admin.h"
#include "common/kafka/consumer.h"
#include "common/kafka/producer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

struct run {
    struct kafka_settings settings;
    const char *topic;
    int32_t partitions;
    int64_t records;
    size_t bytes;
    size_t held;
    int64_t pause_us;
    struct kafka_consumer *consumer;
    bool assigned;
};

static void check(enum status status, const struct error *error)
{
    if (status == STATUS_OK)
        return;
    fprintf(stderr, "%s: %s\n", status_name(status), error->text);
    exit(1);
}

static double cpu_s(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static double resident_mib(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    long total, resident = 0;

    if (file != NULL) {
        if (fscanf(file, "%ld %ld", &total, &resident) != 2)
            resident = 0;
        fclose(file);
    }
    return (double)resident * (double)sysconf(_SC_PAGESIZE) / (1 << 20);
}

static void report(const char *what, int64_t records, int64_t since_us, double since_cpu_s)
{
    double wall = (double)(clock_steady_us() - since_us) / 1e6, cpu = cpu_s() - since_cpu_s;
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    printf("%s %" PRId64 " records in %.2f s: %.0f/s, %.0f per CPU-second, resident %.1f MiB, at "
           "most %.1f MiB\n",
           what, records, wall, (double)records / wall, (double)records / cpu, resident_mib(),
           (double)usage.ru_maxrss / 1024);
}

static void make_topic(const struct run *run)
{
    const struct kafka_topic topic = {
        .name = run->topic, .partitions = run->partitions, .replicas = -1, .retention_ms = -1};
    OWNED(kafka_admin) admin = NULL;
    struct error error = {0};
    bool created;

    check(kafka_admin_new(&(struct kafka_admin_options){.settings = &run->settings,
                                                        .client_id = "bench",
                                                        .timeout_ms = 20000},
                          &admin, &error),
          &error);
    check(kafka_admin_ensure_topic(admin, &topic, &created, &error), &error);
}

static void on_delivered(void *opaque, const struct kafka_delivery *delivery)
{
    (void)opaque;
    if (delivery->status != STATUS_OK) {
        fprintf(stderr, "not delivered: %s\n", delivery->code);
        exit(1);
    }
}

/* Half of it compresses well, as an event's names do, half does not, as its ids. */
static void fill_value(struct random *random, char *value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        value[i] = i % 16 < 8 ? (char)('a' + i % 7) : (char)(33 + random_below(random, 90));
}

static void send_all(const struct run *run, struct kafka_producer *producer)
{
    enum { VALUES = 4096 }; /* more than the window of lz4 sees */
    char *values = must_alloc(VALUES * run->bytes);
    struct error error = {0};
    struct random random;
    char key[24];

    random_init(&random, 1);
    for (size_t i = 0; i < VALUES; i++)
        fill_value(&random, values + i * run->bytes, run->bytes);
    for (int64_t i = 0; i < run->records; i++) {
        int size = snprintf(key, sizeof key, "t:%010" PRId64, i % 1000003);
        const struct kafka_message message = {
            .partition = (int32_t)(i % run->partitions),
            .key = {key, (size_t)size},
            .value = {values + (size_t)(i % VALUES) * run->bytes, run->bytes},
        };
        enum status status;

        while ((status = kafka_producer_send(producer, &message, &error)) == STATUS_RETRY) {
            kafka_producer_poll(producer, 5);
            error_clear(&error);
        }
        check(status, &error);
        if (i % 64 == 0)
            kafka_producer_poll(producer, 0);
    }
    check(kafka_producer_flush(producer, 60000, &error), &error);
    free(values);
}

static void produce(struct run *run)
{
    OWNED(kafka_producer) producer = NULL;
    struct error error = {0};
    int64_t since_us;
    double since_cpu_s;

    make_topic(run);
    check(kafka_producer_new(&(struct kafka_producer_options){.settings = &run->settings,
                                                              .client_id = "bench",
                                                              .topics = &run->topic,
                                                              .topic_count = 1,
                                                              .delivered = on_delivered},
                             &producer, &error),
          &error);
    check(kafka_producer_warm(producer, 20000, &error), &error);
    since_us = clock_steady_us();
    since_cpu_s = cpu_s();
    send_all(run, producer);
    report("produced", run->records, since_us, since_cpu_s);
}

static void on_assigned(void *opaque, const struct kafka_position *partitions, size_t count)
{
    struct run *run = opaque;
    struct kafka_watermarks *watermarks = must_alloc(count * sizeof *watermarks);
    struct kafka_position *positions = must_alloc(count * sizeof *positions);
    struct error error = {0};

    check(kafka_consumer_watermarks(run->consumer, partitions, count, 20000, watermarks, &error),
          &error);
    for (size_t i = 0; i < count; i++) {
        positions[i] = partitions[i];
        positions[i].offset = watermarks[i].low;
    }
    check(kafka_consumer_assign(run->consumer, positions, count, &error), &error);
    run->assigned = true;
    free(positions);
    free(watermarks);
}

/* Releases the record that is in its place, after a rest each time round. */
static void hold(const struct run *run, struct kafka_record *held, int64_t number,
                 struct kafka_record *record)
{
    struct kafka_record *place = &held[number % (int64_t)run->held];

    if (run->pause_us > 0 && number % (int64_t)run->held == 0)
        usleep((useconds_t)run->pause_us);
    if (place->handle != NULL)
        kafka_record_release(place);
    *place = *record;
}

static void consume(struct run *run)
{
    struct kafka_record *held = must_alloc(run->held * sizeof *held);
    struct kafka_record record;
    struct error error = {0};
    int64_t since_us = 0, count = 0, bytes = 0;
    double since_cpu_s = 0;

    check(kafka_consumer_new(&(struct kafka_consumer_options){.settings = &run->settings,
                                                              .group = "bench",
                                                              .client_id = "bench",
                                                              .topics = &run->topic,
                                                              .topic_count = 1,
                                                              .callbacks = {.assigned = on_assigned,
                                                                            .opaque = run}},
                             &run->consumer, &error),
          &error);
    check(kafka_consumer_join(run->consumer, &error), &error);
    while (count < run->records) {
        enum kafka_event event = kafka_consumer_poll(run->consumer, 100, &record, &error);

        if (since_us == 0 && run->assigned) {
            since_us = clock_steady_us();
            since_cpu_s = cpu_s();
        }
        if (event > KAFKA_END)
            fprintf(stderr, "%s\n", error.text);
        if (event != KAFKA_RECORD)
            continue;
        bytes += (int64_t)record.value.size;
        hold(run, held, count++, &record);
    }
    for (size_t i = 0; i < run->held; i++)
        if (held[i].handle != NULL)
            kafka_record_release(&held[i]);
    free(held);
    report("consumed", count, since_us, since_cpu_s);
    printf("%.1f MB of values\n", (double)bytes / 1e6);
    check(kafka_consumer_close(run->consumer, 10000, &error), &error);
}

int main(int argc, char **argv)
{
    struct run run = {.settings = {.prefix = "",
                                   .session_timeout_ms = 30000,
                                   .poll_interval_ms = 300000,
                                   .queue_bytes = 4 << 20,
                                   .queue_records = 10000,
                                   .linger_ms = 1}};

    if (argc < 6 || (strcmp(argv[2], "produce") == 0 && argc < 7)) {
        fprintf(stderr,
                "usage: %s HOST:PORT produce|consume TOPIC PARTITIONS RECORDS [BYTES | HELD "
                "PAUSE_US]\n",
                argv[0]);
        return 2;
    }
    run.settings.brokers = argv[1];
    run.topic = argv[3];
    run.partitions = (int32_t)strtol(argv[4], NULL, 10);
    run.records = strtoll(argv[5], NULL, 10);
    if (strcmp(argv[2], "produce") == 0) {
        run.bytes = (size_t)strtoll(argv[6], NULL, 10);
        produce(&run);
    } else {
        run.held = argc > 6 ? (size_t)strtoll(argv[6], NULL, 10) : 1;
        run.pause_us = argc > 7 ? strtoll(argv[7], NULL, 10) : 0;
        consume(&run);
    }
    return 0;
}
