/* A gateway among the members of a test's fleet: its API keys and port, and posts to it. */
#ifndef TRIBUTARY_TESTS_SUPPORT_GATEWAY_H
#define TRIBUTARY_TESTS_SUPPORT_GATEWAY_H

#include "tests/support/fleet/fleet.h"

/* The keys that there are, of the tenants acme and other. */
#define GATEWAY_ACME   "acme-1.0123456789abcdef0123456789abcdef"
#define GATEWAY_ACME_2 "acme-2.fedcba9876543210fedcba9876543210"
#define GATEWAY_OTHER  "other-1.00112233445566778899aabbccddeeff"

/* Before its start: writes the file of keys (fleet_folder()/keys) and sets the settings keys_file
 * and port, for all members. Returns the port, which is free now and the same at every start. */
int gateway_set_up(struct fleet *fleet);

/* A file of keys: each "<key-id>.<secret> <tenant>"; NULL ends them. */
void gateway_write_keys(const char *path, const char *const *keys);

/* POST with the key of acme. content_type NULL: application/json. The status, 0 without an answer;
 * *ret_answer as in fleet_http. */
int gateway_post(int port, const char *path, const char *content_type, const char *body,
                 char **ret_answer);

#endif
