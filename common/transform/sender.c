#include "common/transform/sender.h"

#include "common/base/clock.h"
#include "common/base/must.h"
#include "common/base/random.h"
#include "common/kafka/producer.h"
#include "common/log/log.h"

#include <inttypes.h>
#include <unistd.h>

enum {
    WARM_MS = 500,       /* for the metadata of a further incarnation */
    PAUSE_BASE_MS = 100, /* after an incarnation that came to nothing, full jitter */
    PAUSE_CAP_MS = 10000,
    SETTLE_TURN_MS = 50,
    ENTRY_MIN_BYTES = 64, /* of the window: no output takes less */
};

struct sender {
    struct sender_options options;
    struct window *window;
    struct kafka_producer *producer; /* NULL between two incarnations */
    bool warm;                       /* it knows the topic */
    bool doubted;                    /* it has to end; doubt says why */
    bool progressed;                 /* something of it was acknowledged */
    struct error doubt;
    unsigned attempts;  /* incarnations in a row that came to nothing */
    int64_t next_at_ms; /* when to begin the next one, or to warm it */
    struct random random;
};

struct sender *sender_new(const struct sender_options *options)
{
    struct sender *sender = must_alloc(sizeof *sender);

    sender->options = *options;
    sender->window = window_new(options->window_bytes, options->partitions);
    random_init(&sender->random,
                (uint64_t)clock_wall_us() ^ (uint64_t)getpid() << 32 ^ (uintptr_t)sender);
    return sender;
}

void sender_free(struct sender *sender)
{
    if (sender == NULL)
        return;
    kafka_producer_free(sender->producer);
    window_free(sender->window);
    free(sender);
}

const struct window *sender_window(const struct sender *sender)
{
    return sender->window;
}

const struct error *sender_doubt(const struct sender *sender)
{
    return &sender->doubt;
}

static void on_delivered(void *opaque, const struct kafka_delivery *delivery)
{
    struct sender *sender = opaque;
    bool delivered = delivery->status == STATUS_OK;

    switch (window_report(sender->window, delivery->incarnation, delivery->partition,
                          (uintptr_t)delivery->opaque, delivered, delivery->offset)) {
    case WINDOW_TAKEN:
        sender->progressed = true;
        metrics_histogram_observe(sender->options.stats->delivery,
                                  (double)delivery->latency_us / 1e6);
        break;
    case WINDOW_STALE:
        break;
    case WINDOW_BROKEN:
        sender->doubted = true;
        error_clear(&sender->doubt);
        error_set_code(&sender->doubt, STATUS_RETRY, delivery->code,
                       delivered ? "partition %" PRId32 ": reported out of order at offset %" PRId64
                                 : "partition %" PRId32 ": an output was not delivered",
                       delivery->partition, delivery->offset);
        break;
    }
}

/* Forgets the producer. What it has under way may still land; nothing of it is heard any more. */
static void sender_end(struct sender *sender)
{
    int64_t now_ms = clock_steady_ms();

    log_error_line(LOG_WARN, "incarnation_ended", &sender->doubt,
                   LOG_INT("incarnation", window_incarnation(sender->window)),
                   LOG_INT("retained", window_count(sender->window)));
    kafka_producer_free(sender->producer);
    sender->producer = NULL;
    window_restart(sender->window);
    sender->attempts = sender->doubted && !sender->progressed ? sender->attempts + 1 : 0;
    sender->next_at_ms = now_ms;
    if (sender->attempts > 0)
        sender->next_at_ms +=
            random_backoff_ms(&sender->random, PAUSE_BASE_MS, PAUSE_CAP_MS, sender->attempts - 1);
    sender->doubted = false;
}

static enum status sender_begin(struct sender *sender, struct error *error)
{
    const struct sender_options *options = &sender->options;
    const struct kafka_producer_options producer = {
        .settings = options->kafka,
        .client_id = options->client_id,
        .topics = &options->topic,
        .topic_count = 1,
        .message_timeout_ms = options->delivery_timeout_ms,
        /* The window is the bound: whatever it holds has room there. */
        .queue_records = (int64_t)(options->window_bytes / ENTRY_MIN_BYTES) + 1,
        .queue_bytes = (int64_t)options->window_bytes * 2,
        .incarnation = window_incarnation(sender->window),
        .delivered = on_delivered,
        .opaque = sender,
    };

    sender->warm = false;
    sender->progressed = false;
    metrics_counter_add(options->stats->incarnations, 1);
    return kafka_producer_new(&producer, &sender->producer, error);
}

/* Without the topic's metadata nothing can be sent. */
static enum status sender_warm(struct sender *sender, int64_t timeout_ms, struct error *error)
{
    enum status status = kafka_producer_warm(sender->producer, timeout_ms, error);
    int32_t partitions;

