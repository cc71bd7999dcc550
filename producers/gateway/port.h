/* A port that somebody else listens on already. SO_REUSEPORT, which the threads of this process
 * need, would let a second gateway share it in silence, and take half of its requests. */
#ifndef TRIBUTARY_PRODUCERS_GATEWAY_PORT_H
#define TRIBUTARY_PRODUCERS_GATEWAY_PORT_H

#include "common/base/status.h"

#include <stdint.h>

/* FATAL when it is taken. An address that cannot be read is left to whoever listens on it. */
MUST_CHECK enum status port_check_free(const char *address, uint16_t port, struct error *error);

#endif
