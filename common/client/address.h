/* Which addresses are somebody else's on the public Internet. Pure. What an operator lets strangers
 * name as a callback must not reach the operator's own network (server-side request forgery). */
#ifndef TRIBUTARY_CLIENT_ADDRESS_H
#define TRIBUTARY_CLIENT_ADDRESS_H

#include <stdbool.h>

struct sockaddr;

/* False for loopback, private, link-local, shared (CGNAT), multicast, documentation, reserved and
 * IPv4-mapped addresses, for 6to4 and Teredo, and for families other than IP: IANA's
 * special-purpose registries (RFC 6890). An address behind NAT64 (64:ff9b::/96) counts as what it
 * stands for. */
bool client_address_is_public(const struct sockaddr *address);

#endif
