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

static bool is_one_of(const char *text, const char *const *list)
{
    while (*list != NULL && strcmp(text, *list) != 0)
        list++;
    return *list != NULL;
}

static bool is_url(const char *value)
{
    return strncmp(value, "tcp://", 6) == 0 || strncmp(value, "udp://", 6) == 0 ||
           strncmp(value, "sctp://", 7) == 0;
}

/* What follows "port_8080_" in a name; NULL where that is not in it. */
static const char *behind_port(const char *name)
{
    for (const char *at = name; (at = strstr(at, "port_")) != NULL; at++) {
        const char *number = at + strlen("port_"), *end = number + strspn(number, "0123456789");

        if ((at == name || at[-1] == '_') && end > number && *end == '_')
            return end + 1;
    }
    return NULL;
}

/* Kubernetes gives every pod such variables for each service of the namespace, so that a service
 * called tributary-gateway looks like settings of a section "gateway" (service links): …_PORT and
 * …_PORT_8080_TCP with a URL, the latter's parts, …_SERVICE_HOST and …_SERVICE_PORT. */
static bool is_service_link(const char *name, const char *value)
{
    static const char *const protocols[] = {"tcp", "udp", "sctp", NULL};
    static const char *const parts[] = {"tcp_proto", "tcp_addr", "tcp_port",   "udp_proto",
                                        "udp_addr",  "udp_port", "sctp_proto", "sctp_addr",
                                        "sctp_port", NULL};
    const char *rest = behind_port(name);

    if (rest != NULL)
        return is_one_of(rest, parts) || (is_url(value) && is_one_of(rest, protocols));
    if (strcmp(name, "port") == 0 || ends_with(name, "_port"))
        return is_url(value) || ends_with(name, "_service_port");
    return ends_with(name, "_service_host") || strstr(name, "_service_port_") != NULL;
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
