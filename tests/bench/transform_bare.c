/* What the runtime of a transform costs a record, beside Kafka and the group: a map that does
 * nothing, and a producer of this file's own that acknowledges at once. CPU time of one thread.
 *
 *     bench-transform-bare [batches] */
#include "common/base/must.h"
#include "common/kafka/producer.h"
#include "common/transform/life.h"
#include "common/transform/output.h"

#include <stdio.h>
#include <time.h>

enum { BATCH = 1000, PARTITIONS = 24, ROUNDS = 5, WINDOW_BYTES = 8 << 20 };

struct message {
    void *opaque;
    int32_t partition;
};

/* In place of common/kafka's. */
struct kafka_producer {
    struct kafka_producer_options options;
    struct message *messages;
    size_t count, capacity;
    int64_t offsets[PARTITIONS];
};

enum status kafka_producer_new(const struct kafka_producer_options *options,
                               struct kafka_producer **ret_producer, struct error *error)
{
    struct kafka_producer *producer = must_alloc(sizeof *producer);

    (void)error;
    producer->options = *options;
    *ret_producer = producer;
    return STATUS_OK;
}

void kafka_producer_free(struct kafka_producer *producer)
{
    if (producer != NULL)
        free(producer->messages);
    free(producer);
}

enum status kafka_producer_warm(struct kafka_producer *producer, int64_t timeout_ms,
                                struct error *error)
{
    (void)producer;
    (void)timeout_ms;
    (void)error;
    return STATUS_OK;
}

int32_t kafka_producer_partitions(const struct kafka_producer *producer, int32_t topic)
{
    (void)producer;
    (void)topic;
    return PARTITIONS;
}

enum status kafka_producer_send(struct kafka_producer *producer,
                                const struct kafka_message *message, struct error *error)
{
    (void)error;
    if (producer->count == producer->capacity) {
        producer->capacity = producer->capacity == 0 ? BATCH : 2 * producer->capacity;
        producer->messages =
            must_realloc(producer->messages, producer->capacity * sizeof *producer->messages);
    }
    producer->messages[producer->count++] = (struct message){message->opaque, message->partition};
    return STATUS_OK;
}

int kafka_producer_poll(struct kafka_producer *producer, int64_t timeout_ms)
{
    (void)timeout_ms;
    for (size_t i = 0; i < producer->count; i++) {
        const struct message *message = &producer->messages[i];
        const struct kafka_delivery delivery = {.opaque = message->opaque,
                                                .incarnation = producer->options.incarnation,
                                                .partition = message->partition,
                                                .code = "",
                                                .offset = producer->offsets[message->partition]++,
                                                .latency_us = 1500};

        producer->options.delivered(producer->options.opaque, &delivery);
    }
    producer->count = 0;
    return 0;
}

enum status kafka_producer_flush(struct kafka_producer *producer, int64_t timeout_ms,
                                 struct error *error)
{
    (void)error;
    kafka_producer_poll(producer, timeout_ms);
    return STATUS_OK;
}

enum status kafka_producer_check(const struct kafka_producer *producer, struct error *error)
{
    (void)producer;
    (void)error;
    return STATUS_OK;
}

static enum status bare_map(void *state, const struct batch *batch, const struct record *in,
                            struct classification *ret_out, struct error *error)
{
    (void)state;
    (void)batch;
    (void)error;
    *ret_out = (struct classification){.outcome = OUTCOME_CLASSIFIED,
                                       .transaction = in->transaction,
                                       .category = SLICE_LITERAL("groceries"),
                                       .confidence = 0.5F,
                                       .decided_by = DECIDER_MODEL,
                                       .model_version = SLICE_LITERAL("bare")};
    return STATUS_OK;
}

static const struct transform bare = {
    .name = "bare", .output = "out", .input = {"in", INPUT_TRANSACTIONS}, .map = bare_map};

static const struct transaction event = {.tenant = SLICE_LITERAL("acme"),
                                         .id =
                                             SLICE_LITERAL("0b9f8a4c-5f0e-4f1f-9c57-5a1d0a3f7f10"),
                                         .user = SLICE_LITERAL("user-0012345"),
                                         .account = SLICE_LITERAL("card-77"),
                                         .amount_minor = 129900,
                                         .currency = SLICE_LITERAL("EUR"),
                                         .description = SLICE_LITERAL("CARD PAYMENT 14:07 BERLIN"),
                                         .merchant = SLICE_LITERAL("Corner Shop Friedrichstr."),
                                         .mcc = 5411,
                                         .occurred_at = 1767225600000000,
                                         .received_at = 1767225600500000};

