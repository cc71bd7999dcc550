/* Base64 (RFC 4648 §4), with padding and the alphabet of "+/". */
#ifndef TRIBUTARY_CRYPTO_BASE64_H
#define TRIBUTARY_CRYPTO_BASE64_H

#include "common/base/buffer.h"

/* Both append; the buffer's limit bounds them. */
void crypto_base64_encode(struct slice data, struct buffer *out);

/* False, and nothing appended, for anything but what the encoder writes: other characters, blanks,
 * missing padding, bits that are not zero behind the last byte. */
bool crypto_base64_decode(struct slice text, struct buffer *out);

#endif
