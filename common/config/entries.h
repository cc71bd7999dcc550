/* Every setting of a program with what the user gave for it and where. The sources (arguments.h,
 * environment.h, file.h) give; config.c turns what was given into values. */
#ifndef TRIBUTARY_CONFIG_ENTRIES_H
#define TRIBUTARY_CONFIG_ENTRIES_H

#include "common/base/status.h"
#include "common/config/config.h"

/* A later one wins over an earlier one. */
enum config_source { CONFIG_DEFAULT, CONFIG_FILE, CONFIG_ENVIRONMENT, CONFIG_FLAG };

enum { CONFIG_NAME_BYTES = 160 }; /* of a flag or variable, in any spelling, with its NUL */

struct config_entry {
    const struct config_section *section;
    const struct setting *setting;
    enum config_source source;
    char *given; /* owned; NULL when the source is the default */
    char *path;  /* owned; of the file that a secret was read from, else NULL */
    size_t line; /* in the file */
};

struct config_entries {
    struct config_entry *items;
    size_t count;
};

/* Also checks the tables: a bad one is a MUST. */
void config_entries_init(struct config_entries *entries, const struct config_program *program);
void config_entries_done(struct config_entries *entries);

/* The entry called "<section>_<name>" (or "<name>" without a section); with ret_twin when it is
 * the `_file` twin of a secret. NULL when there is none. */
struct config_entry *config_entries_find(const struct config_entries *entries, const char *name,
                                         bool *ret_twin);

/* The same by section and key. */
struct config_entry *config_entries_key(const struct config_entries *entries, const char *section,
                                        const char *key, bool *ret_twin);

/* How a user writes it in that source: --kafka-brokers, TRIBUTARY_KAFKA_BROKERS, or brokers under
 * [kafka]. text has CONFIG_NAME_BYTES. */
void config_entry_spell(const struct config_entry *entry, enum config_source source, char *text);

/* Takes a copy of the value (or, for a twin, of the path) unless a stronger source gave one. */
MUST_CHECK enum status config_entry_give(struct config_entry *entry, enum config_source source,
                                         bool twin, const char *value, struct error *error);

/* The entry whose name is nearest to `name` ("<section>_<name>") and near enough to be meant, in
 * one section or, with NULL, in all. NULL when there is none. */
const struct config_entry *config_entries_near(const struct config_entries *entries,
                                               const struct config_section *section,
                                               const char *name);

/* The program's section of that name; and the one that was probably meant by a name that it does
 * not have. NULL when there is none. */
const struct config_section *config_section_find(const struct config_program *program,
                                                 const char *name);
const struct config_section *config_section_near(const struct config_program *program,
                                                 const char *name);

#endif