static int64_t cpu_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static double window_ns(size_t value_size, size_t batches)
{
    OWNED(window) window = window_new(WINDOW_BYTES, PARTITIONS);
    char *value = must_alloc(value_size);
    int64_t next[PARTITIONS] = {0}, from_ns;
    uint64_t pushed = 0, reported = 0;
    struct window_output output;

    for (int32_t p = 0; p < PARTITIONS; p++)
        window_take(window, p, 0);
    from_ns = cpu_ns();
    for (size_t i = 0; i < batches; i++) {
        for (int r = 0; r < BATCH; r++) {
            int32_t p = (int32_t)(pushed++ % PARTITIONS);

            MUST(window_push(window, p, next[p]++, SLICE_LITERAL("acme:user-0012345"),
                             (struct slice){value, value_size}));
            MUST(window_unsent(window, &output));
            window_sent(window);
        }
        /* As in life: some thousand are under way. */
        while (reported + 4 * BATCH < pushed) {
            int32_t p = (int32_t)(reported % PARTITIONS);

            MUST(window_report(window, 1, p, reported + 1, true,
                               (int64_t)(reported / PARTITIONS)) == WINDOW_TAKEN);
            reported++;
        }
    }
    free(value);
    return (double)(cpu_ns() - from_ns) / (double)(batches * BATCH);
}

struct bench {
    struct transform_program program;
    struct transform_life life;
    struct metrics *metrics;
    struct record records[BATCH];
    int64_t next[PARTITIONS];
};

static void bench_open(struct bench *bench)
{
    const struct sender_options sender = {.client_id = "bare",
                                          .topic = "out",
                                          .partitions = PARTITIONS,
                                          .window_bytes = WINDOW_BYTES,
                                          .delivery_timeout_ms = 60000,
                                          .stats = &bench->life.stats};
    struct error error = {0};

    bench->program.transform = &bare;
    bench->metrics = metrics_new();
    bench->life.program = &bench->program;
    transform_stats_init(&bench->life.stats, bench->metrics, "bare", PARTITIONS);
    bench->life.sender = sender_new(&sender);
    bench->life.scratch = arena_new(1 << 20);
    bench->life.selected = must_alloc(sizeof bench->records);
    buffer_init(&bench->life.encoded, OUTPUT_BYTES_MAX);
    MUST(sender_open(bench->life.sender, 0, &error) == STATUS_OK);
    for (int32_t p = 0; p < PARTITIONS; p++)
        sender_take(bench->life.sender, p, 0);
}

static void bench_close(struct bench *bench)
{
    sender_free(bench->life.sender);
    transform_stats_done(&bench->life.stats);
    arena_free(bench->life.scratch);
    free(bench->life.selected);
    buffer_done(&bench->life.encoded);
    metrics_free(bench->metrics);
}

static double runtime_ns(struct bench *bench, size_t batches)
{
    struct batch batch = {
        .records = bench->records, .count = BATCH, .now = {.wall_us = 1767225601000000}};
    struct error error = {0};
    int64_t spent_ns = 0;

    for (size_t i = 0; i < batches; i++) {
        int64_t from_ns;

        for (int r = 0; r < BATCH; r++) {
            int32_t p = r % PARTITIONS;
            int64_t offset = bench->next[p]++;

            bench->records[r] = (struct record){.partition = p,
                                                .offset = offset,
                                                .range = {offset, offset},
                                                .key = SLICE_LITERAL("acme:user-0012345"),
                                                .transaction = &event};
        }
        from_ns = cpu_ns();
        MUST(transform_apply(&bench->life, &batch, &error) == STATUS_OK);
        MUST(sender_turn(bench->life.sender, 0, &error) == STATUS_OK);
        spent_ns += cpu_ns() - from_ns;
    }
    return (double)spent_ns / (double)(batches * BATCH);
}

int main(int argc, char **argv)
{
    size_t batches = argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : 500;
    static struct bench bench;

    bench_open(&bench);
    for (int round = 0; round < ROUNDS; round++) {
        double window = window_ns(200, batches), all = runtime_ns(&bench, batches);

        printf("window %.0f ns a record; select, encode, retain, send, report %.0f ns a record: "
               "%.2f million a CPU-second (%zu bytes an output)\n",
               window, all, 1e3 / all, bench.life.encoded.size);
    }
    bench_close(&bench);
    return EXIT_SUCCESS;
}
