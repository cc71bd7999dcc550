#include "common/config/entries.h"

#include "common/base/must.h"
#include "common/config/nearest.h"

#include <ctype.h>
#include <stdio.h>

#define TWIN_SUFFIX "_file"

static bool name_is_good(const char *name, const char *also)
{
    size_t size = strlen(name);

    if (size == 0 || size > CONFIG_NEAREST_BYTES / 2 || !islower((unsigned char)name[0]))
        return false;
    for (const char *c = name; *c != '\0'; c++)
        if (!islower((unsigned char)*c) && !isdigit((unsigned char)*c) && strchr(also, *c) == NULL)
            return false;
    return true;
}

/* The table is programming, not input. */
static void check_setting(const struct setting *setting)
{
    bool required = (setting->flags & SETTING_REQUIRED) != 0;

    MUST(setting->name != NULL && name_is_good(setting->name, "_"));
    MUST(setting->help != NULL && setting->min <= setting->max);
    MUST((setting->type == SETTING_CHOICE) == (setting->choices != NULL));
    MUST(!(required && setting->fallback != NULL));
    MUST((setting->flags & SETTING_SECRET) == 0 ||
         (setting->type == SETTING_TEXT && setting->fallback == NULL));
}

void config_entries_init(struct config_entries *entries, const struct config_program *program)
{
    size_t count = 0, at = 0;

    for (size_t i = 0; i < program->count; i++)
        count += program->sections[i].count;
    entries->items = must_alloc((count > 0 ? count : 1) * sizeof *entries->items);
    entries->count = count;
    for (size_t i = 0; i < program->count; i++) {
        const struct config_section *section = &program->sections[i];

        MUST(section->name == NULL || name_is_good(section->name, ""));
        for (size_t j = 0; j < section->count; j++) {
            check_setting(&section->settings[j]);
            entries->items[at].section = section;
            entries->items[at++].setting = &section->settings[j];
        }
    }
}

void config_entries_done(struct config_entries *entries)
{
    for (size_t i = 0; i < entries->count; i++) {
        struct config_entry *entry = &entries->items[i];

        if (entry->given != NULL)
            explicit_bzero(entry->given, strlen(entry->given));
        free(entry->given);
        free(entry->path);
    }
    free(entries->items);
    *entries = (struct config_entries){0};
}

/* "<section>_<name>", the form that all spellings are compared in. */
static void entry_name(const struct config_entry *entry, char *text)
{
    const char *section = entry->section->name;

    snprintf(text, CONFIG_NAME_BYTES, "%s%s%s", section == NULL ? "" : section,
             section == NULL ? "" : "_", entry->setting->name);
}

struct config_entry *config_entries_find(const struct config_entries *entries, const char *name,
                                         bool *ret_twin)
{
    for (size_t i = 0; i < entries->count; i++) {
        struct config_entry *entry = &entries->items[i];
        char known[CONFIG_NAME_BYTES];
        size_t size;

        entry_name(entry, known);
        size = strlen(known);
        if (strncmp(name, known, size) != 0)
            continue;
        *ret_twin =
            (entry->setting->flags & SETTING_SECRET) != 0 && strcmp(name + size, TWIN_SUFFIX) == 0;
        if (*ret_twin || name[size] == '\0')
            return entry;
    }
    return NULL;
}

struct config_entry *config_entries_key(const struct config_entries *entries, const char *section,
                                        const char *key, bool *ret_twin)
{
    char name[CONFIG_NAME_BYTES];
    int size = snprintf(name, sizeof name, "%s_%s", section, key);

    return size < CONFIG_NAME_BYTES ? config_entries_find(entries, name, ret_twin) : NULL;
}

void config_entry_spell(const struct config_entry *entry, enum config_source source, char *text)
{
    const char *section = entry->section->name == NULL ? "" : entry->section->name;
    char name[CONFIG_NAME_BYTES];

    if (source == CONFIG_FILE || source == CONFIG_DEFAULT) {
        snprintf(text, CONFIG_NAME_BYTES, "[%s] %s", section, entry->setting->name);
        return;
    }
    entry_name(entry, name);
    for (char *c = name; *c != '\0'; c++)
        if (source == CONFIG_ENVIRONMENT)
            *c = (char)toupper((unsigned char)*c);
        else if (*c == '_')
            *c = '-';
    snprintf(text, CONFIG_NAME_BYTES, "%s%.*s", source == CONFIG_FLAG ? "--" : "TRIBUTARY_",
             CONFIG_NAME_BYTES - 16, name);
}

enum status config_entry_give(struct config_entry *entry, enum config_source source, bool twin,
                              const char *value, struct error *error)
{
    char **place = twin ? &entry->path : &entry->given;
    char *other = twin ? entry->given : entry->path;
    char name[CONFIG_NAME_BYTES];

    if (entry->source > source)
        return STATUS_OK;
    if (entry->source == source && other != NULL) {
        config_entry_spell(entry, source, name);
        return error_set(error, STATUS_REJECT, "%s is given both as a value and as a file", name);
    }
    free(*place);
    *place = strdup(value);
    MUST(*place != NULL);
    entry->source = source;
    return STATUS_OK;
}

const struct config_entry *config_entries_near(const struct config_entries *entries,
                                               const struct config_section *section,
                                               const char *name)
{
    const struct config_entry *nearest = NULL;
    size_t least = CONFIG_NEAREST_BYTES;

    for (size_t i = 0; i < entries->count; i++) {
        const struct config_entry *entry = &entries->items[i];
        char known[CONFIG_NAME_BYTES];
        size_t distance;

        if (section != NULL && entry->section != section)
            continue;
        entry_name(entry, known);
        distance = config_distance(name, known);
        if (distance < least) {
            least = distance;
            nearest = entry;
        }
    }
    return config_is_near(name, least) ? nearest : NULL;
}

const struct config_section *config_section_find(const struct config_program *program,
                                                 const char *name)
{
    for (size_t i = 0; i < program->count; i++)
        if (program->sections[i].name != NULL && strcmp(program->sections[i].name, name) == 0)
            return &program->sections[i];
    return NULL;
}

const struct config_section *config_section_near(const struct config_program *program,
                                                 const char *name)
{
    for (size_t i = 0; i < program->count; i++) {
        const char *known = program->sections[i].name;

        if (known != NULL && config_is_near(name, config_distance(name, known)))
            return &program->sections[i];
    }
    return NULL;
}
