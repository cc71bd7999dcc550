/* Settings of section "gateway": docs/configuration.md. */
#ifndef TRIBUTARY_PRODUCERS_GATEWAY_SETTINGS_H
#define TRIBUTARY_PRODUCERS_GATEWAY_SETTINGS_H

#include "common/config/setting.h"

struct gateway_settings {
    const char *address;
    int64_t port;
    const char *admin_address;
    int64_t admin_port;
    const char *keys_file;
    int64_t threads;
    bool pinned;                /* each to a CPU */
    int64_t partitions;         /* of both topics; another count on the broker stops the start */
    int64_t items;              /* most in one request */
    int64_t body_bytes;         /* the same in bytes */
    int64_t deadline_ms;        /* from a request's end to its answer */
    int64_t message_timeout_ms; /* how long the producer goes on trying */
    int64_t queue_records;      /* sent and not reported, a thread */
    int64_t queue_bytes;
    int64_t connections;  /* a thread */
    int64_t memory_bytes; /* of requests that are not answered, a thread */
    int64_t drain_ms;
    int64_t stuck_ms;
};

extern const struct setting gateway_setting_table[];
extern const size_t gateway_setting_count;

#endif
