/* Flags: --section-name=VALUE or --section-name VALUE; a boolean's bare flag means true. */
#include "common/config/sources.h"

#include "common/base/must.h"

#include <stdio.h>

/* argv as it is walked through. */
struct walk {
    const struct config_program *program;
    struct config_entries *entries;
    struct config_arguments *arguments;
    char **next; /* the argument after the current one */
};

/* "kafka-brokers" of size bytes as "kafka_brokers". False when it is too long to be a flag. */
static bool normal_name(const char *flag, size_t size, char *name)
{
    if (size >= CONFIG_NAME_BYTES)
        return false;
    for (size_t i = 0; i < size; i++)
        name[i] = flag[i] == '-' ? '_' : flag[i];
    name[size] = '\0';
    return true;
}

static enum status unknown_flag(const struct walk *walk, const char *flag, const char *name,
                                struct error *error)
{
    const struct config_entry *near = config_entries_near(walk->entries, NULL, name);
    char spelled[CONFIG_NAME_BYTES] = "";

    if (near != NULL)
        config_entry_spell(near, CONFIG_FLAG, spelled);
    return error_set(error, STATUS_REJECT, "unknown flag %.60s%s%s%s (--help lists all)", flag,
                     near == NULL ? "" : ", did you mean ", spelled, near == NULL ? "" : "?");
}

/* The value behind "=" or the next argument. */
static enum status flag_value(struct walk *walk, const char *flag, const char *equals,
                              const char **ret_value, struct error *error)
{
    if (equals != NULL) {
        *ret_value = equals + 1;
        return STATUS_OK;
    }
    if (*walk->next == NULL)
        return error_set(error, STATUS_REJECT, "flag %.60s needs a value", flag);
    *ret_value = *walk->next++;
    return STATUS_OK;
}

static enum status read_setting(struct walk *walk, const char *flag, const char *name,
                                const char *equals, struct error *error)
{
    bool twin = false;
    struct config_entry *entry = config_entries_find(walk->entries, name, &twin);
    const char *value = "true";
    enum status status;

    if (entry == NULL)
        return unknown_flag(walk, flag, name, error);
    if ((entry->setting->flags & SETTING_SECRET) != 0 && !twin)
        return error_set(error, STATUS_REJECT,
                         "--%.*s: a secret on the command line is seen by everybody; "
                         "use --%.*s-file=PATH or the environment",
                         (int)strcspn(flag + 2, "="), flag + 2, (int)strcspn(flag + 2, "="),
                         flag + 2);
    if (entry->setting->type != SETTING_BOOLEAN || equals != NULL) {
        status = flag_value(walk, flag, equals, &value, error);
        if (status != STATUS_OK)
            return status;
    }
    return config_entry_give(entry, CONFIG_FLAG, twin, value, error);
}

static enum status read_flag(struct walk *walk, const char *flag, struct error *error)
{
    const char *equals = strchr(flag, '=');
    size_t size = equals == NULL ? strlen(flag) : (size_t)(equals - flag);
    char name[CONFIG_NAME_BYTES];

    if (size < 3 || !normal_name(flag + 2, size - 2, name))
        return error_set(error, STATUS_REJECT, "unknown flag %.60s", flag);
    if (strcmp(name, "config") == 0)
        return flag_value(walk, flag, equals, &walk->arguments->file, error);
    if (strcmp(flag, "--check") == 0) {
        walk->arguments->check = true;
        return STATUS_OK;
    }
    return read_setting(walk, flag, name, equals, error);
}

static enum status add_rest(struct walk *walk, const char *argument, struct error *error)
{
    struct config_arguments *arguments = walk->arguments;

    if (walk->program->arguments == NULL)
        return error_set(error, STATUS_REJECT, "unexpected argument \"%.60s\" (--help)", argument);
    arguments->rest[arguments->rest_count++] = argument;
    return STATUS_OK;
}

/* These win over whatever else is wrong on the line. */
static bool asks_for_help(char **argv, struct config_arguments *arguments)
{
    for (char **argument = argv; *argument != NULL && strcmp(*argument, "--") != 0; argument++) {
        if (strcmp(*argument, "--help") == 0 || strcmp(*argument, "-h") == 0)
            arguments->help = true;
        if (strcmp(*argument, "--version") == 0)
            arguments->version = true;
    }
    return arguments->help || arguments->version;
}

enum status config_read_arguments(const struct config_program *program,
                                  struct config_entries *entries, char **argv,
                                  struct config_arguments *arguments, struct error *error)
{
    struct walk walk = {program, entries, arguments, argv};
    enum status status = STATUS_OK;
    bool flags = true;
    size_t count = 0;

    while (argv[count] != NULL)
        count++;
    arguments->rest = must_alloc((count + 1) * sizeof *arguments->rest);
    if (asks_for_help(argv, arguments))
        return STATUS_OK;
    while (*walk.next != NULL && status == STATUS_OK) {
        const char *argument = *walk.next++;

        if (flags && strcmp(argument, "--") == 0)
            flags = false;
        else if (flags && argument[0] == '-' && argument[1] != '\0')
            status = read_flag(&walk, argument, error);
        else
            status = add_rest(&walk, argument, error);
    }
    return status;
}
