#include "producers/gateway/ingest.h"

#include "common/base/clock.h"
#include "common/base/must.h"
#include "common/log/log.h"
#include "producers/gateway/affinity.h"
#include "producers/gateway/post.h"
#include "producers/gateway/registry.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    LOOK_US = 100000,
    UNREADY_PERCENT = 60, /* of the queue: others should be asked before this one refuses */
    VALUE_BYTES = 64 * 1024,
    FLUSH_MS = 1000, /* for messages whose requests are answered: nobody was promised anything */
};

static void on_transactions(void *context, struct http_request *request)
{
    post_handle(context, request, STATS_TRANSACTIONS);
}

static void on_feedback(void *context, struct http_request *request)
{
    post_handle(context, request, STATS_FEEDBACK);
}

static void on_registry(void *context, struct http_request *request)
{
    struct ingest *ingest = context;
    int64_t received_us = http_received_us(request);
    int status;

    buffer_reset(&ingest->answer);
    status = registry_answer(http_path(request), ingest->options.kafka->prefix, &ingest->answer);
    http_respond_text(request, status, REGISTRY_CONTENT_TYPE, buffer_slice(&ingest->answer));
    stats_answered(ingest->options.stats, STATS_REGISTRY, status, clock_steady_us() - received_us);
}

static const struct http_route routes[] = {
    {"POST", "/v1/transactions", on_transactions, 0},
    {"POST", "/v1/feedback", on_feedback, 0},
    {"GET", "/subjects", on_registry, 0},
    {"GET", "/subjects/", on_registry, HTTP_ROUTE_PREFIX},
    {"GET", "/schemas/", on_registry, HTTP_ROUTE_PREFIX},
    {"GET", "/config", on_registry, 0},
};

static void look(struct ingest *ingest)
{
    metrics_gauge_set(ingest->queued_events_gauge, (int64_t)outlet_pending(ingest->outlet));
    metrics_gauge_set(ingest->queued_bytes_gauge, (int64_t)ingest->queued_bytes);
    atomic_store_explicit(&ingest->connected, outlet_connected(ingest->outlet),
                          memory_order_relaxed);
    atomic_store_explicit(&ingest->full, post_queue_above(ingest, UNREADY_PERCENT, 0, 0),
                          memory_order_relaxed);
}

static void on_look(void *context)
{
    look(context);
}

static void on_delivered(void *opaque, const struct kafka_delivery *delivery)
{
    post_delivered(opaque, delivery);
}

static void on_polled(void *opaque)
{
    look(opaque);
}

static void on_lost(void *opaque, const struct error *error)
{
    struct ingest *ingest = opaque;

    (void)error;
    metrics_counter_add(ingest->options.stats->producer_failures, 1);
    post_lose_all(ingest);
    look(ingest);
}

static void on_refused(void *opaque, const struct error *error)
{
    struct ingest *ingest = opaque;

    if (ingest->failure.status == STATUS_OK)
        ingest->failure = *error;
    loop_stop(ingest->loop);
}

/* ---- The end ---- */

static void on_drained(void *context)
{
    struct ingest *ingest = context;

    loop_stop(ingest->loop);
}

/* First what is still under way is answered; when the connections have not ended by the second
 * time, they are cut. */
static void on_drain_timer(void *context)
{
    struct ingest *ingest = context;

    if (!ingest->cutting) {
        ingest->cutting = true;
        loop_timer_once(ingest->drain_timer, ingest->options.settings->drain_ms * 1000 / 4);
        post_answer_all(ingest);
        return;
    }
    log_write(LOG_WARN, "connections_cut", LOG_INT("thread", ingest->options.index));
    loop_stop(ingest->loop);
}

