/* A list of environment entries, one a name. Internal to tests/support/fleet. */
#ifndef TRIBUTARY_TESTS_SUPPORT_FLEET_SETTINGS_H
#define TRIBUTARY_TESTS_SUPPORT_FLEET_SETTINGS_H

#include <stddef.h>

enum { FLEET_SETTINGS = 128 };

struct fleet_settings {
    char *entries[FLEET_SETTINGS + 1]; /* "NAME=value", owned; NULL behind the last */
    size_t count;
};

void fleet_settings_set(struct fleet_settings *settings, const char *name, const char *value);
void fleet_settings_done(struct fleet_settings *settings);

/* Sets all of `more`. */
void fleet_settings_add(struct fleet_settings *settings, const struct fleet_settings *more);

#endif
