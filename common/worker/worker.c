/* The main of every consumer: settings, threads, the admin port, signals and the watchdog. The main
 * thread runs the loop and touches no record. */
#include "common/worker/worker.h"

#include "common/base/clock.h"
#include "common/base/must.h"
#include "common/http/admin.h"
#include "common/log/log.h"
#include "common/log/log_settings.h"
#include "common/loop/loop.h"
#include "common/worker/thread.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { WATCH_US = 1000000, MAX_SECTIONS = 16, EXIT_USAGE = 2 };

struct worker {
    const struct worker_program *program;
    struct worker_settings settings;
    struct kafka_settings kafka;
    struct log_options log;
    struct metrics *metrics;
    struct stats stats;
    struct thread **threads;
    size_t thread_count;
    uint64_t *turns; /* as seen by the watchdog, one a thread */
    int64_t *turned_ms;
    struct loop *loop;
    struct loop_waker *waker;
    struct http_admin *admin;
    bool stopping;
};

static void worker_stop(struct worker *worker)
{
    worker->stopping = true;
    for (size_t i = 0; i < worker->thread_count; i++)
        thread_stop(worker->threads[i]);
    loop_stop(worker->loop);
}

static void on_terminate(void *context)
{
    struct worker *worker = context;

    if (worker->stopping)
        _exit(EXIT_FAILURE);
    log_write(LOG_INFO, "draining");
    worker_stop(worker);
}

static void on_thread_ended(void *context)
{
    struct worker *worker = context;

    loop_wake(worker->waker);
}

static void on_woken(void *context)
{
    struct worker *worker = context;

    for (size_t i = 0; i < worker->thread_count; i++)
        if (thread_has_ended(worker->threads[i]))
            worker_stop(worker);
}

/* Turns of the loop are watched, not commits: a dependency that is away is not "stuck". */
static void on_watch(void *context)
{
    struct worker *worker = context;
    int64_t now_ms = clock_steady_ms();

    for (size_t i = 0; i < worker->thread_count; i++) {
        uint64_t turns = thread_turns(worker->threads[i]);

        if (turns != worker->turns[i]) {
            worker->turns[i] = turns;
            worker->turned_ms[i] = now_ms;
        } else if (now_ms - worker->turned_ms[i] > worker->settings.stuck_ms) {
            log_write(LOG_ERROR, "stuck", LOG_INT("thread", i),
                      LOG_INT("for_ms", now_ms - worker->turned_ms[i]));
            abort();
        }
    }
}

static void admin_ready(void *context, struct http_checks *checks)
{
    const struct worker *worker = context;
    bool joined = true, flowing = true;

    for (size_t i = 0; i < worker->thread_count; i++) {
        joined = joined && thread_opened(worker->threads[i]);
        flowing = flowing && !thread_stalled(worker->threads[i]);
    }
    http_check(checks, "group", joined, "not a member of its Kafka group yet");
    http_check(checks, "batches", flowing, "a batch waits for a dependency; see the log");
    http_check(checks, "running", !worker->stopping, "draining");
}

static void admin_metrics(void *context, struct buffer *text)
{
    const struct worker *worker = context;

    metrics_write(worker->metrics, text);
}

static enum status worker_open_loop(struct worker *worker, struct error *error)
{
    struct http_admin_callbacks callbacks = {
        .ready = admin_ready, .metrics = admin_metrics, .context = worker};
    struct loop_signal *signals[2];
    enum status status;

    if ((status = loop_new(&worker->loop, error)) != STATUS_OK ||
        (status = loop_waker_new(&worker->waker, worker->loop, on_woken, worker, error)) !=
            STATUS_OK ||
        (status = loop_signal_new(&signals[0], worker->loop, SIGTERM, on_terminate, worker,
                                  error)) != STATUS_OK ||
        (status = loop_signal_new(&signals[1], worker->loop, SIGINT, on_terminate, worker,
                                  error)) != STATUS_OK ||
        (status = http_admin_new(&worker->admin, worker->loop, worker->settings.admin_address,
                                 (uint16_t)worker->settings.admin_port, &callbacks, error)) !=
            STATUS_OK)
        return status;
    loop_timer_every(loop_timer_new(worker->loop, on_watch, worker), WATCH_US);
    return STATUS_OK;
}

static enum status worker_start_threads(struct worker *worker, struct error *error)
{
    size_t count = (size_t)worker->settings.threads;

