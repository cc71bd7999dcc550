/* Variables: TRIBUTARY_SECTION_NAME. */
#include "common/config/sources.h"

#include <ctype.h>
#include <stdio.h>

#define PREFIX "TRIBUTARY_"

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), end_size = strlen(end);

    return size >= end_size && strcmp(text + size - end_size, end) == 0;
}

/* Kubernetes gives every pod such variables for each service of the namespace, so that a service
 * called tributary-gateway looks like settings of a section "gateway" (service links). */
static bool is_service_link(const char *name, const char *value)
{
    static const char *const schemes[] = {"tcp://", "udp://", "sctp://"};

    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
        if (strncmp(value, schemes[i], strlen(schemes[i])) == 0)
            return true;
    return ends_with(name, "_service_host") || strstr(name, "_service_port") != NULL ||
           (strstr(name, "_port_") != NULL &&
            (ends_with(name, "_proto") || ends_with(name, "_addr") || ends_with(name, "_port")));
}

/* An unknown name is an error when its section is one of ours, or is meant to be. */
static enum status check_unknown(const struct config_program *program,
                                 const struct config_entries *entries, const char *variable,
                                 const char *name, struct error *error)
{
    const struct config_section *section;
    const struct config_entry *near;
    char head[CONFIG_NAME_BYTES], spelled[CONFIG_NAME_BYTES];
    size_t size = strcspn(name, "_");

    snprintf(head, sizeof head, "%.*s", (int)size, name);
    section = config_section_find(program, head);
    if (section == NULL && config_section_near(program, head) == NULL)
        return STATUS_OK;
    near = config_entries_near(entries, section, name);
    if (near == NULL && section == NULL)
        return STATUS_OK;
    if (near == NULL)
        return error_set(error, STATUS_REJECT, "unknown environment variable %.100s", variable);
    config_entry_spell(near, CONFIG_ENVIRONMENT, spelled);
    return error_set(error, STATUS_REJECT, "unknown environment variable %.80s, did you mean %s?",
                     variable, spelled);
}

static enum status read_variable(const struct config_program *program,
                                 struct config_entries *entries, const char *variable,
                                 const char *value, struct error *error)
{
    char name[CONFIG_NAME_BYTES];
    struct config_entry *entry;
    bool twin = false;
    size_t size = 0;

    for (const char *c = variable + strlen(PREFIX); *c != '\0' && size + 1 < sizeof name; c++)
        name[size++] = (char)tolower((unsigned char)*c);
    name[size] = '\0';
    if (strcmp(name, "config") == 0 || is_service_link(name, value))
        return STATUS_OK;
    entry = config_entries_find(entries, name, &twin);
    if (entry == NULL || entry->section->name == NULL)
        return check_unknown(program, entries, variable, name, error);
    if (value[0] == '\0')
        return STATUS_OK;
    return config_entry_give(entry, CONFIG_ENVIRONMENT, twin, value, error);
}

enum status config_read_environment(const struct config_program *program,
                                    struct config_entries *entries, char **environment,
                                    struct error *error)
{
    enum status status = STATUS_OK;

    for (; *environment != NULL && status == STATUS_OK; environment++) {
        const char *equals = strchr(*environment, '=');
        char variable[CONFIG_NAME_BYTES];

        if (equals == NULL || strncmp(*environment, PREFIX, strlen(PREFIX)) != 0)
            continue;
        snprintf(variable, sizeof variable, "%.*s", (int)(equals - *environment), *environment);
        status = read_variable(program, entries, variable, equals + 1, error);
    }
    return status;
}
