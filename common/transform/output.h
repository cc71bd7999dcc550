/* What a record becomes when the group has no say: an output with the reason and the bytes of a
 * rejected record, or a marker for a range that holds no event. Pure. */
#ifndef TRIBUTARY_TRANSFORM_OUTPUT_H
#define TRIBUTARY_TRANSFORM_OUTPUT_H

#include "common/base/buffer.h"
#include "common/worker/batch.h"

enum {
    /* A Kafka key longer than this is none of ours: the output has no key, but the bytes. */
    OUTPUT_KEY_MAX = 1024,
    /* Room for any output: two times 64 KiB of raw bytes, or a transaction at all its limits. */
    OUTPUT_BYTES_MAX = 256 * 1024,
};

/* Sets all but from, to and classified_at. The output borrows from record, reject (to be kept as
 * long), reason and detail; raw bytes and detail are cut at their limits. */
void output_rejected(struct classification *ret_out, struct reject *reject,
                     const struct record *record, const char *reason, const char *detail);
void output_marker(struct classification *ret_out);

/* The key that the output is sent with: the record's, data NULL for none. */
struct slice output_key(const struct record *record);

/* The value; false when it has no room in the buffer, which is then empty. */
bool output_encode(const struct classification *output, struct buffer *buffer);

#endif
