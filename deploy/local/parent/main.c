/* tributary-parent LIST FOLDER: keeps the processes of a list running on one machine. */
#include "common/config/config.h"
#include "common/log/log.h"
#include "deploy/local/parent/parent_loop.h"

#include <stdio.h>
#include <stdlib.h>

enum { EXIT_KILLED = 1, EXIT_USAGE = 2 };

static const struct setting settings[] = {
    {.name = "stop",
     SETTING_AT(DURATION, struct parent_options, stop_ms),
     .fallback = "30s",
     .min = 1,
     .max = 3600000,
     .help = "what the processes have to end after SIGTERM, before SIGKILL"},
    {.name = "log_limit",
     SETTING_AT(SIZE, struct parent_options, log_limit_bytes),
     .fallback = "64MiB",
     .min = 1024,
     .max = INT64_C(1) << 40,
     .help = "size of a process's log file, beyond which it becomes FILE.1 and a new one begins"},
};

static int run(const struct config *config, struct parent_options *options)
{
    OWNED(parent_list) list = NULL;
    struct error error = {0};
    bool killed = false;
    enum status status;

    options->folder = config_argument(config, 1);
    if (options->folder == NULL) {
        fprintf(stderr, "usage: tributary-parent LIST FOLDER\n");
        return EXIT_USAGE;
    }
    status = parent_list_read(config_argument(config, 0), &list, &error);
    if (status == STATUS_OK)
        status = parent_loop_run(list, options, &killed, &error);
    if (status == STATUS_OK)
        return killed ? EXIT_KILLED : EXIT_SUCCESS;
    fprintf(stderr, "tributary-parent: %s\n", error.text);
    return status == STATUS_REJECT ? EXIT_USAGE : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    struct parent_options options = {0};
    const struct config_section section = {
        .settings = settings, .count = sizeof settings / sizeof settings[0], .target = &options};
    const struct config_program program = {
        .name = "tributary-parent",
        .summary = "Keeps the processes of a list running on one machine.",
        .version = TRIBUTARY_VERSION,
        .arguments = "LIST FOLDER",
        .sections = &section,
        .count = 1};
    OWNED(config) config = NULL;
    enum config_action action;
    struct error error = {0};

    if (config_load(&config, &program, argc, argv, &action, &error) != STATUS_OK) {
        fprintf(stderr, "tributary-parent: %s\n", error.text);
        return EXIT_USAGE;
    }
    if (action == CONFIG_EXIT)
        return EXIT_SUCCESS;
    log_open("parent", LOG_INFO, LOG_FORMAT_AUTO);
    return run(config, &options);
}
