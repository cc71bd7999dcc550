/* The value of a setting as text and in its struct. Pure. */
#ifndef TRIBUTARY_CONFIG_VALUE_H
#define TRIBUTARY_CONFIG_VALUE_H

#include "common/base/buffer.h"
#include "common/base/status.h"
#include "common/config/setting.h"

enum {
    CONFIG_TEXT_BYTES = 4096,        /* of a text without a max of its own */
    CONFIG_SECRET_BYTES = 64 * 1024, /* of a secret, which may be a key file */
};

/* Checks type and range and writes the value to place, a member of the setting's type. A text is
 * stored as the pointer itself. The error says what is wrong and what is allowed, not where; it
 * never holds a secret. */
MUST_CHECK enum status config_value_set(const struct setting *setting, const char *text,
                                        void *place, struct error *error);

/* The value at place in its canonical form: "1m", "64MiB", "true". Nothing for an unset text. */
void config_value_write(const struct setting *setting, const void *place, struct buffer *out);

/* "text", "integer", "debug, info or warn"; and the range in the setting's unit, or nothing. */
void config_value_write_type(const struct setting *setting, struct buffer *out);
void config_value_write_range(const struct setting *setting, struct buffer *out);

#endif
