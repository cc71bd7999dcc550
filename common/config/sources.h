/* Where settings come from: the command line, the environment, a file. Each gives what it holds to
 * the entries and refuses what it does not know. Nothing is parsed here but names. */
#ifndef TRIBUTARY_CONFIG_SOURCES_H
#define TRIBUTARY_CONFIG_SOURCES_H

#include "common/config/entries.h"

/* What the command line asks for besides settings. Pointers into argv. */
struct config_arguments {
    const char *file; /* --config, or NULL */
    bool help;
    bool version;
    bool check;
    const char **rest; /* owned; ends with NULL */
    size_t rest_count;
};

/* Flags. With --help or --version, what is wrong with the others is not told. */
MUST_CHECK enum status config_read_arguments(const struct config_program *program,
                                             struct config_entries *entries, char **argv,
                                             struct config_arguments *arguments,
                                             struct error *error);

/* TRIBUTARY_* of `environment`, a NULL-terminated list of NAME=value. */
MUST_CHECK enum status config_read_environment(const struct config_program *program,
                                               struct config_entries *entries, char **environment,
                                               struct error *error);

/* The INI file. */
MUST_CHECK enum status config_read_file(const struct config_program *program,
                                        struct config_entries *entries, const char *path,
                                        struct error *error);

/* The whole of a small file as a C string, owned by the caller. A byte 0 in it, and more than
 * `limit` bytes, are refused. */
MUST_CHECK enum status config_slurp(const char *path, size_t limit, char **ret_text,
                                    struct error *error);

#endif
