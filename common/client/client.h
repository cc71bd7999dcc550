/* Requests to servers of others: webhooks above all. The only user of libcurl, on common/loop.
 * HTTP/1.1 with or without TLS; no redirects, no proxies, no cookies, no compression. It does not
 * retry: it says whether a retry makes sense.
 *
 * Threads: the loop's. */
#ifndef TRIBUTARY_CLIENT_CLIENT_H
#define TRIBUTARY_CLIENT_CLIENT_H

#include "common/base/owned.h"
#include "common/base/slice.h"
#include "common/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct client;

struct client_limits {
    size_t transfers;     /* 64 at once */
    size_t per_host;      /* 4 at once to one host and port: a dead one must not delay the others */
    size_t request_bytes; /* 1 MiB of body */
    size_t response_bytes; /* 64 KiB of body are read; the rest is cut off */
    int64_t connect_ms;    /* 5 s, name and TLS included */
    int64_t total_ms;      /* 15 s */
    bool allow_private;    /* also to addresses that are not public, and to any port */
    bool allow_plain;      /* also http:// */
    const char *ca_file;   /* PEM; NULL: the system's; borrowed for the client's life */
};

/* The values above; nothing is allowed. */
struct client_limits client_limits_default(void);

/* FATAL when libcurl cannot be started. Makes the process ignore SIGPIPE. */
MUST_CHECK enum status client_new(struct client **ret_client, struct loop *loop,
                                  const struct client_limits *limits, struct error *error);

/* Gives up what is on its way, without callbacks. Not inside a callback. */
void client_free(struct client *client);
OWNED_DEFINE(client);

struct client_field {
    const char *name;
    const char *value;
};

struct client_request {
    const char *method; /* GET or POST */
    const char *url;
    const struct client_field *fields;
    size_t field_count;
    struct slice body; /* POST only */
};

struct client_response {
    enum status
        status; /* OK: an answer came, whatever it says. RETRY: none came in time, or the
                   server cannot be reached. REJECT: the request cannot be made like this. */
    int code;   /* 100..599; 0 when no answer came */
    struct slice body;
    bool truncated;        /* body is the start of more */
    int64_t retry_after_s; /* 0: not said */
    int64_t elapsed_us;
    const struct error *error; /* of a status that is not OK */
};

/* Comes once, from the loop, never inside client_send. Borrows the response for the call. May send.
 */
typedef void client_callback(void *context, const struct client_response *response);

/* Copies the request. RETRY when there is no room, in all or for this host; REJECT for a URL or a
 * field that is not allowed: then nothing was sent and the callback does not come. */
MUST_CHECK enum status client_send(struct client *client, const struct client_request *request,
                                   client_callback *callback, void *context, struct error *error);

/* Whether client_send would find room now. */
bool client_has_room(const struct client *client, const char *url);

/* What can be known about a URL without resolving it, as when it is set up: REJECT for what is no
 * http(s) URL, has a user in it, a port other than 80, 443, 8080 and 8443, or a numeric address, in
 * any spelling, that is not public. */
MUST_CHECK enum status client_check_url(const struct client_limits *limits, const char *url,
                                        struct error *error);

#endif
