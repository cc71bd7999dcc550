/* One command to a Redis (RESP 2) on a connection of its own: internal to
 * tests/support/redis_server. */
#ifndef TRIBUTARY_TESTS_SUPPORT_REDIS_WIRE_H
#define TRIBUTARY_TESTS_SUPPORT_REDIS_WIRE_H

/* The reply as redis_server_command gives it; NULL when there is none within timeout_ms. */
char *redis_wire_command(int port, const char *const *words, int timeout_ms);

#endif
