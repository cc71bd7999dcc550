#include "tests/support/receiver/receiver.h"

#include "common/base/must.h"
#include "tests/support/receiver/receiver_http.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PATHS = 64, CONNECTIONS = 512, HUGE_BYTES = 64 << 20, TICK_MS = 10 };

/* A request that came. */
struct note {
    char *path;
    char *id;
};

struct endpoint {
    char path[RECEIVER_TEXT];
    enum receiver_manner manner;
    char *body; /* the last */
};

struct receiver {
    int listener;
    int port;
    pthread_t acceptor;
    pthread_mutex_t mutex;
    struct endpoint endpoints[PATHS];
    size_t endpoint_count;
    struct note *notes;
    size_t note_count;
    size_t bad;
    int open[CONNECTIONS]; /* descriptors with a thread; -1: none */
    size_t threads;
    bool stopping;
};

struct connection {
    struct receiver *receiver;
    int fd;
    size_t place;
};

static void pause_ms(int ms)
{
    const struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};

    nanosleep(&pause, NULL);
}

/* Under the mutex. */
static struct endpoint *endpoint_of(struct receiver *receiver, const char *path)
{
    struct endpoint *endpoint = receiver->endpoints;

    for (size_t i = 0; i < receiver->endpoint_count; i++, endpoint++)
        if (strcmp(endpoint->path, path) == 0)
            return endpoint;
    MUST(receiver->endpoint_count < PATHS && strlen(path) < RECEIVER_TEXT);
    receiver->endpoint_count++;
    strcpy(endpoint->path, path);
    return endpoint;
}

static enum receiver_manner note(struct receiver *receiver, const struct receiver_request *request)
{
    struct endpoint *endpoint;
    enum receiver_manner manner;

    pthread_mutex_lock(&receiver->mutex);
    endpoint = endpoint_of(receiver, request->path);
    manner = endpoint->manner;
    free(endpoint->body);
    endpoint->body = strdup(request->body);
    receiver->notes =
        must_realloc(receiver->notes, (receiver->note_count + 1) * sizeof *receiver->notes);
    receiver->notes[receiver->note_count++] =
        (struct note){strdup(request->path), strdup(request->id)};
    receiver->bad += !receiver_signed(request, RECEIVER_SECRET);
    pthread_mutex_unlock(&receiver->mutex);
    return manner;
}

static bool send_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(fd, data, size, MSG_NOSIGNAL);

        if (sent <= 0)
            return false;
        data += sent;
        size -= (size_t)sent;
    }
    return true;
}

static void say(int fd, const char *text)
{
    send_all(fd, text, strlen(text));
}

static void be_huge(int fd)
{
    static const char block[65536];

    say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 67108864\r\nConnection: close\r\n\r\n");
    for (size_t sent = 0; sent < HUGE_BYTES && send_all(fd, block, sizeof block);)
        sent += sizeof block;
}

static void drip(int fd)
{
    say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
    while (send_all(fd, "x", 1))
        pause_ms(100);
}

static void hang(int fd)
{
    char byte;

    while (read(fd, &byte, 1) > 0)
        ;
}

