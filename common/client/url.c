#include "common/client/url.h"

#include "common/client/address.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct parts {
    CURLU *handle;
    char *scheme;
    char *host;
    char *port;
    char *user;
};

static void parts_done(struct parts *parts)
{
    curl_free(parts->scheme);
    curl_free(parts->host);
    curl_free(parts->port);
    curl_free(parts->user);
    curl_url_cleanup(parts->handle);
}

/* False for what is no URL. libcurl turns all spellings of an IPv4 address into the common one. */
static bool parts_init(struct parts *parts, const char *url)
{
    *parts = (struct parts){.handle = curl_url()};
    return parts->handle != NULL &&
           curl_url_set(parts->handle, CURLUPART_URL, url, 0) == CURLUE_OK &&
           curl_url_get(parts->handle, CURLUPART_SCHEME, &parts->scheme, 0) == CURLUE_OK &&
           curl_url_get(parts->handle, CURLUPART_HOST, &parts->host, 0) == CURLUE_OK &&
           curl_url_get(parts->handle, CURLUPART_PORT, &parts->port, CURLU_DEFAULT_PORT) ==
               CURLUE_OK &&
           (curl_url_get(parts->handle, CURLUPART_USER, &parts->user, 0) == CURLUE_OK ||
            parts->user == NULL);
}

/* True when the host is a name, or an address that is public. */
static bool host_may_be_public(const char *host)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address = {.any = {0}};
    char inner[64];
    size_t size = strlen(host);

    if (inet_pton(AF_INET, host, &address.v4.sin_addr) == 1) {
        address.v4.sin_family = AF_INET;
        return client_address_is_public(&address.any);
    }
    if (host[0] != '[')
        return true;
    if (size < 2 || size - 2 >= sizeof inner)
        return false;
    memcpy(inner, host + 1, size - 2);
    inner[size - 2] = '\0';
    address.v6.sin6_family = AF_INET6;
    return inet_pton(AF_INET6, inner, &address.v6.sin6_addr) == 1 &&
           client_address_is_public(&address.any);
}

static bool port_is_usual(const char *port)
{
    static const char *const usual[] = {"80", "443", "8080", "8443"};

    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
        if (strcmp(port, usual[i]) == 0)
            return true;
    return false;
}

static enum status parts_check(const struct parts *parts, const struct client_limits *limits,
                               struct error *error)
{
    bool plain = strcmp(parts->scheme, "http") == 0;

    if (!plain && strcmp(parts->scheme, "https") != 0)
        return error_set(error, STATUS_REJECT, "URL: the scheme is neither https nor http");
    if (plain && !limits->allow_plain)
        return error_set(error, STATUS_REJECT, "URL: the scheme must be https");
    if (parts->user != NULL)
        return error_set(error, STATUS_REJECT, "URL: a user in it is not allowed");
    if (!limits->allow_private && !port_is_usual(parts->port))
        return error_set(error, STATUS_REJECT, "URL: the port must be 80, 443, 8080 or 8443");
    if (!limits->allow_private && !host_may_be_public(parts->host))
        return error_set(error, STATUS_REJECT, "URL: the address is not public");
    return STATUS_OK;
}

enum status client_url_host(const struct client_limits *limits, const char *url,
                            char host[static CLIENT_HOST_BYTES], struct error *error)
{
    struct parts parts = {0};
    enum status status;

    if (strlen(url) > CLIENT_URL_BYTES_MAX)
        return error_set(error, STATUS_REJECT, "URL: longer than %d bytes", CLIENT_URL_BYTES_MAX);
    if (!parts_init(&parts, url) || strlen(parts.host) + strlen(parts.port) + 2 > CLIENT_HOST_BYTES)
        status = error_set(error, STATUS_REJECT, "URL: it cannot be understood");
    else
        status = parts_check(&parts, limits, error);
    if (status == STATUS_OK)
        snprintf(host, CLIENT_HOST_BYTES, "%s:%s", parts.host, parts.port);
    parts_done(&parts);
    return status;
}

enum status client_check_url(const struct client_limits *limits, const char *url,
                             struct error *error)
{
    char host[CLIENT_HOST_BYTES];

    return client_url_host(limits, url, host, error);
}
