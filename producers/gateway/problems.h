/* Answers about a request as a whole: problem details (RFC 9457) in words of our own, none of the
 * client's. */
#ifndef TRIBUTARY_PRODUCERS_GATEWAY_PROBLEMS_H
#define TRIBUTARY_PRODUCERS_GATEWAY_PROBLEMS_H

#include "common/base/random.h"
#include "common/base/status.h"
#include "common/http/request.h"

/* Each answers the request and returns the status. */
int problem_unauthorized(struct http_request *request);
int problem_media(struct http_request *request);
int problem_encoding(struct http_request *request);
int problem_body(struct http_request *request, const struct error *error); /* 400, or 413 */
int problem_empty(struct http_request *request);

/* 503 with Retry-After, 1 to 5 s, spread. reason: a word; detail: a sentence. */
int problem_unavailable(struct http_request *request, struct random *random, const char *reason,
                        const char *detail);

#endif