static void reset(int fd)
{
    const struct linger linger = {.l_onoff = 1, .l_linger = 0};

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

static void behave(int fd, enum receiver_manner manner)
{
    switch (manner) {
    case RECEIVER_OK:
        say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
        return;
    case RECEIVER_ERROR:
        say(fd, "HTTP/1.1 500 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        return;
    case RECEIVER_REDIRECT:
        say(fd, "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n"
                "Connection: close\r\n\r\n");
        return;
    case RECEIVER_GONE:
        say(fd, "HTTP/1.1 410 Gone\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        return;
    case RECEIVER_BUSY:
        say(fd, "HTTP/1.1 429 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\n"
                "Connection: close\r\n\r\n");
        return;
    case RECEIVER_HANG:
        hang(fd);
        return;
    case RECEIVER_DRIP:
        drip(fd);
        return;
    case RECEIVER_HUGE:
        be_huge(fd);
        return;
    case RECEIVER_RESET:
        reset(fd);
        return;
    }
}

static void *serve(void *argument)
{
    struct connection *connection = argument;
    struct receiver *receiver = connection->receiver;
    struct receiver_request *request = must_alloc(sizeof *request);

    if (receiver_read(connection->fd, request))
        behave(connection->fd, note(receiver, request));
    free(request);
    pthread_mutex_lock(&receiver->mutex);
    close(connection->fd);
    receiver->open[connection->place] = -1;
    receiver->threads--;
    pthread_mutex_unlock(&receiver->mutex);
    free(connection);
    return NULL;
}

static void serve_apart(struct receiver *receiver, int fd)
{
    struct connection *connection = must_alloc(sizeof *connection);
    pthread_t thread;

    *connection = (struct connection){receiver, fd, 0};
    pthread_mutex_lock(&receiver->mutex);
    while (receiver->open[connection->place] >= 0)
        MUST(++connection->place < CONNECTIONS);
    receiver->open[connection->place] = fd;
    receiver->threads++;
    pthread_mutex_unlock(&receiver->mutex);
    MUST(pthread_create(&thread, NULL, serve, connection) == 0);
    pthread_detach(thread);
}

static void *accept_all(void *argument)
{
    struct receiver *receiver = argument;
    int fd;

    while ((fd = accept4(receiver->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0)
        serve_apart(receiver, fd);
    return NULL;
}

struct receiver *receiver_start(void)
{
    struct receiver *receiver = must_alloc(sizeof *receiver);
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
    } address = {.v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address.v4;

    for (size_t i = 0; i < CONNECTIONS; i++)
        receiver->open[i] = -1;
    pthread_mutex_init(&receiver->mutex, NULL);
    receiver->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    MUST(receiver->listener >= 0 && bind(receiver->listener, &address.any, size) == 0 &&
         listen(receiver->listener, 1024) == 0 &&
         getsockname(receiver->listener, &address.any, &size) == 0);
    receiver->port = ntohs(address.v4.sin_port);
    MUST(pthread_create(&receiver->acceptor, NULL, accept_all, receiver) == 0);
    return receiver;
}

static bool all_served(struct receiver *receiver)
{
    bool served;

    pthread_mutex_lock(&receiver->mutex);
    for (size_t i = 0; i < CONNECTIONS; i++)
        if (receiver->open[i] >= 0)
            shutdown(receiver->open[i], SHUT_RDWR);
    served = receiver->threads == 0;
    pthread_mutex_unlock(&receiver->mutex);
    return served;
}

void receiver_free(struct receiver *receiver)
{
    if (receiver == NULL)
        return;
    shutdown(receiver->listener, SHUT_RDWR);
    pthread_join(receiver->acceptor, NULL);
    close(receiver->listener);
    while (!all_served(receiver))
        pause_ms(TICK_MS);
    for (size_t i = 0; i < receiver->endpoint_count; i++)
        free(receiver->endpoints[i].body);
    for (size_t i = 0; i < receiver->note_count; i++) {
        free(receiver->notes[i].path);
        free(receiver->notes[i].id);
    }
    free(receiver->notes);
    pthread_mutex_destroy(&receiver->mutex);
    free(receiver);
}

const char *receiver_url(const struct receiver *receiver, const char *path, char *text)
{
    snprintf(text, RECEIVER_URL_BYTES, "http://127.0.0.1:%d%s", receiver->port, path);
    return text;
}

void receiver_set(struct receiver *receiver, const char *path, enum receiver_manner manner)
{
    pthread_mutex_lock(&receiver->mutex);
    endpoint_of(receiver, path)->manner = manner;
    pthread_mutex_unlock(&receiver->mutex);
}

static int text_compare(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static size_t count(struct receiver *receiver, const char *path, bool distinct)
{
    const char **ids;
    size_t all = 0, different = 0;

    pthread_mutex_lock(&receiver->mutex);
    ids = must_alloc((receiver->note_count + 1) * sizeof *ids);
    for (size_t i = 0; i < receiver->note_count; i++)
        if (path == NULL || strcmp(receiver->notes[i].path, path) == 0)
            ids[all++] = receiver->notes[i].id;
    if (all > 1)
        qsort(ids, all, sizeof *ids, text_compare);
    for (size_t i = 0; i < all; i++)
        different += i == 0 || strcmp(ids[i], ids[i - 1]) != 0;
    pthread_mutex_unlock(&receiver->mutex);
    free(ids);
    return distinct ? different : all;
}

size_t receiver_requests(struct receiver *receiver, const char *path)
{
    return count(receiver, path, false);
}

size_t receiver_ids(struct receiver *receiver, const char *path)
{
    return count(receiver, path, true);
}

size_t receiver_bad(struct receiver *receiver)
{
    size_t bad;

    pthread_mutex_lock(&receiver->mutex);
    bad = receiver->bad;
    pthread_mutex_unlock(&receiver->mutex);
    return bad;
}

static void wait_for(struct receiver *receiver, const char *path, bool distinct, size_t wanted,
                     int timeout_ms)
{
    size_t got = 0;

    for (int waited = 0; waited < timeout_ms; waited += TICK_MS) {
        if ((got = count(receiver, path, distinct)) >= wanted)
            return;
        pause_ms(TICK_MS);
    }
    ck_abort_msg("%s: %zu, not %zu", path == NULL ? "all" : path, got, wanted);
}

void receiver_wait_ids(struct receiver *receiver, const char *path, size_t wanted, int timeout_ms)
{
    wait_for(receiver, path, true, wanted, timeout_ms);
}

void receiver_wait_requests(struct receiver *receiver, const char *path, size_t wanted,
                            int timeout_ms)
{
    wait_for(receiver, path, false, wanted, timeout_ms);
}

char *receiver_body(struct receiver *receiver, const char *path)
{
    char *body;

    pthread_mutex_lock(&receiver->mutex);
    body = endpoint_of(receiver, path)->body;
    body = body == NULL ? NULL : strdup(body);
    pthread_mutex_unlock(&receiver->mutex);
    return body;
}