static void on_woken(void *context)
{
    struct ingest *ingest = context;
    struct keys *keys = atomic_exchange(&ingest->next_keys, NULL);

    if (keys != NULL) {
        keys_free(ingest->keys);
        ingest->keys = keys;
    }
    if (!atomic_load(&ingest->stop) || ingest->draining)
        return;
    ingest->draining = true;
    loop_timer_once(ingest->drain_timer, ingest->options.settings->drain_ms * 1000 / 4 * 3);
    http_server_drain(ingest->server, on_drained, ingest);
}

/* ---- The thread ---- */

static struct outlet *open_outlet(struct ingest *ingest)
{
    const struct outlet_options options = {
        .loop = ingest->loop,
        .kafka = ingest->options.kafka,
        .settings = ingest->options.settings,
        .delivered = on_delivered,
        .lost = on_lost,
        .polled = on_polled,
        .refused = on_refused,
        .opaque = ingest,
    };

    return outlet_new(&options);
}

/* The producer's threads are started from here, so they stay beside this one. They hand each other
 * a few messages thousands of times a second; across CPUs that took a third of the CPU time of
 * events that are posted alone. */
static void pin(const struct ingest *ingest)
{
    if (ingest->options.settings->pinned &&
        affinity_pin(ingest->options.cpu, ingest->options.index) < 0)
        log_write(LOG_WARN, "not_pinned", LOG_INT("thread", ingest->options.index),
                  LOG_TEXT("text", strerrordesc_np(errno)));
}

static void *thread_main(void *opaque)
{
    struct ingest *ingest = opaque;
    struct error error = {0};

    pin(ingest);
    if (loop_run(ingest->loop, &error) != STATUS_OK && ingest->failure.status == STATUS_OK)
        ingest->failure = error;
    outlet_flush(ingest->outlet, FLUSH_MS);
    outlet_free(ingest->outlet);
    ingest->outlet = NULL;
    post_lose_all(ingest);
    atomic_store(&ingest->ended, true);
    ingest->options.ended(ingest->options.opaque);
    return NULL;
}

static struct http_limits limits_of(const struct gateway_settings *settings)
{
    struct http_limits limits = http_limits_default();

    limits.body_bytes = (size_t)settings->body_bytes;
    limits.connections = (size_t)settings->connections;
    limits.memory_bytes = (size_t)settings->memory_bytes;
    return limits;
}

static void init_scratch(struct ingest *ingest)
{
    const struct gateway_settings *settings = ingest->options.settings;
    size_t items = (size_t)settings->items;

    ingest->parser = json_parser_new();
    ingest->arena = arena_new(event_json_arena_bytes((size_t)settings->body_bytes, items));
    buffer_init(&ingest->value, VALUE_BYTES);
    buffer_init(&ingest->answer, (items + 1) * RESULTS_ANSWER_BYTES + REGISTRY_ANSWER_BYTES);
    TAILQ_INIT(&ingest->active);
    TAILQ_INIT(&ingest->pool);
    random_init(&ingest->random, (uint64_t)clock_wall_us() ^ (uint64_t)getpid() << 32 ^
                                     (uint64_t)ingest->options.index);
}

static void init_gauges(struct ingest *ingest)
{
    char thread[16];
    const char *const values[] = {thread};

    snprintf(thread, sizeof thread, "%d", ingest->options.index);
    ingest->queued_events_gauge = metrics_gauge(ingest->options.stats->queued_events, values);
    ingest->queued_bytes_gauge = metrics_gauge(ingest->options.stats->queued_bytes, values);
}

static enum status open_loop(struct ingest *ingest, struct error *error)
{
    const struct gateway_settings *settings = ingest->options.settings;
    const struct http_limits limits = limits_of(settings);
    enum status status;

