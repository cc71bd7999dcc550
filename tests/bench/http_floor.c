/* The floor: what a request costs when nothing is done but to move its bytes. One thread, epoll,
 * one read and one write a request, a parse that believes everything. Prints its port; ends on
 * SIGTERM. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    CONNECTIONS_MAX = 1024,
    BUFFER_BYTES = 65536,
    EVENTS = 256,
};

struct client {
    size_t size;
    char bytes[BUFFER_BYTES];
};

static const char answer[] = "HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\n"
                             "Content-Length: 14\r\n\r\n{\"accepted\":1}";

/* The size of the whole request, or 0 when it is not there yet. */
static size_t request_size(const struct client *client)
{
    const char *end = memmem(client->bytes, client->size, "\r\n\r\n", 4);
    const char *length;
    size_t size;

    if (end == NULL)
        return 0;
    size = (size_t)(end - client->bytes) + 4;
    length = memmem(client->bytes, size, "Content-Length: ", 16);
    if (length != NULL)
        size += strtoul(length + 16, NULL, 10);
    return client->size >= size ? size : 0;
}

static bool serve(int fd, struct client *client)
{
    ssize_t size = read(fd, client->bytes + client->size, BUFFER_BYTES - client->size);
    size_t whole;

    if (size <= 0)
        return false;
    client->size += (size_t)size;
    whole = request_size(client);
    if (whole == 0)
        return true;
    client->size = 0;
    return write(fd, answer, sizeof answer - 1) == (ssize_t)sizeof answer - 1;
}

static int listen_somewhere(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0 || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
        bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, 512) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0)
        exit(EXIT_FAILURE);
    printf("%u\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

static void watch(int epoll, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

    if (fd >= CONNECTIONS_MAX || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        exit(EXIT_FAILURE);
}

int main(void)
{
    static struct client *clients[CONNECTIONS_MAX];
    struct epoll_event events[EVENTS];
    int epoll = epoll_create1(0), listener = listen_somewhere();

    watch(epoll, listener);
    for (;;) {
        int count = epoll_wait(epoll, events, EVENTS, -1);

        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;

            if (fd == listener) {
                fd = accept(listener, NULL, NULL);
                watch(epoll, fd);
                free(clients[fd]);
                clients[fd] = calloc(1, sizeof *clients[fd]);
            } else if (!serve(fd, clients[fd])) {
                close(fd);
            }
        }
    }
}
