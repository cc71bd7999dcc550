/* The command-line tool of operators. */
#include "operator/command.h"

#include "common/base/must.h"
#include "common/log/log.h"

#include <stdio.h>
#include <string.h>

static const struct command *const commands[] = {
    &command_init,
    &command_migrate,
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

#define AT(type, member) SETTING_AT(type, struct command_options, member)

static const struct setting option_table[] = {
    {.name = "json", AT(BOOLEAN, json), .help = "print JSON on stdout"},
    {.name = "execute", AT(BOOLEAN, execute), .help = "do it, not only say what would be done"},
    {.name = "all", AT(BOOLEAN, all), .help = "offsets recover: every partition"},
    {.name = "raw", AT(BOOLEAN, raw), .help = "dead-letters show: the bytes as hex"},
    {.name = "group", AT(TEXT, group), .help = "only this consumer group"},
    {.name = "reason", AT(TEXT, reason), .help = "only this reason"},
    {.name = "since", AT(TEXT, since), .help = "only from this time on (RFC 3339)"},
    {.name = "tenant", AT(TEXT, tenant), .help = "keys new: whose events the key may post"},
    {.name = "name", AT(TEXT, name), .help = "keys new: a note of yours"},
    {.name = "limit",
     AT(INTEGER, limit),
     .fallback = "50",
     .min = 1,
     .max = 1000000,
     .help = "most rows to print"},
    {.name = "partition",
     AT(INTEGER, partition),
     .fallback = "-1",
     .min = -1,
     .max = 1023,
     .help = "only this partition"},
    {.name = "watch", AT(DURATION, watch_ms), .help = "again and again, with this pause"},
};

#define TOPIC(type, member) SETTING_AT(type, struct topics_settings, member)

static const struct setting topics_table[] = {
    {.name = "partitions",
     TOPIC(INTEGER, partitions),
     .fallback = "24",
     .min = 1,
     .max = 1024,
     .help = "of every topic; never changes afterwards"},
    {.name = "replicas",
     TOPIC(INTEGER, replicas),
     .fallback = "-1",
     .min = -1,
     .max = 10,
     .help = "copies of every partition; -1: the cluster's default"},
    {.name = "min_insync",
     TOPIC(INTEGER, min_insync),
     .fallback = "0",
     .max = 10,
     .help = "copies that must have a record before it is acknowledged; 0: the cluster's default"},
    {.name = "retention",
     TOPIC(DURATION, retention_ms),
     .fallback = "14d",
     .min = 60000,
     .max = INT64_C(315360000000),
     .help = "how long records are kept"},
};

int command_failed(const struct error *error)
{
    fprintf(stderr, "tributary: %s%s%s%s\n", error->text, error->code[0] != '\0' ? " (" : "",
            error->code, error->code[0] != '\0' ? ")" : "");
    switch (error->status) {
    case STATUS_RETRY:
        return COMMAND_UNAVAILABLE;
    case STATUS_REJECT:
        return COMMAND_USAGE;
    default:
        return COMMAND_FOUND;
    }
}

static void print_commands(FILE *file)
{
    fprintf(file, "Commands:\n");
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(file, "  %-18s %s %s\n      e.g. %s\n", commands[i]->words, commands[i]->help,
                commands[i]->arguments, commands[i]->example);
}

/* The command whose words the arguments begin with. */
static const struct command *find_command(const struct config *config)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        char words[64] = "";

        for (size_t w = 0; config_argument(config, w) != NULL && w < 2; w++) {
            size_t size = strlen(words);

            snprintf(words + size, sizeof words - size, "%s%s", w > 0 ? " " : "",
                     config_argument(config, w));
            if (strcmp(words, commands[i]->words) == 0)
                return commands[i];
        }
    }
    return NULL;
}

static int run(const struct command_context *context)
{
    const struct command *command = find_command(context->config);
    struct error error = {0};

    if (command == NULL) {
        const char *asked = config_argument(context->config, 0);

        if (asked == NULL)
            fprintf(stderr, "tributary: which command? See tributary --help.\n");
        else
            fprintf(stderr, "tributary: there is no command `%s`.\n", asked);
        print_commands(stderr);
        return COMMAND_USAGE;
    }
    return command->run(context, &error);
}

static bool asks_for_help(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

int main(int argc, char **argv)
{
    struct command_options options = {0};
    struct topics_settings topics;
    struct kafka_settings kafka;
    struct postgres_settings postgres;
    const struct config_section sections[] = {
        {NULL, option_table, sizeof option_table / sizeof option_table[0], &options},
        {"topics", topics_table, sizeof topics_table / sizeof topics_table[0], &topics},
        {"kafka", kafka_setting_table, kafka_setting_count, &kafka},
        {"postgres", postgres_setting_table, postgres_setting_count, &postgres},
    };
    const struct config_program program = {
        .name = "tributary",
        .summary = "Sets up, checks and mends an installation of Tributary.",
        .version = TRIBUTARY_VERSION,
        .arguments = "COMMAND [ARGUMENT...]",
        .sections = sections,
        .count = sizeof sections / sizeof sections[0],
    };
    enum config_action action = CONFIG_RUN;
    OWNED(config) config = NULL;
    struct error error = {0};
    struct command_context context = {
        .options = &options, .topics = &topics, .kafka = &kafka, .postgres = &postgres};

    log_open("tributary", LOG_WARN, LOG_FORMAT_AUTO);
    if (asks_for_help(argc, argv))
        print_commands(stdout);
    if (config_load(&config, &program, argc, argv, &action, &error) != STATUS_OK) {
        fprintf(stderr, "tributary: %s\n", error.text);
        return COMMAND_USAGE;
    }
    if (action == CONFIG_EXIT)
        return COMMAND_OK;
    context.config = config;
    return run(&context);
}
