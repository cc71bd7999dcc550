/* The read API of a schema registry, for the schemas that are compiled in: what Confluent's clients
 * ask to decode a topic
 * (https://docs.confluent.io/platform/current/schema-registry/develop/api.html), so that they work
 * without a registry. Nothing can be registered. Pure.
 *
 *     GET /subjects                             ["transactions-value",...]
 *     GET /subjects/{subject}/versions          [1,2]
 *     GET /subjects/{subject}/versions/{n}      {"subject":...,"version":2,"id":...,"schema":"..."}
 *     GET /subjects/{subject}/versions/latest
 *     GET /schemas/ids/{id}                     {"schema":"..."}
 *     GET /schemas/types                        ["AVRO"]
 *     GET /config                               {"compatibilityLevel":"BACKWARD"}
 *
 * A subject is TOPIC-value, with the fleet's topic prefix or without. */
#ifndef TRIBUTARY_PRODUCERS_GATEWAY_REGISTRY_H
#define TRIBUTARY_PRODUCERS_GATEWAY_REGISTRY_H

#include "common/base/buffer.h"

#define REGISTRY_CONTENT_TYPE "application/vnd.schemaregistry.v1+json"

enum { REGISTRY_ANSWER_BYTES = 256 * 1024 };

/* Appends the answer's body; returns its status. path is as sent. prefix: of topics, may be "". */
int registry_answer(struct slice path, const char *prefix, struct buffer *out);

#endif
