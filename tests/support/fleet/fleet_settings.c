#include "tests/support/fleet/fleet_settings.h"

#include "common/base/must.h"

#include <string.h>

/* entry is taken. */
static void put(struct fleet_settings *settings, char *entry)
{
    size_t name_size = strcspn(entry, "=") + 1;
    size_t i = 0;

    while (i < settings->count && strncmp(settings->entries[i], entry, name_size) != 0)
        i++;
    MUST(i < FLEET_SETTINGS);
    free(settings->entries[i]);
    settings->entries[i] = entry;
    if (i == settings->count)
        settings->count++;
}

void fleet_settings_set(struct fleet_settings *settings, const char *name, const char *value)
{
    char *entry = NULL;

    MUST(asprintf(&entry, "%s=%s", name, value) >= 0);
    put(settings, entry);
}

void fleet_settings_done(struct fleet_settings *settings)
{
    for (size_t i = 0; i < settings->count; i++)
        free(settings->entries[i]);
    *settings = (struct fleet_settings){0};
}

void fleet_settings_add(struct fleet_settings *settings, const struct fleet_settings *more)
{
    for (size_t i = 0; i < more->count; i++)
        put(settings, strdup(more->entries[i]));
}
