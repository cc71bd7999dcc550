#include "producers/gateway/port.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* The size; 0 when the text is no address. */
static socklen_t parse(const char *text, uint16_t port, union address *ret)
{
    memset(ret, 0, sizeof *ret);
    if (inet_pton(AF_INET, text, &ret->v4.sin_addr) == 1) {
        ret->v4.sin_family = AF_INET;
        ret->v4.sin_port = htons(port);
        return sizeof ret->v4;
    }
    if (inet_pton(AF_INET6, text, &ret->v6.sin6_addr) == 1) {
        ret->v6.sin6_family = AF_INET6;
        ret->v6.sin6_port = htons(port);
        return sizeof ret->v6;
    }
    return 0;
}

enum status port_check_free(const char *address, uint16_t port, struct error *error)
{
    const int on = 1;
    union address where;
    socklen_t size = parse(address, port, &where);
    bool taken;
    int fd;

    if (port == 0 || size == 0)
        return STATUS_OK;
    fd = socket(where.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return error_set(error, STATUS_FATAL, "no socket: %s", strerrordesc_np(errno));
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on); /* ended connections may linger */
    taken = bind(fd, &where.any, size) != 0 && errno == EADDRINUSE;
    close(fd);
    if (taken)
        return error_set_code(error, STATUS_FATAL, "EADDRINUSE",
                              "%s port %u: somebody else listens there", address, port);
    return STATUS_OK;
}
