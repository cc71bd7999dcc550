#include "producers/gateway/gateway.h"

#include "common/base/clock.h"
#include "common/base/must.h"
#include "common/config/config.h"
#include "common/http/admin.h"
#include "common/log/log.h"
#include "common/log/log_settings.h"
#include "common/loop/loop.h"
#include "producers/gateway/descriptors.h"
#include "producers/gateway/ingest.h"
#include "producers/gateway/port.h"

#include <malloc.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    WATCH_US = 1000000,
    EXIT_USAGE = 2,
    JOIN_MS = 5000, /* beyond the drain: for the flush and the end of the producer */
    SIGNALS = 3,
    KEPT_BYTES = 8 << 20,
    MAPPED_BYTES = 4 << 20,
};

#define NAME "gateway"

struct gateway {
    struct gateway_settings settings;
    struct kafka_settings kafka;
    struct log_options log;
    struct metrics *metrics;
    struct stats stats;
    struct stats_http *http;
    struct keys *keys;
    struct ingest **threads;
    size_t thread_count;
    uint64_t *turns; /* as seen by the watchdog, one a thread */
    int64_t *turned_ms;
    struct loop *loop;
    struct loop_timer *watch;
    struct loop_waker *waker;
    struct loop_signal *signals[SIGNALS];
    struct http_admin *admin;
    int64_t stopped_ms;
    bool stopping;
};

/* The admin port answers on until the threads have ended, so that /readyz can say why. */
static void gateway_stop(struct gateway *gateway)
{
    if (gateway->stopping)
        return;
    gateway->stopping = true;
    gateway->stopped_ms = clock_steady_ms();
    for (size_t i = 0; i < gateway->thread_count; i++)
        ingest_drain(gateway->threads[i]);
}

static void on_terminate(void *context)
{
    struct gateway *gateway = context;

    if (gateway->stopping)
        _exit(EXIT_FAILURE);
    log_write(LOG_INFO, "draining");
    gateway_stop(gateway);
}

static void on_thread_ended(void *context)
{
    struct gateway *gateway = context;

    loop_wake(gateway->waker);
}

/* One that ends by itself takes the others with it: the process starts anew. */
static void on_woken(void *context)
{
    struct gateway *gateway = context;
    bool all = true;

    for (size_t i = 0; i < gateway->thread_count; i++) {
        if (ingest_has_ended(gateway->threads[i]))
            gateway_stop(gateway);
        else
            all = false;
    }
    if (all)
        loop_stop(gateway->loop);
}

static void check_drain(const struct gateway *gateway, int64_t now_ms)
{
    if (!gateway->stopping || now_ms - gateway->stopped_ms < gateway->settings.drain_ms + JOIN_MS)
        return;
    log_write(LOG_ERROR, "drain_timeout");
    _exit(EXIT_FAILURE);
}

/* Turns of the loop are watched, not events: Kafka being away is not "stuck". */
static void on_watch(void *context)
{
    struct gateway *gateway = context;
    int64_t now_ms = clock_steady_ms();

    check_drain(gateway, now_ms);
    for (size_t i = 0; i < gateway->thread_count; i++) {
        uint64_t turns = ingest_turns(gateway->threads[i]);

        if (turns != gateway->turns[i] || gateway->stopping) {
            gateway->turns[i] = turns;
            gateway->turned_ms[i] = now_ms;
        } else if (now_ms - gateway->turned_ms[i] > gateway->settings.stuck_ms) {
            log_write(LOG_ERROR, "stuck", LOG_INT("thread", i),
                      LOG_INT("for_ms", now_ms - gateway->turned_ms[i]));
            abort();
        }
    }
}

/* ---- API keys ---- */

static enum status load_keys(struct gateway *gateway, struct error *error)
{
    struct keys *keys = NULL;
    bool readable = false;
    enum status status = keys_load(&keys, gateway->settings.keys_file, &readable, error);

    if (status != STATUS_OK)
        return status;
    if (readable)
        log_write(LOG_WARN, "keys_readable", LOG_TEXT("file", gateway->settings.keys_file),
                  LOG_TEXT("text", "everybody on this machine may read the API keys' hashes"));
    log_write(LOG_INFO, "keys_loaded", LOG_INT("keys", keys_count(keys)));
    keys_free(gateway->keys);
    gateway->keys = keys;
    return STATUS_OK;
}

static void on_reload(void *context)
{
    struct gateway *gateway = context;
    struct error error = {0};

    if (load_keys(gateway, &error) != STATUS_OK) {
        metrics_counter_add(gateway->stats.reloads_failed, 1);
        log_error_line(LOG_ERROR, "keys_not_reloaded", &error);
        return;
    }
    metrics_counter_add(gateway->stats.reloads_ok, 1);
    for (size_t i = 0; i < gateway->thread_count; i++)
        ingest_set_keys(gateway->threads[i], gateway->keys);
}

