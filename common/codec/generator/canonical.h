/* Avro's Parsing Canonical Form and its fingerprint (Avro specification 1.11, "Parsing Canonical
 * Form for Schemas" and "Schema Fingerprints"): what two schemas share when they mean the same
 * bytes, so that docs and defaults can change without a new schema id. */
#ifndef TRIBUTARY_CODEC_GENERATOR_CANONICAL_H
#define TRIBUTARY_CODEC_GENERATOR_CANONICAL_H

#include "common/base/buffer.h"

#include <jansson.h>
#include <stdint.h>

/* Appends the canonical form of a self-contained schema. */
void canonical_write(const json_t *schema, struct buffer *out);

/* CRC-64-AVRO. */
uint64_t canonical_fingerprint(struct slice canonical);

#endif