    worker->threads = must_alloc(count * sizeof *worker->threads);
    worker->turns = must_alloc(count * sizeof *worker->turns);
    worker->turned_ms = must_alloc(count * sizeof *worker->turned_ms);
    for (size_t i = 0; i < count; i++) {
        struct thread_options options = {.program = worker->program,
                                         .settings = &worker->settings,
                                         .kafka = &worker->kafka,
                                         .metrics = worker->metrics,
                                         .stats = &worker->stats,
                                         .index = (int)i,
                                         .ended = on_thread_ended,
                                         .opaque = worker};

        worker->threads[i] = thread_new(&options);
        worker->turned_ms[i] = clock_steady_ms();
        worker->thread_count++;
        if (thread_start(worker->threads[i], error) != STATUS_OK)
            return error->status;
    }
    return STATUS_OK;
}

/* The first failure of a thread, or what the loop said. */
static enum status worker_join(struct worker *worker, struct error *error)
{
    int64_t until_ms = clock_steady_ms() + worker->settings.drain_ms;

    for (size_t i = 0; i < worker->thread_count; i++) {
        int64_t left_ms = until_ms - clock_steady_ms();

        if (!thread_join(worker->threads[i], left_ms > 1 ? left_ms : 1)) {
            log_write(LOG_ERROR, "drain_timeout", LOG_INT("thread", i));
            _exit(EXIT_FAILURE);
        }
        if (error->status == STATUS_OK)
            *error = *thread_failure(worker->threads[i]);
    }
    return error->status;
}

static enum status worker_run(struct worker *worker, struct error *error)
{
    enum status status;

    if ((status = worker_open_loop(worker, error)) != STATUS_OK)
        return status;
    log_write(LOG_INFO, "started", LOG_INT("threads", worker->settings.threads),
              LOG_INT("admin_port", http_admin_port(worker->admin)));
    if (worker_start_threads(worker, error) == STATUS_OK &&
        loop_run(worker->loop, error) != STATUS_OK)
        error_set(error, STATUS_FATAL, "the loop failed");
    worker_stop(worker);
    return worker_join(worker, error);
}

static void worker_done(struct worker *worker)
{
    for (size_t i = 0; i < worker->thread_count; i++)
        thread_free(worker->threads[i]);
    free(worker->threads);
    free(worker->turns);
    free(worker->turned_ms);
    http_admin_free(worker->admin);
    /* The loop's own objects (signals, timer, waker) end with the process. */
    metrics_free(worker->metrics);
}

static enum status worker_configure(struct worker *worker, int argc, char **argv,
                                    struct config **ret_config, enum config_action *ret_action,
                                    struct error *error)
{
    const struct worker_program *program = worker->program;
    struct config_section sections[MAX_SECTIONS] = {
        {"log", log_settings, LOG_SETTINGS_COUNT, &worker->log},
        {"kafka", kafka_setting_table, kafka_setting_count, &worker->kafka},
        {"worker", worker_setting_table, worker_setting_count, &worker->settings},
    };
    char name[64];
    struct config_program configured = {.name = name,
                                        .summary = "A consumer group of Tributary.",
                                        .version = TRIBUTARY_VERSION,
                                        .sections = sections,
                                        .count = 3 + program->section_count};

    MUST(configured.count <= MAX_SECTIONS);
    snprintf(name, sizeof name, "tributary-%s", program->name);
    for (size_t i = 0; i < program->section_count; i++)
        sections[3 + i] = program->sections[i];
    return config_load(ret_config, &configured, argc, argv, ret_action, error);
}

int worker_main(const struct worker_program *program, int argc, char **argv)
{
    struct worker worker = {.program = program};
    enum config_action action = CONFIG_RUN;
    struct config *config = NULL;
    struct error error = {0};
    enum status status;

    log_open(program->name, LOG_INFO, LOG_FORMAT_AUTO);
    log_aborts();
    if (worker_configure(&worker, argc, argv, &config, &action, &error) != STATUS_OK) {
        log_error_line(LOG_ERROR, "bad_configuration", &error);
        return EXIT_USAGE;
    }
    if (action == CONFIG_EXIT) {
        config_free(config);
        return EXIT_SUCCESS;
    }
    log_open(program->name, worker.log.level, worker.log.format);
    signal(SIGPIPE, SIG_IGN);
    worker.metrics = metrics_new();
    metrics_add_process(worker.metrics, program->name, TRIBUTARY_VERSION);
    stats_init(&worker.stats, worker.metrics, program->name, program->inputs, program->input_count);
    status = worker_run(&worker, &error);
    if (status != STATUS_OK)
        log_error_line(LOG_ERROR, "ended", &error);
    else
        log_write(LOG_INFO, "drained");
    worker_done(&worker);
    config_free(config);
    log_close();
    return status == STATUS_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
