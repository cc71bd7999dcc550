#include "producers/gateway/outlet.h"

#include "common/base/clock.h"
#include "common/base/must.h"
#include "common/log/log.h"

#include <stdlib.h>

enum {
    PROBE_US = 200000,
    PROBE_WAIT_MS = 500,  /* the loop stands still for it, while nothing can be sent anyway */
    PROBE_AGAIN_MS = 100, /* the same while requests wait for their reports */
    REPLACE_PAUSE_MS = 1000,
    SYSLOG_ERROR = 3,
    SYSLOG_WARNING = 4,
};

const char *const outlet_topics[OUTLET_TOPICS] = {"transactions", "feedback"};

struct outlet {
    struct outlet_options options;
    struct kafka_producer *producer; /* NULL: none, to be made by the next probe */
    struct loop_watch *watch;        /* of its event descriptor */
    struct loop_timer *probe;
    uint64_t incarnation;
    int64_t replace_at_ms; /* not before, so that one that fails at once is no busy loop */
    bool open;
    bool suspect; /* something failed since the last check */
};

static void on_delivered(void *opaque, const struct kafka_delivery *delivery)
{
    struct outlet *outlet = opaque;

    if (delivery->status != STATUS_OK)
        outlet->suspect = true;
    outlet->options.delivered(outlet->options.opaque, delivery);
}

static void on_log(void *opaque, int level, const char *facility, const char *text)
{
    (void)opaque;
    if (level <= SYSLOG_WARNING)
        log_write(level <= SYSLOG_ERROR ? LOG_ERROR : LOG_WARN, "kafka",
                  LOG_TEXT("facility", facility), LOG_TEXT("text", text));
}

static void drop_producer(struct outlet *outlet)
{
    loop_watch_free(outlet->watch);
    outlet->watch = NULL;
    kafka_producer_free(outlet->producer);
    outlet->producer = NULL;
    outlet->open = false;
}

static void check_producer(struct outlet *outlet)
{
    struct error error = {0};

    outlet->suspect = false;
    if (outlet->producer == NULL || kafka_producer_check(outlet->producer, &error) == STATUS_OK)
        return;
    log_error_line(LOG_ERROR, "producer_failed", &error,
                   LOG_INT("incarnation", outlet->incarnation));
    drop_producer(outlet);
    outlet->replace_at_ms = clock_steady_ms() + REPLACE_PAUSE_MS;
    outlet->options.lost(outlet->options.opaque, &error);
}

static void on_readable(void *context, unsigned events)
{
    struct outlet *outlet = context;

    (void)events;
    kafka_producer_poll(outlet->producer, 0);
    outlet->options.polled(outlet->options.opaque);
    if (outlet->suspect)
        check_producer(outlet);
}

static enum status make_producer(struct outlet *outlet, struct error *error)
{
    const struct gateway_settings *settings = outlet->options.settings;
    const struct kafka_producer_options options = {
        .settings = outlet->options.kafka,
        .client_id = "gateway",
        .topics = outlet_topics,
        .topic_count = OUTLET_TOPICS,
        .message_timeout_ms = settings->message_timeout_ms,
        .queue_records = settings->queue_records,
        .queue_bytes = settings->queue_bytes,
        .incarnation = ++outlet->incarnation,
        .delivered = on_delivered,
        .opaque = outlet,
        .observer = {.log = on_log},
    };
    enum status status = kafka_producer_new(&options, &outlet->producer, error);

    if (status != STATUS_OK)
        return status;
    outlet->watch = loop_watch_new(outlet->options.loop, kafka_producer_event_fd(outlet->producer),
                                   on_readable, outlet);
    return loop_watch_set(outlet->watch, LOOP_READ, error);
}

static enum status check_partitions(struct outlet *outlet, struct error *error)
{
    int32_t wanted = (int32_t)outlet->options.settings->partitions;

    for (int32_t topic = 0; topic < OUTLET_TOPICS; topic++) {
        int32_t count = kafka_producer_partitions(outlet->producer, topic);

        if (count != wanted)
            return error_set(error, STATUS_REJECT,
                             "topic %s has %d partitions, but gateway.partitions is %d: users would"
                             " land elsewhere; set it right or use other topics",
                             outlet_topics[topic], count, wanted);
    }
    return STATUS_OK;
}

/* The library keeps the metadata fresh by itself; asking is how one learns that Kafka is back while
 * nothing is sent. */
static enum status warm(struct outlet *outlet, struct error *error)
{
    int64_t wait_ms = outlet->open ? PROBE_AGAIN_MS : PROBE_WAIT_MS;
    enum status status = kafka_producer_warm(outlet->producer, wait_ms, error);

    if (status == STATUS_OK && !outlet->open)
        status = check_partitions(outlet, error);
    if (status == STATUS_OK && !outlet->open)
        log_write(LOG_INFO, "kafka_open", LOG_INT("incarnation", outlet->incarnation));
    outlet->open = outlet->open || status == STATUS_OK;
    return status;
}

static void on_probe(void *context)
{
    struct outlet *outlet = context;
    struct error error = {0};
    enum status status = STATUS_OK;

    loop_timer_once(outlet->probe, PROBE_US);
    if (outlet->producer == NULL && clock_steady_ms() >= outlet->replace_at_ms)
        status = make_producer(outlet, &error);
    else
        check_producer(outlet);
    if (status == STATUS_OK && outlet->producer != NULL && !outlet_connected(outlet))
        status = warm(outlet, &error);
    if (status == STATUS_REJECT || status == STATUS_FATAL)
        outlet->options.refused(outlet->options.opaque, &error);
    else if (status != STATUS_OK)
        log_error_line(LOG_WARN, "kafka_waits", &error);
}

struct outlet *outlet_new(const struct outlet_options *options)
{
    struct outlet *outlet = must_alloc(sizeof *outlet);

    outlet->options = *options;
    outlet->probe = loop_timer_new(options->loop, on_probe, outlet);
    loop_timer_once(outlet->probe, 0);
    return outlet;
}

void outlet_free(struct outlet *outlet)
{
    if (outlet == NULL)
        return;
    loop_timer_free(outlet->probe);
    drop_producer(outlet);
    free(outlet);
}

bool outlet_open(const struct outlet *outlet)
{
    return outlet->open;
}

bool outlet_connected(const struct outlet *outlet)
{
    return outlet->open && kafka_producer_connected(outlet->producer);
}

enum status outlet_send(struct outlet *outlet, const struct kafka_message *message,
                        struct error *error)
{
    enum status status = kafka_producer_send(outlet->producer, message, error);

    if (status != STATUS_OK)
        outlet->suspect = true;
    return status;
}

size_t outlet_pending(const struct outlet *outlet)
{
    return outlet->producer == NULL ? 0 : kafka_producer_pending(outlet->producer);
}

void outlet_flush(struct outlet *outlet, int64_t timeout_ms)
{
    struct error error = {0};

    if (outlet->producer != NULL &&
        kafka_producer_flush(outlet->producer, timeout_ms, &error) != STATUS_OK)
        log_error_line(LOG_WARN, "flush_incomplete", &error);
}
