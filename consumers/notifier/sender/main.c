/* tributary-sender: settings, signals and the admin port around the sender. */
#include "common/base/must.h"
#include "common/config/config.h"
#include "common/http/admin.h"
#include "common/log/log.h"
#include "common/log/log_settings.h"
#include "common/loop/loop.h"
#include "consumers/notifier/sender/sender.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum { EXIT_USAGE = 2 };

struct program {
    struct log_options log;
    struct postgres_settings postgres;
    struct redis_settings redis;
    struct sender_settings settings;
    struct metrics *metrics;
    struct loop *loop;
    struct loop_signal *signals[2];
    struct http_admin *admin;
    struct sender *sender;
    bool stopping;
};

static void on_terminate(void *context)
{
    struct program *program = context;

    if (program->stopping)
        _exit(EXIT_FAILURE);
    log_write(LOG_INFO, "draining");
    program->stopping = true;
    sender_drain(program->sender);
}

static void admin_ready(void *context, struct http_checks *checks)
{
    const struct program *program = context;

    http_check(checks, "postgres", sender_is_well(program->sender), "see the log");
    http_check(checks, "running", !program->stopping, "draining");
}

static void admin_metrics(void *context, struct buffer *text)
{
    const struct program *program = context;

    metrics_write(program->metrics, text);
}

static enum status program_open(struct program *program, struct error *error)
{
    const struct http_admin_callbacks callbacks = {
        .ready = admin_ready, .metrics = admin_metrics, .context = program};
    static const int numbers[] = {SIGTERM, SIGINT};
    enum status status = loop_new(&program->loop, error);

    for (size_t i = 0; i < 2 && status == STATUS_OK; i++)
        status = loop_signal_new(&program->signals[i], program->loop, numbers[i], on_terminate,
                                 program, error);
    if (status == STATUS_OK) {
        const struct sender_options options = {.loop = program->loop,
                                               .metrics = program->metrics,
                                               .settings = &program->settings,
                                               .postgres = &program->postgres,
                                               .redis = &program->redis};

        status = sender_new(&program->sender, &options, error);
    }
    if (status == STATUS_OK)
        status = http_admin_new(&program->admin, program->loop, program->settings.admin_address,
                                (uint16_t)program->settings.admin_port, &callbacks, error);
    return status;
}

static enum status program_run(struct program *program, struct error *error)
{
    enum status status = program_open(program, error);

    if (status != STATUS_OK)
        return status;
    log_write(LOG_INFO, "started", LOG_INT("admin_port", http_admin_port(program->admin)));
    if ((status = loop_run(program->loop, error)) != STATUS_OK)
        return status;
    *error = *sender_failure(program->sender);
    return error->status;
}

static void program_done(struct program *program)
{
    http_admin_free(program->admin);
    sender_free(program->sender);
    for (size_t i = 0; i < 2; i++)
        if (program->signals[i] != NULL)
            loop_signal_free(program->signals[i]);
    loop_free(program->loop);
    metrics_free(program->metrics);
}

static enum status configure(struct program *program, int argc, char **argv,
                             struct config **ret_config, enum config_action *ret_action,
                             struct error *error)
{
    const struct config_section sections[] = {
        {"log", log_settings, LOG_SETTINGS_COUNT, &program->log},
        {"postgres", postgres_setting_table, postgres_setting_count, &program->postgres},
        {"redis", redis_setting_table, redis_setting_count, &program->redis},
        {"sender", sender_setting_table, sender_setting_count, &program->settings},
    };
    const struct config_program configured = {
        .name = "tributary-sender",
        .summary = "Delivers what stands in the outbox: webhooks and live publications.",
        .version = TRIBUTARY_VERSION,
        .sections = sections,
        .count = sizeof sections / sizeof sections[0]};

    return config_load(ret_config, &configured, argc, argv, ret_action, error);
}

int main(int argc, char **argv)
{
    struct program program = {.stopping = false};
    enum config_action action = CONFIG_RUN;
    struct config *config = NULL;
    struct error error = {0};
    enum status status;

    log_open("sender", LOG_INFO, LOG_FORMAT_AUTO);
    log_aborts();
    if (configure(&program, argc, argv, &config, &action, &error) != STATUS_OK) {
        log_error_line(LOG_ERROR, "bad_configuration", &error);
        return EXIT_USAGE;
    }
    if (action == CONFIG_EXIT) {
        config_free(config);
        return EXIT_SUCCESS;
    }
    log_open("sender", program.log.level, program.log.format);
    signal(SIGPIPE, SIG_IGN);
    program.metrics = metrics_new();
    metrics_add_process(program.metrics, "sender", TRIBUTARY_VERSION);
    if ((status = program_run(&program, &error)) != STATUS_OK)
        log_error_line(LOG_ERROR, "ended", &error);
    else
        log_write(LOG_INFO, "drained");
    program_done(&program);
    config_free(config);
    log_close();
    return status == STATUS_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
