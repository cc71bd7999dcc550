#include "common/client/transfer.h"

#include "common/base/clock.h"
#include "common/base/must.h"
#include "common/client/address.h"
#include "common/client/fault.h"

#include <stdio.h>
#include <sys/socket.h>

enum { FIELD_BYTES_MAX = 8192 };

static size_t transfer_write(char *data, size_t one, size_t size, void *context)
{
    struct client_transfer *transfer = context;
    size_t room = transfer->response.limit - transfer->response.size;

    (void)one;
    if (size <= room) {
        buffer_append(&transfer->response, data, size);
        return size;
    }
    buffer_append(&transfer->response, data, room);
    transfer->truncated = true;
    return 0; /* ends the transfer: the status is known */
}

/* The address is looked at here, when it is about to be used: between a check of the name and its
 * use the name can change. */
static curl_socket_t transfer_open(void *context, curlsocktype purpose,
                                   struct curl_sockaddr *address)
{
    struct client_transfer *transfer = context;

    (void)purpose;
    if (!transfer->limits->allow_private && !client_address_is_public(&address->addr)) {
        transfer->refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static bool field_is_sound(const struct client_field *field)
{
    return field->name[0] != '\0' && strpbrk(field->name, ":\r\n ") == NULL &&
           strpbrk(field->value, "\r\n") == NULL &&
           strlen(field->name) + strlen(field->value) < FIELD_BYTES_MAX - 3;
}

static bool transfer_add_line(struct client_transfer *transfer, const char *line)
{
    struct curl_slist *fields = curl_slist_append(transfer->fields, line);

    if (fields == NULL)
        return false;
    transfer->fields = fields;
    return true;
}

static enum status transfer_set_fields(struct client_transfer *transfer,
                                       const struct client_request *request, struct error *error)
{
    char line[FIELD_BYTES_MAX];

    /* Bodies are small: asking first would only cost a round trip. */
    if (!transfer_add_line(transfer, "Expect:"))
        return error_set(error, STATUS_FATAL, "client: out of memory");
    for (size_t i = 0; i < request->field_count; i++) {
        const struct client_field *field = &request->fields[i];

        if (!field_is_sound(field))
            return error_set(error, STATUS_REJECT, "client: header field %zu is malformed", i);
        /* libcurl leaves out a field without a value, unless it ends in a semicolon. */
        snprintf(line, sizeof line, field->value[0] != '\0' ? "%s: %s" : "%s;%s", field->name,
                 field->value);
        if (!transfer_add_line(transfer, line))
            return error_set(error, STATUS_FATAL, "client: out of memory");
    }
    return STATUS_OK;
}

static bool transfer_set_method(struct client_transfer *transfer,
                                const struct client_request *request)
{
    CURL *easy = transfer->easy;

    if (strcmp(request->method, "GET") == 0)
        return request->body.size == 0 && curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L) == CURLE_OK;
    if (strcmp(request->method, "POST") != 0 ||
        request->body.size > transfer->limits->request_bytes)
        return false;
    buffer_init(&transfer->body, request->body.size);
    buffer_append_slice(&transfer->body, request->body);
    return curl_easy_setopt(easy, CURLOPT_POST, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.size) ==
               CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_POSTFIELDS,
                            request->body.size > 0 ? transfer->body.data : "") == CURLE_OK;
}

static bool transfer_set_limits(struct client_transfer *transfer)
{
    const struct client_limits *limits = transfer->limits;
    CURL *easy = transfer->easy;

    return curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           /* A look-up that takes too long is left to end alone: joined, it stops the loop. */
           curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR,
                            limits->allow_plain ? "http,https" : "https") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROXY, "") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)limits->connect_ms) ==
               CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)limits->total_ms) == CURLE_OK &&
           (limits->ca_file == NULL ||
            curl_easy_setopt(easy, CURLOPT_CAINFO, limits->ca_file) == CURLE_OK);
}

static bool transfer_set_callbacks(struct client_transfer *transfer)
{
    CURL *easy = transfer->easy;

    return curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, transfer_write) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, transfer_open) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer) == CURLE_OK;
}

static enum status transfer_prepare(struct client_transfer *transfer,
                                    const struct client_request *request, struct error *error)
{
    enum status status = transfer_set_fields(transfer, request, error);

    if (status != STATUS_OK)
        return status;
    if (!transfer_set_method(transfer, request))
        return error_set(error, STATUS_REJECT, "client: method %s with a body of %zu bytes",
                         request->method, request->body.size);
    if (!transfer_set_limits(transfer) || !transfer_set_callbacks(transfer) ||
        curl_easy_setopt(transfer->easy, CURLOPT_URL, request->url) != CURLE_OK ||
        curl_easy_setopt(transfer->easy, CURLOPT_USERAGENT, "tributary/" TRIBUTARY_VERSION) !=
            CURLE_OK ||
        curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->fields) != CURLE_OK)
        return error_set(error, STATUS_FATAL, "client: libcurl refuses an option");
    return STATUS_OK;
}

enum status client_transfer_new(struct client_transfer **ret_transfer,
                                const struct client_limits *limits,
                                const struct client_request *request, struct error *error)
{
    OWNED(client_transfer) transfer = must_alloc(sizeof *transfer);
    enum status status = client_url_host(limits, request->url, transfer->host, error);

    if (status != STATUS_OK)
        return status;
    transfer->limits = limits;
    transfer->begin_us = clock_steady_us();
    buffer_init(&transfer->response, limits->response_bytes);
    transfer->easy = curl_easy_init();
    if (transfer->easy == NULL)
        return error_set(error, STATUS_FATAL, "client: out of memory");
    status = transfer_prepare(transfer, request, error);
    if (status == STATUS_OK)
        *ret_transfer = TAKE(transfer);
    return status;
}

void client_transfer_free(struct client_transfer *transfer)
{
    if (transfer == NULL)
        return;
    curl_easy_cleanup(transfer->easy);
    curl_slist_free_all(transfer->fields);
    buffer_done(&transfer->body);
    buffer_done(&transfer->response);
    free(transfer);
}

void client_transfer_finish(struct client_transfer *transfer, CURLcode code)
{
    struct error error = {0};
    struct client_response response = {.body = buffer_slice(&transfer->response),
                                       .truncated = transfer->truncated,
                                       .elapsed_us = clock_steady_us() - transfer->begin_us,
                                       .error = &error};
    curl_off_t retry_after_s = 0;
    long http_code = 0;

    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &http_code);
    curl_easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &retry_after_s);
    if (transfer->truncated && code == CURLE_WRITE_ERROR)
        code = CURLE_OK;
    response.status = client_fault(code, transfer->refused, transfer->host, &error);
    if (response.status == STATUS_OK) {
        response.code = (int)http_code;
        response.retry_after_s = retry_after_s;
    } else {
        response.body.size = 0;
    }
    transfer->callback(transfer->context, &response);
}
