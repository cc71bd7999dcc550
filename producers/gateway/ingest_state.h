/* The inside of an ingest thread, shared by ingest.c and post.c. */
#ifndef TRIBUTARY_PRODUCERS_GATEWAY_INGEST_STATE_H
#define TRIBUTARY_PRODUCERS_GATEWAY_INGEST_STATE_H

#include "common/base/arena.h"
#include "common/base/random.h"
#include "common/json/json.h"
#include "producers/gateway/ingest.h"
#include "producers/gateway/outlet.h"
#include "producers/gateway/results.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/queue.h>

/* A request with events at Kafka. It lives until the last report, which may be long after the
 * answer. */
struct post {
    TAILQ_ENTRY(post) posts; /* of the thread's active ones, or its pool */
    struct ingest *ingest;
    struct http_request *request; /* NULL: answered */
    enum stats_route route;
    size_t unreported;
    int64_t sent_us;
    struct results results;
};

TAILQ_HEAD(posts, post);

struct ingest {
    struct ingest_options options;
    struct loop *loop;
    struct http_server *server;
    struct outlet *outlet;
    struct loop_waker *waker;
    struct loop_timer *look_timer;
    struct loop_timer *drain_timer;
    struct keys *keys;
    struct random random;

    /* Scratch of one request; empty between two. */
    struct json_parser *parser;
    struct arena *arena;
    struct buffer value;
    struct buffer answer;

    struct posts active; /* with events unreported */
    struct posts pool;
    size_t pool_size;
    size_t queued_bytes; /* sent and not reported */
    struct metrics_gauge *queued_events_gauge, *queued_bytes_gauge;

    pthread_t thread;
    bool started;
    bool draining;
    bool cutting; /* the drain has taken too long */
    struct error failure;

    _Atomic(struct keys *) next_keys; /* the next set, for the thread to take */
    atomic_bool stop;
    atomic_bool connected;
    atomic_bool full;
    atomic_bool ended;
};

#endif