    if (status != STATUS_OK)
        return status;
    partitions = kafka_producer_partitions(sender->producer, 0);
    if (partitions != sender->options.partitions)
        return error_set(error, STATUS_REJECT,
                         "topic %s has %" PRId32 " partitions, but worker.partitions is %" PRId32
                         ": outputs would lie elsewhere; set it right or use other topics",
                         sender->options.topic, partitions, sender->options.partitions);
    sender->warm = true;
    return STATUS_OK;
}

enum status sender_open(struct sender *sender, int64_t timeout_ms, struct error *error)
{
    enum status status = STATUS_OK;

    if (sender->producer == NULL)
        status = sender_begin(sender, error);
    return status == STATUS_OK ? sender_warm(sender, timeout_ms, error) : status;
}

/* Sends what is unsent, as far as the producer takes it. */
static void sender_send(struct sender *sender)
{
    struct window_output output;

    while (sender->warm && !sender->doubted && window_unsent(sender->window, &output)) {
        const struct kafka_message message = {.partition = output.partition,
                                              .key = output.key,
                                              .value = output.value,
                                              .opaque = (void *)(uintptr_t)output.sequence};
        struct error error = {0};
        enum status status = kafka_producer_send(sender->producer, &message, &error);

        if (status == STATUS_RETRY)
            return;
        if (status == STATUS_OK) {
            window_sent(sender->window);
        } else {
            sender->doubted = true;
            sender->doubt = error;
        }
    }
}

void sender_take(struct sender *sender, int32_t partition, int64_t committed)
{
    sender_drop(sender, partition);
    window_take(sender->window, partition, committed);
}

void sender_drop(struct sender *sender, int32_t partition)
{
    if (window_drop(sender->window, partition) == 0 || sender->producer == NULL)
        return;
    if (!sender->doubted) {
        error_clear(&sender->doubt);
        error_set(&sender->doubt, STATUS_LOST,
                  "partition %" PRId32 " was given up with outputs under way", partition);
    }
    sender_end(sender);
}

bool sender_push(struct sender *sender, int32_t partition, int64_t to, struct slice key,
                 struct slice value)
{
    if (!window_push(sender->window, partition, to, key, value))
        return false;
    if (sender->producer != NULL)
        sender_send(sender);
    return true;
}

static int64_t at_most(int64_t value, int64_t limit)
{
    return value < limit ? value : limit;
}

/* Ends what has to end; begins and warms what is due. RETRY: there is nothing to send with now. */
static enum status sender_renew(struct sender *sender, struct error *error)
{
    struct error problem = {0};
    enum status status = STATUS_OK;

    if (sender->producer != NULL && !sender->doubted &&
        kafka_producer_check(sender->producer, &problem) != STATUS_OK) {
        sender->doubted = true;
        sender->doubt = problem;
    }
    if (sender->doubted)
        sender_end(sender);
    if (sender->producer != NULL && sender->warm)
        return STATUS_OK;
    if (clock_steady_ms() < sender->next_at_ms)
        return STATUS_RETRY;
    if (sender->producer == NULL)
        status = sender_begin(sender, error);
    if (status != STATUS_OK)
        return status;
    error_clear(&problem);
    if (sender_warm(sender, WARM_MS, &problem) == STATUS_OK)
        return STATUS_OK;
    sender->next_at_ms = clock_steady_ms() + random_backoff_ms(&sender->random, PAUSE_BASE_MS,
                                                               PAUSE_CAP_MS, sender->attempts++);
    log_error_line(LOG_WARN, "producer_not_ready", &problem);
    return STATUS_RETRY;
}

enum status sender_turn(struct sender *sender, int64_t wait_ms, struct error *error)
{
    enum status status = sender_renew(sender, error);

    if (status == STATUS_OK) {
        sender_send(sender);
        kafka_producer_poll(sender->producer, wait_ms);
    } else if (status == STATUS_RETRY) {
        int64_t pause_ms = at_most(wait_ms, sender->next_at_ms - clock_steady_ms());

        if (pause_ms > 0)
            usleep((useconds_t)pause_ms * 1000);
        status = STATUS_OK;
    }
    transform_stats_retained(sender->options.stats, (int64_t)window_bytes(sender->window));
    return status;
}

enum status sender_settle(struct sender *sender, int64_t timeout_ms, struct error *error)
{
    int64_t deadline_ms = clock_steady_ms() + timeout_ms;
    int64_t left_ms;

    while (window_count(sender->window) > 0 && (left_ms = deadline_ms - clock_steady_ms()) > 0) {
        struct error ignored = {0};
        enum status status;

        left_ms = at_most(left_ms, SETTLE_TURN_MS);
        if (sender->producer != NULL && sender->warm && !sender->doubted)
            (void)!kafka_producer_flush(sender->producer, left_ms, &ignored);
        status = sender_turn(sender, sender->producer == NULL ? left_ms : 0, error);
        if (status != STATUS_OK)
            return status;
    }
    if (window_count(sender->window) == 0)
        return STATUS_OK;
    return error_set(error, STATUS_RETRY, "%zu outputs are not acknowledged yet",
                     window_count(sender->window));
}
