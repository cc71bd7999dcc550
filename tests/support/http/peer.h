/* The other end of a connection in tests: blocking, simple, with a deadline on every wait. Never
 * fails by itself: what went wrong shows in what it returns. */
#ifndef TRIBUTARY_TESTS_SUPPORT_HTTP_PEER_H
#define TRIBUTARY_TESTS_SUPPORT_HTTP_PEER_H

#include "common/base/buffer.h"

#include <stdbool.h>
#include <stdint.h>

struct peer {
    int fd;           /* -1: could not connect */
    struct buffer in; /* received */
    size_t taken;     /* of it by the last answer */
    bool ended;       /* the server has closed, or reset */
};

/* One answer. */
struct answer {
    int status;        /* 0: none came */
    bool close;        /* says Connection: close */
    struct slice head; /* in the peer's buffer; until the next call */
    struct slice body;
};

/* To 127.0.0.1; every read waits up to wait_ms. */
void peer_init(struct peer *peer, uint16_t port, int wait_ms);
void peer_done(struct peer *peer);

/* False when the server does not take it. */
bool peer_send(struct peer *peer, const void *data, size_t size);
bool peer_send_text(struct peer *peer, const char *text);

/* Byte by byte, each in a packet of its own. */
bool peer_drip(struct peer *peer, const char *data, size_t size, unsigned pause_us);

/* The next answer of this connection, 1xx too; bodiless: it answers HEAD, or is 1xx. */
struct answer peer_answer(struct peer *peer, bool bodiless);

/* Waits until the server closes; true when it did without another byte. */
bool peer_is_closed(struct peer *peer);

/* The value of a field of the answer; NULL data when it is not there. */
struct slice answer_field(const struct answer *answer, const char *name);

#endif
