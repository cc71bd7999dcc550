/* One way of one connection: bytes that were read, judged message by message, and wait to be
 * written in order. No sockets here. Internal to tests/support/proxy; under the proxy's lock. */
#ifndef TRIBUTARY_TESTS_SUPPORT_PROXY_PIPE_H
#define TRIBUTARY_TESTS_SUPPORT_PROXY_PIPE_H

#include "common/base/buffer.h"
#include "tests/support/proxy/proxy_protocol.h"
#include "tests/support/proxy/proxy_rule.h"

enum { PROXY_SEGMENTS = 1024 };

/* A run of judged bytes with the same fate. */
struct proxy_segment {
    size_t size;
    int64_t due_ms; /* steady; 0 = at once */
    bool held;
};

struct proxy_pipe {
    enum proxy_direction direction;
    struct buffer bytes;                           /* judged ones first, then those to judge */
    size_t judged;                                 /* bytes that the segments hold together */
    struct proxy_segment segments[PROXY_SEGMENTS]; /* a ring, in order */
    size_t first;
    size_t count;

    /* The message that was judged last, while not all of it has come: */
    size_t rest;
    enum proxy_verdict verdict;
    bool counts; /* its end is a match */
};

/* What judging needs beside the pipe. */
struct proxy_judge {
    enum proxy_protocol protocol;
    struct proxy_kafka *kafka;
    struct proxy_postgres *postgres;
    struct proxy_rule *rule;
    uint64_t connection;
    int64_t due_ms; /* for what passes */
};

void proxy_pipe_init(struct proxy_pipe *pipe, enum proxy_direction direction);
void proxy_pipe_done(struct proxy_pipe *pipe);

/* How many more bytes it takes now. */
size_t proxy_pipe_room(const struct proxy_pipe *pipe, bool delayed);

/* Judges what there is. False: the verdict was PROXY_CUT. */
bool proxy_pipe_judge(struct proxy_pipe *pipe, const struct proxy_judge *judge);

/* No more will come: what is too little to be a message passes too. */
void proxy_pipe_end(struct proxy_pipe *pipe);

/* What may be written at now_ms; after writing, proxy_pipe_written. */
struct slice proxy_pipe_due(const struct proxy_pipe *pipe, int64_t now_ms);
void proxy_pipe_written(struct proxy_pipe *pipe, size_t size);

/* When something becomes due, steady ms; INT64_MAX when only a release or more input can. */
int64_t proxy_pipe_next_ms(const struct proxy_pipe *pipe);

bool proxy_pipe_empty(const struct proxy_pipe *pipe);
void proxy_pipe_release(struct proxy_pipe *pipe);

#endif
