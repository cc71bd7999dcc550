/* One request on its way. Part of the client. */
#ifndef TRIBUTARY_CLIENT_TRANSFER_H
#define TRIBUTARY_CLIENT_TRANSFER_H

#include "common/base/buffer.h"
#include "common/client/url.h"

#include <curl/curl.h>
#include <sys/queue.h>

TAILQ_HEAD(client_transfers, client_transfer);

struct client_transfer {
    TAILQ_ENTRY(client_transfer) active;
    const struct client_limits *limits;
    CURL *easy;
    struct curl_slist *fields;
    struct buffer body;     /* of the request */
    struct buffer response; /* up to limits->response_bytes */
    char host[CLIENT_HOST_BYTES];
    int64_t begin_us;
    bool truncated;
    bool refused; /* an address that is not public */
    client_callback *callback;
    void *context;
};

/* Ready for curl_multi_add_handle. */
MUST_CHECK enum status client_transfer_new(struct client_transfer **ret_transfer,
                                           const struct client_limits *limits,
                                           const struct client_request *request,
                                           struct error *error);
void client_transfer_free(struct client_transfer *transfer);
OWNED_DEFINE(client_transfer);

/* Calls back with what became of it. */
void client_transfer_finish(struct client_transfer *transfer, CURLcode code);

#endif
