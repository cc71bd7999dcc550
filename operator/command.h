/* A sub-command of `tributary`: one file each, listed in main.c.
 *
 * Data goes to stdout, messages to stderr. Exit codes: 0 done, 1 a difference or failure was found,
 * 2 usage or configuration, 69 a server cannot be reached. */
#ifndef TRIBUTARY_OPERATOR_COMMAND_H
#define TRIBUTARY_OPERATOR_COMMAND_H

#include "common/base/status.h"
#include "common/config/config.h"
#include "common/kafka/settings.h"
#include "common/postgres/postgres.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    COMMAND_OK = 0,
    COMMAND_FOUND = 1, /* what was asked about is not as it should be */
    COMMAND_USAGE = 2,
    COMMAND_UNAVAILABLE = 69, /* EX_UNAVAILABLE of sysexits.h */
};

enum command_deep { COMMAND_DEEP_AUTO, COMMAND_DEEP_YES, COMMAND_DEEP_NO };

/* The options of all commands. Those that a command does not name are zero. */
struct command_options {
    bool json;
    bool execute; /* without it, what would be done is printed only */
    bool all;
    bool raw;
    enum command_deep deep;
    const char *group;
    const char *topic;
    const char *reason;
    const char *since;
    const char *tenant;
    const char *name;
    int64_t limit;
    int64_t partition; /* -1: all */
    int64_t skip_to;   /* -1: no */
    int64_t watch_ms;  /* 0: once */
};

/* The installation: section "topics" and the count of partitions. */
struct topics_settings {
    int64_t partitions;
    int64_t replicas;
    int64_t min_insync;
    int64_t retention_ms;
};

struct command_context {
    const char *const *arguments; /* behind the command's words; as many as it takes */
    const struct command_options *options;
    const struct topics_settings *topics;
    const struct kafka_settings *kafka;
    const struct postgres_settings *postgres;
};

/* Sections of settings that a command reads. */
enum { COMMAND_TOPICS = 1 << 0, COMMAND_KAFKA = 1 << 1, COMMAND_POSTGRES = 1 << 2 };

enum { COMMAND_ARGUMENTS_MAX = 1 };

struct command {
    const char *words; /* "offsets recover" */
    const char *help;  /* one line */
    const char *more;  /* paragraphs for --help; NULL: none */
    const char *example;
    const char *argument; /* "ID"; NULL: takes none */
    const char *options;  /* names of options.h, parted by blanks */
    unsigned sections;
    int (*run)(const struct command_context *context, struct error *error); /* the exit code */
};

extern const struct command command_init, command_keys_new, command_letters_list,
    command_letters_show, command_migrate, command_offsets_recover, command_status, command_summary,
    command_verify;

/* Says what failed. The exit code for it: 69 for RETRY, 2 for REJECT, else 1. */
int command_failed(const struct error *error);

#endif
