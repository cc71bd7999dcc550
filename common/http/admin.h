/* The port for operators and orchestrators: /livez, /readyz and /metrics. It knows no metrics
 * registry and no worker: callbacks give the answers.
 *
 *     GET /livez            200 "ok" or 503
 *     GET /readyz           200 or 503; ?verbose lists the checks as "[+]kafka ok", "[-]postgres
 * ..." GET /metrics          Prometheus text format 0.0.4
 *
 * Threads: the loop's. */
#ifndef TRIBUTARY_HTTP_ADMIN_H
#define TRIBUTARY_HTTP_ADMIN_H

#include "common/base/buffer.h"
#include "common/base/owned.h"
#include "common/base/status.h"

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct http_admin;

/* For the checks to write into. */
struct http_checks;

/* One line: name is one word, reason may be NULL when it is ok. */
void http_check(struct http_checks *checks, const char *name, bool ok, const char *reason);

/* Each may be NULL: /livez and /readyz then say ok, /metrics is empty. */
struct http_admin_callbacks {
    bool (*live)(void *context);
    void (*ready)(void *context, struct http_checks *checks);
    void (*metrics)(void *context, struct buffer *text); /* up to 4 MiB */
    void *context;
};

/* Listens at once on a numeric address; port 0 takes a free one. Copies callbacks, borrows their
 * context. FATAL when the address cannot be had. */
MUST_CHECK enum status http_admin_new(struct http_admin **ret_admin, struct loop *loop,
                                      const char *address, uint16_t port,
                                      const struct http_admin_callbacks *callbacks,
                                      struct error *error);
void http_admin_free(struct http_admin *admin);
OWNED_DEFINE(http_admin);

uint16_t http_admin_port(const struct http_admin *admin);

#endif
