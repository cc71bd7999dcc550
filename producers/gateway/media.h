/* What a request's header fields say of its body and its trace. Pure. */
#ifndef TRIBUTARY_PRODUCERS_GATEWAY_MEDIA_H
#define TRIBUTARY_PRODUCERS_GATEWAY_MEDIA_H

#include "common/base/slice.h"
#include "common/event/event_json.h"

/* application/json or application/x-ndjson, in UTF-8 or without a charset; else false. */
bool media_format(struct slice content_type, enum event_json_format *ret_format);

/* A W3C traceparent of version 00 with the sampled flag: worth a header in Kafka, which costs as
 * much as the rest of the message. */
bool media_sampled(struct slice traceparent);

#endif
