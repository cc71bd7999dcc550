/* A receiver of webhooks for tests, on 127.0.0.1: one path is one endpoint, each with the manners
 * that a test gives it. It checks signatures by the specification of Standard Webhooks 1.0.0,
 * independently of the product. Thread safe. */
#ifndef TRIBUTARY_TESTS_SUPPORT_RECEIVER_H
#define TRIBUTARY_TESTS_SUPPORT_RECEIVER_H

#include "common/base/owned.h"

#include <stddef.h>
#include <stdint.h>

struct receiver;

/* What it does with a request that it has read whole. */
enum receiver_manner {
    RECEIVER_OK,       /* 200 */
    RECEIVER_ERROR,    /* 500 */
    RECEIVER_HANG,     /* no answer; the connection stays open */
    RECEIVER_DRIP,     /* an answer of a byte a tenth of a second, without an end */
    RECEIVER_REDIRECT, /* 302 to /elsewhere of its own */
    RECEIVER_GONE,     /* 410 */
    RECEIVER_HUGE,     /* 200 with 64 MiB of body */
    RECEIVER_RESET,    /* the connection is reset */
    RECEIVER_BUSY,     /* 429 with Retry-After: 1 */
};

/* The secret that every request must be signed with. */
#define RECEIVER_SECRET "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

struct receiver *receiver_start(void);
void receiver_free(struct receiver *receiver);
OWNED_DEFINE(receiver);

/* "http://127.0.0.1:port/path"; text has RECEIVER_URL_BYTES. path begins with '/'. */
enum { RECEIVER_URL_BYTES = 128 };
const char *receiver_url(const struct receiver *receiver, const char *path, char *text);

/* From now on; RECEIVER_OK where nothing was said. */
void receiver_set(struct receiver *receiver, const char *path, enum receiver_manner manner);

/* Whole requests so far, and how many different webhook-ids they had. path NULL: all. */
size_t receiver_requests(struct receiver *receiver, const char *path);
size_t receiver_ids(struct receiver *receiver, const char *path);

/* Requests whose signature, time or form is not as the specification has it. */
size_t receiver_bad(struct receiver *receiver);

/* Waits until there are so many different ids; fails the test after timeout_ms. */
void receiver_wait_ids(struct receiver *receiver, const char *path, size_t count, int timeout_ms);
void receiver_wait_requests(struct receiver *receiver, const char *path, size_t count,
                            int timeout_ms);

/* The last body of that path; NULL when there was none. The caller frees it. */
char *receiver_body(struct receiver *receiver, const char *path);

#endif
