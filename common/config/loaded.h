/* A loaded configuration, for config.c that makes it and print.c that shows it. */
#ifndef TRIBUTARY_CONFIG_LOADED_H
#define TRIBUTARY_CONFIG_LOADED_H

#include "common/config/config.h"
#include "common/config/sources.h"

struct config {
    const struct config_program *program;
    struct config_entries entries;
    struct config_arguments arguments;
};

/* The member of the section's target that the setting fills. */
static inline void *config_entry_place(const struct config_entry *entry)
{
    return (char *)entry->section->target + entry->setting->offset;
}

#endif
