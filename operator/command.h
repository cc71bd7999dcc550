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

/* Flags of all commands; each says in its help which of them it uses. */
struct command_options {
    bool json;
    bool execute; /* without it, what would be done is printed only */
    bool all;
    bool raw;
    const char *group;
    const char *reason;
    const char *since;
    const char *tenant;
    const char *name;
    int64_t limit;
    int64_t partition;
    int64_t watch_ms; /* 0: once */
};

/* The installation: section "topics" and the count of partitions. */
struct topics_settings {
    int64_t partitions;
    int64_t replicas;
    int64_t min_insync;
    int64_t retention_ms;
};

struct command_context {
    const struct config *config; /* its arguments: the command, and what follows */
    const struct command_options *options;
    const struct topics_settings *topics;
    const struct kafka_settings *kafka;
    const struct postgres_settings *postgres;
};

struct command {
    const char *words; /* "offsets recover" */
    const char *arguments;
    const char *help;                                                       /* one line */
    const char *example;                                                    /* one command line */
    int (*run)(const struct command_context *context, struct error *error); /* the exit code */
};

extern const struct command command_init, command_migrate;

/* The exit code for a failure: 69 for RETRY, 2 for REJECT, else 1. */
int command_failed(const struct error *error);

#endif
