/* What this folder needs of a URL. */
#ifndef TRIBUTARY_CLIENT_URL_H
#define TRIBUTARY_CLIENT_URL_H

#include "common/client/client.h"

enum {
    CLIENT_URL_BYTES_MAX = 2048,
    CLIENT_HOST_BYTES = 288, /* a name, ':' and a port */
};

/* "host:port" of a URL that is allowed. REJECT as client_check_url. */
MUST_CHECK enum status client_url_host(const struct client_limits *limits, const char *url,
                                       char host[static CLIENT_HOST_BYTES], struct error *error);

#endif
