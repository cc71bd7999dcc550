#include "common/config/config.h"

#include "common/base/must.h"
#include "common/config/loaded.h"
#include "common/config/value.h"

#include <ctype.h>
#include <stdio.h>
#include <unistd.h>

enum { PRINT_BYTES = 1 << 20 };

void config_free(struct config *config)
{
    if (config == NULL)
        return;
    config_entries_done(&config->entries);
    free(config->arguments.rest);
    free(config);
}

const char *config_argument(const struct config *config, size_t index)
{
    return index < config->arguments.rest_count ? config->arguments.rest[index] : NULL;
}

/* Everything that somebody gave; the strongest source first, see config_entry_give. */
static enum status read_sources(struct config *config, char **argv, struct error *error)
{
    const struct config_program *program = config->program;
    struct config_arguments *arguments = &config->arguments;
    const char *path;
    enum status status = config_read_arguments(program, &config->entries, argv, arguments, error);

    if (status != STATUS_OK || arguments->help || arguments->version)
        return status;
    status = config_read_environment(program, &config->entries, environ, error);
    path = arguments->file != NULL ? arguments->file : getenv("TRIBUTARY_CONFIG");
    if (status == STATUS_OK && path != NULL && path[0] != '\0')
        status = config_read_file(program, &config->entries, path, error);
    return status;
}

/* The secret in the file, without the line break that editors put at its end. */
static enum status read_secret(struct config_entry *entry, struct error *error)
{
    enum status status = config_slurp(entry->path, CONFIG_SECRET_BYTES, &entry->given, error);
    size_t size;

    if (status != STATUS_OK)
        return status;
    size = strlen(entry->given);
    if (size > 0 && entry->given[size - 1] == '\n')
        entry->given[--size] = '\0';
    if (size > 0 && entry->given[size - 1] == '\r')
        entry->given[--size] = '\0';
    return STATUS_OK;
}

/* Blanks around a value are never meant; the file's parser strips them too. */
static void trim(char *text)
{
    size_t start = strspn(text, " \t"), size = strlen(text);

    while (size > start && isspace((unsigned char)text[size - 1]))
        size--;
    memmove(text, text + start, size - start);
    text[size - start] = '\0';
}

/* The same error with the setting's name as its user spelled it before it. */
static enum status name_error(const struct config_entry *entry, const struct error *cause,
                              struct error *error)
{
    char name[CONFIG_NAME_BYTES];

    config_entry_spell(entry, entry->source, name);
    if (entry->source == CONFIG_FILE)
        return error_set(error, STATUS_REJECT, "%s (line %zu of the file): %s", name, entry->line,
                         cause->text);
    return error_set(error, STATUS_REJECT, "%s: %s", name, cause->text);
}

static enum status check_required(const struct config_entry *entry, struct error *error)
{
    char variable[CONFIG_NAME_BYTES], name[CONFIG_NAME_BYTES];

    if ((entry->setting->flags & SETTING_REQUIRED) == 0 ||
        (entry->given != NULL && entry->given[0] != '\0'))
        return STATUS_OK;
    config_entry_spell(entry, CONFIG_FLAG, name);
    config_entry_spell(entry, CONFIG_ENVIRONMENT, variable);
    return error_set(error, STATUS_REJECT, "%s%s (%s) is required", name,
                     entry->setting->flags & SETTING_SECRET ? "-file" : "", variable);
}

static void set_zero(const struct config_entry *entry)
{
    static const size_t sizes[] = {
        [SETTING_TEXT] = sizeof(const char *), [SETTING_INTEGER] = sizeof(int64_t),
        [SETTING_REAL] = sizeof(double),       [SETTING_BOOLEAN] = sizeof(bool),
        [SETTING_DURATION] = sizeof(int64_t),  [SETTING_SIZE] = sizeof(int64_t),
        [SETTING_CHOICE] = sizeof(int),
    };

    memset(config_entry_place(entry), 0, sizes[entry->setting->type]);
}

static enum status set_entry(struct config_entry *entry, struct error *error)
{
    const char *text;
    struct error cause = {0};
    enum status status = STATUS_OK;

    if (entry->path != NULL)
        status = read_secret(entry, &cause);
    else if (entry->given != NULL && (entry->setting->flags & SETTING_SECRET) == 0)
        trim(entry->given);
    if (status != STATUS_OK)
        return name_error(entry, &cause, error);
    status = check_required(entry, error);
    if (status != STATUS_OK)
        return status;
    text = entry->given != NULL ? entry->given : entry->setting->fallback;
    if (text == NULL) {
        set_zero(entry);
        return STATUS_OK;
    }
    status = config_value_set(entry->setting, text, config_entry_place(entry), &cause);
    MUST(status == STATUS_OK || entry->given != NULL); /* a fallback that the table refuses */
    return status == STATUS_OK ? STATUS_OK : name_error(entry, &cause, error);
}

static enum status print(struct config *config, struct error *error)
{
    struct buffer out;
    enum status status = STATUS_OK;

    buffer_init(&out, PRINT_BYTES);
    if (config->arguments.help)
        config_write_help(config->program, &out);
    else if (config->arguments.version)
        buffer_format(&out, "%s %s\n", config->program->name, config->program->version);
    else
        config_write_check(config, &out);
    if (fwrite(out.data, 1, out.size, stdout) != out.size || fflush(stdout) != 0)
        status = error_set(error, STATUS_FATAL, "cannot write to the standard output");
    buffer_done(&out);
    return status;
}

enum status config_load(struct config **ret_config, const struct config_program *program, int argc,
                        char **argv, enum config_action *ret_action, struct error *error)
{
    OWNED(config) config = must_alloc(sizeof *config);
    enum status status;
    bool asked;

    config->program = program;
    config_entries_init(&config->entries, program);
    status = read_sources(config, argv + (argc > 0), error);
    asked = config->arguments.help || config->arguments.version;
    for (size_t i = 0; i < config->entries.count && status == STATUS_OK && !asked; i++)
        status = set_entry(&config->entries.items[i], error);
    if (status == STATUS_OK && (asked || config->arguments.check))
        status = print(config, error);
    if (status != STATUS_OK)
        return status;
    *ret_action = asked || config->arguments.check ? CONFIG_EXIT : CONFIG_RUN;
    *ret_config = TAKE(config);
    return STATUS_OK;
}