/* ---- The admin port ---- */

static void admin_ready(void *context, struct http_checks *checks)
{
    const struct gateway *gateway = context;
    bool connected = true, full = false;

    for (size_t i = 0; i < gateway->thread_count; i++) {
        connected = connected && ingest_connected(gateway->threads[i]);
        full = full || ingest_full(gateway->threads[i]);
    }
    http_check(checks, "kafka", connected,
               connected ? NULL : "no broker can be reached, or a topic is missing");
    http_check(checks, "queue", !full, full ? "much is sent and not acknowledged" : NULL);
    http_check(checks, "running", !gateway->stopping, gateway->stopping ? "draining" : NULL);
}

static void add_counters(struct http_counters *sum, const struct http_counters *more)
{
    uint64_t *to = (uint64_t *)sum;
    const uint64_t *from = (const uint64_t *)more;

    _Static_assert(sizeof *sum % sizeof *to == 0, "nothing but numbers");
    for (size_t i = 0; i < sizeof *sum / sizeof *to; i++)
        to[i] += from[i];
}

static void admin_metrics(void *context, struct buffer *text)
{
    const struct gateway *gateway = context;
    struct http_counters sum = {0}, one;

    for (size_t i = 0; i < gateway->thread_count; i++) {
        ingest_counters(gateway->threads[i], &one);
        add_counters(&sum, &one);
    }
    stats_http_update(gateway->http, &sum);
    metrics_write(gateway->metrics, text);
}

/* ---- The process ---- */

static enum status open_signals(struct gateway *gateway, struct error *error)
{
    static const struct {
        int number;
        loop_callback *callback;
    } handlers[SIGNALS] = {{SIGTERM, on_terminate}, {SIGINT, on_terminate}, {SIGHUP, on_reload}};
    enum status status = STATUS_OK;

    for (size_t i = 0; status == STATUS_OK && i < SIGNALS; i++)
        status = loop_signal_new(&gateway->signals[i], gateway->loop, handlers[i].number,
                                 handlers[i].callback, gateway, error);
    return status;
}

static enum status open_loop(struct gateway *gateway, struct error *error)
{
    struct http_admin_callbacks callbacks = {
        .ready = admin_ready, .metrics = admin_metrics, .context = gateway};
    enum status status;

    if ((status = loop_new(&gateway->loop, error)) != STATUS_OK ||
        (status = loop_waker_new(&gateway->waker, gateway->loop, on_woken, gateway, error)) !=
            STATUS_OK ||
        (status = open_signals(gateway, error)) != STATUS_OK ||
        (status = http_admin_new(&gateway->admin, gateway->loop, gateway->settings.admin_address,
                                 (uint16_t)gateway->settings.admin_port, &callbacks, error)) !=
            STATUS_OK)
        return status;
    gateway->watch = loop_timer_new(gateway->loop, on_watch, gateway);
    loop_timer_every(gateway->watch, WATCH_US);
    return STATUS_OK;
}

/* All listen before the first one runs: a port that cannot be had ends the start. */
static enum status make_threads(struct gateway *gateway, struct error *error)
{
    size_t count = (size_t)gateway->settings.threads;
    struct ingest_options options = {.settings = &gateway->settings,
                                     .kafka = &gateway->kafka,
                                     .stats = &gateway->stats,
                                     .keys = gateway->keys,
                                     .cpu = sched_getcpu(),
                                     .port = (uint16_t)gateway->settings.port,
                                     .ended = on_thread_ended,
                                     .opaque = gateway};

    gateway->threads = must_alloc(count * sizeof(struct ingest *));
    gateway->turns = must_alloc(count * sizeof *gateway->turns);
    gateway->turned_ms = must_alloc(count * sizeof *gateway->turned_ms);
    for (size_t i = 0; i < count; i++) {
        enum status status;

        options.index = (int)i;
        status = ingest_new(&gateway->threads[i], &options, error);
        if (status != STATUS_OK)
            return status;
        options.port = ingest_port(gateway->threads[i]);
        gateway->turned_ms[i] = clock_steady_ms();
        gateway->thread_count++;
    }
    return STATUS_OK;
}

static enum status start_threads(struct gateway *gateway, struct error *error)
{
    for (size_t i = 0; i < gateway->thread_count; i++)
        if (ingest_start(gateway->threads[i], error) != STATUS_OK)
            return error->status;
    return STATUS_OK;
}