    if ((status = loop_new(&ingest->loop, error)) != STATUS_OK ||
        (status = loop_waker_new(&ingest->waker, ingest->loop, on_woken, ingest, error)) !=
            STATUS_OK)
        return status;
    ingest->drain_timer = loop_timer_new(ingest->loop, on_drain_timer, ingest);
    ingest->look_timer = loop_timer_new(ingest->loop, on_look, ingest);
    loop_timer_every(ingest->look_timer, LOOK_US);
    ingest->server =
        http_server_new(ingest->loop, &limits, routes, sizeof routes / sizeof routes[0], ingest);
    return http_server_listen(ingest->server, settings->address, ingest->options.port,
                              HTTP_PORT_SHARED, error);
}

enum status ingest_new(struct ingest **ret_ingest, const struct ingest_options *options,
                       struct error *error)
{
    OWNED(ingest) ingest = must_alloc(sizeof *ingest);
    enum status status;

    ingest->options = *options;
    ingest->keys = keys_share(options->keys);
    init_scratch(ingest);
    init_gauges(ingest);
    if ((status = open_loop(ingest, error)) != STATUS_OK)
        return status;
    ingest->outlet = open_outlet(ingest);
    *ret_ingest = TAKE(ingest);
    return STATUS_OK;
}

static void free_posts(struct ingest *ingest)
{
    struct post *post;

    while ((post = TAILQ_FIRST(&ingest->pool)) != NULL) {
        TAILQ_REMOVE(&ingest->pool, post, posts);
        post_free(post);
    }
}

void ingest_free(struct ingest *ingest)
{
    if (ingest == NULL)
        return;
    MUST(!ingest->started);
    outlet_free(ingest->outlet);
    http_server_free(ingest->server);
    free_posts(ingest);
    if (ingest->loop != NULL) {
        loop_timer_free(ingest->look_timer);
        loop_timer_free(ingest->drain_timer);
        loop_waker_free(ingest->waker);
    }
    loop_free(ingest->loop);
    keys_free(atomic_exchange(&ingest->next_keys, NULL));
    keys_free(ingest->keys);
    json_parser_free(ingest->parser);
    arena_free(ingest->arena);
    buffer_done(&ingest->value);
    buffer_done(&ingest->answer);
    free(ingest);
}

enum status ingest_start(struct ingest *ingest, struct error *error)
{
    int failed = pthread_create(&ingest->thread, NULL, thread_main, ingest);

    if (failed != 0)
        return error_set(error, STATUS_FATAL, "cannot start a thread: %s", strerror(failed));
    ingest->started = true;
    return STATUS_OK;
}

bool ingest_join(struct ingest *ingest, int64_t timeout_ms)
{
    int64_t until_ms = clock_steady_ms() + timeout_ms;
    const struct timespec until = {.tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * 1000000};

    if (!ingest->started)
        return true;
    if (pthread_clockjoin_np(ingest->thread, NULL, CLOCK_MONOTONIC, &until) != 0)
        return false;
    ingest->started = false;
    return true;
}

const struct error *ingest_failure(const struct ingest *ingest)
{
    return &ingest->failure;
}

uint16_t ingest_port(const struct ingest *ingest)
{
    return http_server_port(ingest->server);
}

void ingest_set_keys(struct ingest *ingest, struct keys *keys)
{
    keys_free(atomic_exchange(&ingest->next_keys, keys_share(keys)));
    loop_wake(ingest->waker);
}

void ingest_drain(struct ingest *ingest)
{
    atomic_store(&ingest->stop, true);
    loop_wake(ingest->waker);
}

uint64_t ingest_turns(const struct ingest *ingest)
{
    return loop_turns(ingest->loop);
}

bool ingest_connected(const struct ingest *ingest)
{
    return atomic_load_explicit(&ingest->connected, memory_order_relaxed);
}

bool ingest_full(const struct ingest *ingest)
{
    return atomic_load_explicit(&ingest->full, memory_order_relaxed);
}

bool ingest_has_ended(const struct ingest *ingest)
{
    return atomic_load(&ingest->ended);
}

void ingest_counters(const struct ingest *ingest, struct http_counters *ret_counters)
{
    http_server_counters(ingest->server, ret_counters);
}
