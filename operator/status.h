/* What `tributary status` gathers, apart from how it is printed. */
#ifndef TRIBUTARY_OPERATOR_STATUS_H
#define TRIBUTARY_OPERATOR_STATUS_H

#include "common/base/buffer.h"
#include "common/kafka/admin.h"
#include "operator/command.h"
#include "operator/standing.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { STATUS_GROUPS_MAX = 16, STATUS_READINGS_MAX = 32 };

/* A consumer group as Kafka sees it. */
struct status_group {
    const char *name;
    struct kafka_group kafka;
};

/* A group's reading of one topic, added up over partitions. */
struct status_reading {
    const char *group;
    const char *topic;
    int64_t lag;       /* records between what was read and the log's end */
    int64_t oldest_ms; /* how long the oldest of them has been there; -1: none */
    bool has_books;    /* the classifier has none */
    int64_t applied;
    int64_t duplicate;
    int64_t rejected;
    int64_t gap;
    int64_t in_flight;   /* end of the source - position */
    int64_t unaccounted; /* of absolute values */
};

struct status_view {
    const struct command_context *context;
    struct kafka_admin *admin;
    struct postgres *db;
    struct standing standing;
    struct status_group groups[STATUS_GROUPS_MAX];
    size_t group_count;
    struct status_reading readings[STATUS_READINGS_MAX];
    size_t reading_count;
    struct postgres_result *letters; /* group, reason, count */
};

/* Why partitions stand still, and what mends them: calls `tell` with a line for each. */
void status_troubles(const struct status_view *view, void (*tell)(void *opaque, const char *line),
                     void *opaque);

/* For people; and as JSON. */
void status_print(const struct status_view *view, struct buffer *out);
void status_write(const struct status_view *view, struct buffer *out);

#endif