/* The first failure of a thread, or what the loop said. */
static enum status join_threads(struct gateway *gateway, struct error *error)
{
    for (size_t i = 0; i < gateway->thread_count; i++) {
        if (!ingest_join(gateway->threads[i], gateway->settings.drain_ms + JOIN_MS)) {
            log_write(LOG_ERROR, "drain_timeout", LOG_INT("thread", i));
            _exit(EXIT_FAILURE);
        }
        if (error->status == STATUS_OK)
            *error = *ingest_failure(gateway->threads[i]);
    }
    return error->status;
}

static void cap_connections(struct gateway *gateway)
{
    struct gateway_settings *settings = &gateway->settings;
    int64_t limit = descriptors_raise(), wanted = settings->connections;

    settings->connections = descriptors_connections(limit, settings->threads, wanted);
    if (settings->connections < wanted)
        log_write(LOG_WARN, "connections_capped", LOG_INT("connections", settings->connections),
                  LOG_INT("descriptors", limit),
                  LOG_TEXT("text", "fewer than set: the limit of open files (ulimit -n) is low"));
}

static enum status gateway_run(struct gateway *gateway, struct error *error)
{
    enum status status;

    if ((status = load_keys(gateway, error)) != STATUS_OK ||
        (status = open_loop(gateway, error)) != STATUS_OK ||
        (status = port_check_free(gateway->settings.address, (uint16_t)gateway->settings.port,
                                  error)) != STATUS_OK ||
        (status = make_threads(gateway, error)) != STATUS_OK)
        return status;
    log_write(LOG_INFO, "started", LOG_INT("threads", gateway->thread_count),
              LOG_INT("port", ingest_port(gateway->threads[0])),
              LOG_INT("admin_port", http_admin_port(gateway->admin)));
    if (start_threads(gateway, error) == STATUS_OK && loop_run(gateway->loop, error) != STATUS_OK)
        error_set(error, STATUS_FATAL, "the loop failed");
    gateway_stop(gateway);
    return join_threads(gateway, error);
}

static void gateway_done(struct gateway *gateway)
{
    for (size_t i = 0; i < gateway->thread_count; i++)
        ingest_free(gateway->threads[i]);
    free(gateway->threads);
    free(gateway->turns);
    free(gateway->turned_ms);
    http_admin_free(gateway->admin);
    for (size_t i = 0; i < SIGNALS; i++)
        loop_signal_free(gateway->signals[i]);
    loop_timer_free(gateway->watch);
    loop_waker_free(gateway->waker);
    loop_free(gateway->loop);
    keys_free(gateway->keys);
    stats_http_free(gateway->http);
    metrics_free(gateway->metrics);
}

/* For each batch of a partition the Kafka library's LZ4 takes and frees some 200 KiB. Given back to
 * the system each time, as is the default, they cost a page fault for nearly every event that is
 * posted alone, 8 % of its CPU time. */
static void keep_freed_memory(void)
{
    mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
    mallopt(M_MMAP_THRESHOLD, MAPPED_BYTES);
}

static int run_configured(struct gateway *gateway)
{
    struct error error = {0};
    enum status status;

    log_open(NAME, gateway->log.level, gateway->log.format);
    signal(SIGPIPE, SIG_IGN);
    keep_freed_memory();
    cap_connections(gateway);
    gateway->metrics = metrics_new();
    metrics_add_process(gateway->metrics, NAME, TRIBUTARY_VERSION);
    stats_init(&gateway->stats, gateway->metrics);
    gateway->http = stats_http_new(gateway->metrics);
    status = gateway_run(gateway, &error);
    if (status != STATUS_OK)
        log_error_line(LOG_ERROR, "ended", &error);
    else
        log_write(LOG_INFO, "drained");
    gateway_done(gateway);
    log_close();
    return status == STATUS_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}

int gateway_main(int argc, char **argv)
{
    struct gateway gateway = {.stopping = false};
    const struct config_section sections[] = {
        {"log", log_settings, LOG_SETTINGS_COUNT, &gateway.log},
        {"kafka", kafka_setting_table, kafka_setting_count, &gateway.kafka},
        {NAME, gateway_setting_table, gateway_setting_count, &gateway.settings},
    };
    const struct config_program program = {.name = "tributary-gateway",
                                           .summary = "Takes events over HTTP into Kafka.",
                                           .version = TRIBUTARY_VERSION,
                                           .sections = sections,
                                           .count = sizeof sections / sizeof sections[0]};
    enum config_action action = CONFIG_RUN;
    struct config *config = NULL;
    struct error error = {0};
    int code = EXIT_SUCCESS;

    log_open(NAME, LOG_INFO, LOG_FORMAT_AUTO);
    log_aborts();
    if (config_load(&config, &program, argc, argv, &action, &error) != STATUS_OK) {
        log_error_line(LOG_ERROR, "bad_configuration", &error);
        return EXIT_USAGE;
    }
    if (action == CONFIG_RUN)
        code = run_configured(&gateway);
    config_free(config);
    return code;
}
