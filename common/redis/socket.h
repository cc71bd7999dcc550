/* The socket of a connection: opening it, sending and receiving, each with a deadline of
 * clock_steady_ms. hiredis connects and parses; sending is done here, for hiredis raises SIGPIPE
 * and keeps no limit. */
#ifndef TRIBUTARY_REDIS_SOCKET_H
#define TRIBUTARY_REDIS_SOCKET_H

#include "common/base/buffer.h"
#include "common/base/status.h"

#include <hiredis/hiredis.h>

/* address as in settings.h. FATAL: it cannot be read. */
MUST_CHECK enum status redis_connect(const char *address, int64_t deadline_ms,
                                     redisContext **ret_context, struct error *error);

/* All of the buffer, which is empty afterwards. */
MUST_CHECK enum status redis_send(redisContext *context, const char *address, struct buffer *out,
                                  int64_t deadline_ms, struct error *error);

/* The next reply; the caller frees it. */
MUST_CHECK enum status redis_receive(redisContext *context, const char *address,
                                     int64_t deadline_ms, redisReply **ret_reply,
                                     struct error *error);

/* True when the other side has closed an idle connection, or said what was not asked for. */
bool redis_is_stale(const redisContext *context);

#endif
