/* One request on a blocking connection: internal to tests/support/receiver. */
#ifndef TRIBUTARY_TESTS_SUPPORT_RECEIVER_HTTP_H
#define TRIBUTARY_TESTS_SUPPORT_RECEIVER_HTTP_H

#include <stdbool.h>
#include <stddef.h>

enum { RECEIVER_TEXT = 256, RECEIVER_BODY = 64 * 1024 };

struct receiver_request {
    char path[RECEIVER_TEXT];
    char id[RECEIVER_TEXT];
    char timestamp[RECEIVER_TEXT];
    char signatures[RECEIVER_TEXT];
    char content_type[RECEIVER_TEXT];
    char body[RECEIVER_BODY];
    size_t body_size;
};

/* False when the connection ended before the request was whole, or it is none. */
bool receiver_read(int fd, struct receiver_request *request);

/* Signed with that secret ("whsec_…") within five minutes of now, as JSON. */
bool receiver_signed(const struct receiver_request *request, const char *secret);

#endif
