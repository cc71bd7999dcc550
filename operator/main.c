/* The command-line tool of operators. */
#include "operator/command.h"

#include "common/log/log.h"
#include "operator/options.h"

#include <stdio.h>
#include <string.h>

/* By name. */
static const struct command *const commands[] = {
    &command_letters_list, &command_letters_show, &command_init,
    &command_keys_new,     &command_migrate,      &command_offsets_recover,
    &command_status,       &command_summary,      &command_verify,
};
enum { COMMANDS = sizeof commands / sizeof commands[0], WORDS_MAX = 2, SECTIONS_MAX = 4 };

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
        fprintf(file, "  %-18s %s\n                     e.g. %s\n", commands[i]->words,
                commands[i]->help, commands[i]->example);
    fprintf(file, "\ntributary COMMAND --help says more of each.\n");
}

/* How many arguments from argv on are the command's words; 0: they are not. */
static size_t match_words(const struct command *command, char *const *argv)
{
    const char *words = command->words;
    size_t count = 0;

    while (*words != '\0') {
        size_t size = strcspn(words, " ");

        if (argv[count] == NULL || strlen(argv[count]) != size ||
            memcmp(argv[count], words, size) != 0)
            return 0;
        count++;
        words += size + (words[size] == ' ');
    }
    return count;
}

/* The first command on the line; flags may stand before it. Which sections and flags there are
 * depends on it, so it is looked for before they are read. */
static const struct command *find_command(char *const *argv)
{
    for (; *argv != NULL && strcmp(*argv, "--") != 0; argv++)
        for (size_t i = 0; i < COMMANDS; i++)
            if (match_words(commands[i], argv) > 0)
                return commands[i];
    return NULL;
}

static bool asks_for(char *const *argv, const char *flag)
{
    for (; *argv != NULL; argv++)
        if (strcmp(*argv, flag) == 0)
            return true;
    return false;
}

static int without_command(char *const *argv)
{
    if (asks_for(argv, "--version")) {
        printf("tributary %s\n", TRIBUTARY_VERSION);
        return COMMAND_OK;
    }
    if (asks_for(argv, "--help") || asks_for(argv, "-h")) {
        printf("Sets up, checks and mends an installation of Tributary.\n\n"
               "Usage: tributary COMMAND [--SETTING=VALUE]...\n\n");
        print_commands(stdout);
        return COMMAND_OK;
    }
    fprintf(stderr, "tributary: %s\n", *argv == NULL ? "which command?" : "no such command.");
    print_commands(stderr);
    return COMMAND_USAGE;
}

/* What is left on the line must be the words, and the argument where there is one. */
static bool take_arguments(const struct command *command, const struct config *config,
                           const char **ret_arguments)
{
    char *words[WORDS_MAX + 1] = {NULL};
    size_t count;

    for (size_t i = 0; i < WORDS_MAX && config_argument(config, i) != NULL; i++)
        words[i] = (char *)(uintptr_t)config_argument(config, i);
    if ((count = match_words(command, words)) == 0)
        return false;
    if (command->argument != NULL && (*ret_arguments = config_argument(config, count++)) == NULL)
        return false;
    return config_argument(config, count) == NULL;
}

/* The example first: most people need no more. */
static void begin_help(const struct command *command)
{
    printf("Example: %s\n\n", command->example);
    if (command->more != NULL)
        printf("%s\n\n", command->more);
}

/* Everything that a command may be given; config fills what it asks for. */
struct given {
    struct command_options options;
    struct topics_settings topics;
    struct kafka_settings kafka;
    struct postgres_settings postgres;
    struct setting option_table[OPTIONS_MAX];
    struct config_section sections[SECTIONS_MAX];
    size_t section_count;
};

static void add_section(struct given *given, const struct config_section *section)
{
    given->sections[given->section_count++] = *section;
}

static void given_init(struct given *given, const struct command *command)
{
    const struct config_section options = {NULL, given->option_table,
                                           options_select(command->options, given->option_table),
                                           &given->options},
                                topics = {"topics", topics_setting_table, topics_setting_count,
                                          &given->topics},
                                kafka = {"kafka", kafka_setting_table, kafka_setting_count,
                                         &given->kafka},
                                postgres = {"postgres", postgres_setting_table,
                                            postgres_setting_count, &given->postgres};

    add_section(given, &options);
    if ((command->sections & COMMAND_TOPICS) != 0)
        add_section(given, &topics);
    if ((command->sections & COMMAND_KAFKA) != 0)
        add_section(given, &kafka);
    if ((command->sections & COMMAND_POSTGRES) != 0)
        add_section(given, &postgres);
}

static int run(const struct command *command, const struct config *config,
               const struct given *given)
{
    const char *arguments[COMMAND_ARGUMENTS_MAX] = {NULL};
    const struct command_context context = {.arguments = arguments,
                                            .options = &given->options,
                                            .topics = &given->topics,
                                            .kafka = &given->kafka,
                                            .postgres = &given->postgres};
    struct error error = {0};

    if (!take_arguments(command, config, arguments)) {
        fprintf(stderr, "tributary: usage: tributary %s %s\n", command->words,
                command->argument == NULL ? "" : command->argument);
        return COMMAND_USAGE;
    }
    return command->run(&context, &error);
}

int main(int argc, char **argv)
{
    const struct command *command = find_command(argv + 1);
    struct given given = {.section_count = 0};
    char name[64];
    struct config_program program = {
        .name = name, .version = TRIBUTARY_VERSION, .sections = given.sections};
    enum config_action action = CONFIG_RUN;
    OWNED(config) config = NULL;
    struct error error = {0};

    log_open("tributary", LOG_WARN, LOG_FORMAT_AUTO);
    if (command == NULL)
        return without_command(argv + 1);
    if (asks_for(argv, "--help") || asks_for(argv, "-h"))
        begin_help(command);
    given_init(&given, command);
    snprintf(name, sizeof name, "tributary %s", command->words);
    program.summary = command->help;
    program.arguments = command->argument == NULL ? "" : command->argument;
    program.count = given.section_count;
    if (config_load(&config, &program, argc, argv, &action, &error) != STATUS_OK) {
        fprintf(stderr, "tributary: %s\n", error.text);
        return COMMAND_USAGE;
    }
    return action == CONFIG_EXIT ? COMMAND_OK : run(command, config, &given);
}
