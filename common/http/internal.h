/* The server's structs, and what its files call of each other. One thread.
 *
 * A connection reads into a block and frames one request after the other out of it (input.c). A
 * whole request goes to its handler and joins the connection's queue; answers leave in the order of
 * that queue (output.c). After each event the connection settles: what it waits for now decides its
 * deadline and what is watched (connection.c). A deadline never restarts while its reason lasts. */
#ifndef TRIBUTARY_HTTP_INTERNAL_H
#define TRIBUTARY_HTTP_INTERNAL_H

#include "common/http/block.h"
#include "common/http/framer.h"
#include "common/http/response.h"
#include "common/http/router.h"
#include "common/loop/loop.h"

#include <netinet/in.h>
#include <sys/queue.h>

/* What a connection waits for. */
enum http_phase {
    HTTP_PHASE_IDLE,    /* the first byte of a request */
    HTTP_PHASE_HEAD,    /* the rest of a head */
    HTTP_PHASE_BODY,    /* the rest of a body */
    HTTP_PHASE_HANDLER, /* an answer; has no deadline of the connection's */
    HTTP_PHASE_WRITE,   /* the client, to take its answers */
    HTTP_PHASE_LINGER,  /* the client, to close */
    HTTP_PHASES,
};

union http_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

TAILQ_HEAD(http_connections, http_connection);
TAILQ_HEAD(http_requests, http_request);

struct http_request {
    TAILQ_ENTRY(http_request) queue;    /* of its connection, or the server's pool */
    TAILQ_ENTRY(http_request) all;      /* the server's, from dispatch to answer */
    TAILQ_ENTRY(http_request) due;      /* the server's deadlines */
    struct http_server *server;         /* NULL: freed */
    struct http_connection *connection; /* NULL: gone */
    struct http_block *block;           /* one reference; NULL for none */
    char *data;                         /* its first byte, in block */
    struct http_framer framer;
    union http_address peer;
    int64_t started_us;  /* first byte */
    int64_t received_us; /* end of the head; 0 before */
    int64_t due_us;      /* 0: no deadline */
    void (*expired)(void *context, struct http_request *request);
    void *expired_context;
    bool is_head;   /* method HEAD: answered without a body */
    bool continued; /* 100 was sent, or need not be */
    bool last;      /* Connection: close in the answer */
    bool answered;  /* the answer waits in held */
    struct buffer held;
};

struct http_connection {
    TAILQ_ENTRY(http_connection) peers;  /* of its phase */
    TAILQ_ENTRY(http_connection) resume; /* if resuming */
    struct http_server *server;
    struct loop_watch *watch;
    int fd;
    enum http_phase phase;
    int64_t since_us;  /* when the phase's reason began */
    int64_t active_us; /* last end of a request, or accept */
    union http_address peer;

    struct http_block *block;     /* being read into; NULL for none */
    size_t framed;                /* bytes of it that belong to whole requests */
    struct http_request *current; /* being framed; NULL before its first byte */
    size_t hint;                  /* size of the last request: what to make room for */
    uint64_t served;

    struct http_requests requests; /* at handlers, or answered out of turn */
    size_t in_flight;
    struct buffer out;
    size_t out_sent;
    int64_t out_since_us;

    bool busy;     /* whoever works on it will settle it */
    bool resuming; /* in the server's list */
    bool closing;  /* no further request is framed */
    bool ended;    /* the client has sent all it will send */
    bool broken;   /* to be freed */
};

struct http_listener {
    struct loop_watch *watch;
    struct loop_timer *pause;
    int fd;    /* -1: none */
    int spare; /* a descriptor to give up when there is no other; -1: none */
    uint16_t port;
};

struct http_server {
    struct loop *loop;
    struct http_limits limits;
    struct http_router router;
    void *context;
    struct http_listener listener;
    struct http_counters counters; /* see HTTP_COUNT */
    struct http_connections phases[HTTP_PHASES];
    struct http_connections resuming;
    struct loop_timer *resume;
    struct http_requests in_flight;
    struct http_requests deadlines; /* by due_us */
    struct http_requests pool;
    size_t pool_size;
    struct http_block_pool blocks;
    struct buffer head; /* scratch for one answer */
    struct loop_timer *sweep;
    char date[HTTP_DATE_SIZE];
    bool draining;
    void (*drained)(void *context);
    void *drained_context;
    struct loop_timer *drain; /* calls drained from a clean stack */
};

/* One thread writes, any thread reads. */
#define HTTP_COUNT(server, field, change)                                                          \
    __atomic_store_n(&(server)->counters.field, (server)->counters.field + (uint64_t)(change),     \
                     __ATOMIC_RELAXED)

/* listener.c */
void http_listener_init(struct http_listener *listener);
void http_listener_done(struct http_listener *listener);
/* There is room for one more connection. */
void http_listener_resume(struct http_server *server);
/* Takes who has connected already. */
void http_listener_accept(struct http_server *server);

/* connection.c */
void http_connection_new(struct http_server *server, int fd, const union http_address *peer);
void http_connection_free(struct http_connection *connection);
/* Around all work on a connection. After leave it may be freed. */
void http_connection_enter(struct http_connection *connection);
void http_connection_leave(struct http_connection *connection);
/* Its absolute deadline has passed; may free it. */
void http_connection_expire(struct http_connection *connection);

/* input.c; all between enter and leave */
void http_input_read(struct http_connection *connection);
void http_input_frame(struct http_connection *connection);
/* Bytes are there behind the last whole request. */
bool http_input_waits(const struct http_connection *connection);
/* One more request may be taken. */
bool http_input_open(const struct http_connection *connection);
/* Sends 100 if it is time. */
void http_input_continue(struct http_connection *connection);
/* Answers instead of what is being read, and takes no more. */
void http_input_refuse(struct http_connection *connection, const struct http_problem *problem);

/* output.c */
static inline bool http_output_waits(const struct http_connection *connection)
{
    return connection->out_sent < connection->out.size;
}
void http_output_append(struct http_connection *connection, struct slice bytes);
void http_output_flush(struct http_connection *connection);

/* request.c */
struct http_request *http_request_new(struct http_server *server);
void http_request_free(struct http_request *request);

/* dispatch.c */
/* Puts connection->current, or an empty request, into the queue to be answered. */
struct http_request *http_dispatch_queue(struct http_connection *connection);
/* Takes connection->current to its handler, or answers it. */
void http_dispatch(struct http_connection *connection);
/* False when there is no handler for it, and it was answered: its body need not come. */
bool http_dispatch_expects(struct http_connection *connection);

/* server.c */
void http_server_check_drained(struct http_server *server);

#endif
