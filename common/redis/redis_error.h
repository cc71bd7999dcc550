/* The one mapping from hiredis' and Redis' errors to our classes. */
#ifndef TRIBUTARY_REDIS_REDIS_ERROR_H
#define TRIBUTARY_REDIS_REDIS_ERROR_H

#include "common/base/slice.h"
#include "common/base/status.h"

/* Of an error reply: "WRONGTYPE Operation against …"; its first word becomes the code. */
enum status redis_error_reply(struct slice text, struct error *error);

/* Of the connection: always STATUS_RETRY. code is that of errno, or NULL. */
enum status redis_error_connection(const char *address, const char *what, int code,
                                   struct error *error);

#endif
