/* The chunked coding, RFC 9112 §7.1. Part of the framer. Joins the chunks in place, byte by byte of
 * what lies between them; extensions and trailers are checked and dropped. */
#ifndef TRIBUTARY_HTTP_CHUNKS_H
#define TRIBUTARY_HTTP_CHUNKS_H

#include "common/http/framer.h"

/* From framer->scanned on. MORE: *size is where the next bytes belong. REQUEST: the body is whole,
 * and the bytes of the next request follow it. */
enum http_framer_result http_chunks_step(struct http_framer *framer,
                                         const struct http_limits *limits, char *data,
                                         size_t *size);

/* How many more bytes are sure to come. */
size_t http_chunks_wants(const struct http_chunks *chunks);

#endif
