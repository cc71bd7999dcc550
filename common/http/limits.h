/* What a server allows a client. Plain data: the owner of the server fills it from its settings. */
#ifndef TRIBUTARY_HTTP_LIMITS_H
#define TRIBUTARY_HTTP_LIMITS_H

#include <stddef.h>
#include <stdint.h>

enum {
    HTTP_HEADERS_MAX = 64,       /* wall for header_count */
    HTTP_HEAD_BYTES_MAX = 32768, /* wall for request_line_bytes and header_bytes, each */
};

struct http_limits {
    size_t request_line_bytes; /* 8 KiB; beyond: 414 */
    size_t header_bytes;       /* 8 KiB, all fields with their line ends; beyond: 431 */
    size_t header_count;       /* 64; beyond: 431 */
    size_t body_bytes;         /* 1 MiB; beyond: 413, before it is read when it is announced */
    size_t connections;        /* 4096; beyond: the oldest idle one goes, else accept pauses */
    size_t memory_bytes;       /* 64 MiB in requests not answered and answers not taken; beyond:
                                  503, or closed */
    size_t pipeline;           /* 16 requests of a connection unanswered; beyond: not read */
    size_t requests_per_connection; /* 100,000; the last one is answered with Connection: close */
    size_t backlog_bytes; /* 4 MiB of answers that a client does not read; beyond: closed */

    /* Absolute: they do not start again with each byte. */
    int64_t head_ms;   /* 10 s from the first byte (or accept) to the end of the head: 408 */
    int64_t body_ms;   /* 10 s from the end of the head to the end of the body: 408 */
    int64_t idle_ms;   /* 30 s between requests: closed */
    int64_t write_ms;  /* 10 s for the client to take what is to be written: closed */
    int64_t linger_ms; /* 500 ms to let the client read an answer that it did not wait for */
};

/* The values above. */
struct http_limits http_limits_default(void);

#endif
