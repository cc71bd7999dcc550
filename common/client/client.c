/* libcurl's multi interface on the loop: it says which sockets and which time it waits for. */
#include "common/client/client.h"

#include "common/base/must.h"
#include "common/client/transfer.h"
#include "common/loop/loop.h"

#include <signal.h>

struct client {
    struct loop *loop;
    struct client_limits limits;
    CURLM *multi;
    struct loop_timer *timer;
    struct client_transfers active;
    size_t count;
    bool initialised; /* the library */
};

/* A socket of libcurl's. */
struct client_socket {
    struct client *client;
    struct loop_watch *watch;
    curl_socket_t fd;
};

struct client_limits client_limits_default(void)
{
    return (struct client_limits){
        .transfers = 64,
        .per_host = 4,
        .request_bytes = 1 << 20,
        .response_bytes = 65536,
        .connect_ms = 5000,
        .total_ms = 15000,
    };
}

static void client_collect(struct client *client)
{
    struct client_transfer *transfer;
    CURLMsg *message;
    CURLcode code;
    int left;

    while ((message = curl_multi_info_read(client->multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE)
            continue;
        code = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        curl_multi_remove_handle(client->multi, transfer->easy);
        TAILQ_REMOVE(&client->active, transfer, active);
        client->count--;
        client_transfer_finish(transfer, code);
        client_transfer_free(transfer);
    }
}

static void client_act(struct client *client, curl_socket_t fd, int what)
{
    int running;

    curl_multi_socket_action(client->multi, fd, what, &running);
    client_collect(client);
}

static void client_ready(void *context, unsigned events)
{
    struct client_socket *place = context;

    client_act(place->client, place->fd,
               ((events & LOOP_READ) != 0 ? CURL_CSELECT_IN : 0) |
                   ((events & LOOP_WRITE) != 0 ? CURL_CSELECT_OUT : 0));
}

static void client_timeout(void *context)
{
    client_act(context, CURL_SOCKET_TIMEOUT, 0);
}

static struct client_socket *client_socket_new(struct client *client, curl_socket_t fd)
{
    struct client_socket *place = must_alloc(sizeof *place);

    place->client = client;
    place->fd = fd;
    place->watch = loop_watch_new(client->loop, fd, client_ready, place);
    curl_multi_assign(client->multi, fd, place);
    return place;
}

static int client_watch(CURL *easy, curl_socket_t fd, int what, void *context, void *place_context)
{
    struct client *client = context;
    struct client_socket *place = place_context;
    struct error error = {0};
    unsigned events = 0;
    bool watched;

    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        if (place != NULL) {
            loop_watch_free(place->watch);
            free(place);
            curl_multi_assign(client->multi, fd, NULL);
        }
        return 0;
    }
    if (place == NULL)
        place = client_socket_new(client, fd);
    if ((what & CURL_POLL_IN) != 0)
        events |= LOOP_READ;
    if ((what & CURL_POLL_OUT) != 0)
        events |= LOOP_WRITE;
    /* If the system refuses, this transfer ends by its time limit and the others go on. */
    watched = loop_watch_set(place->watch, events, &error) == STATUS_OK;
    (void)watched;
    return 0;
}

static int client_wait(CURLM *multi, long timeout_ms, void *context)
{
    struct client *client = context;

    (void)multi;
    if (timeout_ms < 0)
        loop_timer_stop(client->timer);
    else
        loop_timer_once(client->timer, timeout_ms * 1000);
    return 0;
}

static bool client_set_options(struct client *client)
{
    CURLM *multi = client->multi;

    return multi != NULL &&
           curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, client_watch) == CURLM_OK &&
           curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, client) == CURLM_OK &&
           curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, client_wait) == CURLM_OK &&
           curl_multi_setopt(multi, CURLMOPT_TIMERDATA, client) == CURLM_OK &&
           curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)client->limits.transfers) ==
               CURLM_OK;
}

enum status client_new(struct client **ret_client, struct loop *loop,
                       const struct client_limits *limits, struct error *error)
{
    OWNED(client) client = must_alloc(sizeof *client);

    client->loop = loop;
    client->limits = *limits;
    TAILQ_INIT(&client->active);
    client->timer = loop_timer_new(loop, client_timeout, client);
    /* A server that closes early would end the process: OpenSSL writes without MSG_NOSIGNAL. */
    signal(SIGPIPE, SIG_IGN);
    client->initialised = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    if (client->initialised)
        client->multi = curl_multi_init();
    if (!client->initialised || !client_set_options(client))
        return error_set(error, STATUS_FATAL, "client: libcurl cannot be started");
    *ret_client = TAKE(client);
    return STATUS_OK;
}

void client_free(struct client *client)
{
    struct client_transfer *transfer;

    if (client == NULL)
        return;
    while ((transfer = TAILQ_FIRST(&client->active)) != NULL) {
        TAILQ_REMOVE(&client->active, transfer, active);
        curl_multi_remove_handle(client->multi, transfer->easy);
        client_transfer_free(transfer);
    }
    curl_multi_cleanup(client->multi);
    loop_timer_free(client->timer);
    if (client->initialised)
        curl_global_cleanup();
    free(client);
}

static bool client_room_for(const struct client *client, const char *host)
{
    const struct client_transfer *transfer;
    size_t same = 0;

    if (client->count >= client->limits.transfers)
        return false;
    TAILQ_FOREACH (transfer, &client->active, active)
        same += strcmp(transfer->host, host) == 0;
    return same < client->limits.per_host;
}

bool client_has_room(const struct client *client, const char *url)
{
    char host[CLIENT_HOST_BYTES];
    struct error error = {0};

    return client_url_host(&client->limits, url, host, &error) != STATUS_OK ||
           client_room_for(client, host);
}

enum status client_send(struct client *client, const struct client_request *request,
                        client_callback *callback, void *context, struct error *error)
{
    OWNED(client_transfer) transfer = NULL;
    enum status status = client_transfer_new(&transfer, &client->limits, request, error);

    if (status != STATUS_OK)
        return status;
    if (!client_room_for(client, transfer->host))
        return error_set(error, STATUS_RETRY, "client: too many requests on their way, or to %s",
                         transfer->host);
    transfer->callback = callback;
    transfer->context = context;
    if (curl_multi_add_handle(client->multi, transfer->easy) != CURLM_OK)
        return error_set(error, STATUS_FATAL, "client: libcurl does not take the request");
    TAILQ_INSERT_TAIL(&client->active, transfer, active);
    client->count++;
    (void)TAKE(transfer);
    return STATUS_OK;
}
