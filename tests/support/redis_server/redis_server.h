/* A real Redis for tests, with the settings of deploy/local/redis/redis.conf: no persistence, so
 * whatever ends it empties it. It starts in a few hundredths of a second: have your own. */
#ifndef TRIBUTARY_TESTS_SUPPORT_REDIS_SERVER_H
#define TRIBUTARY_TESTS_SUPPORT_REDIS_SERVER_H

#include "common/base/owned.h"

struct redis_server;

struct redis_server_options {
    const char *const *settings; /* more "name value" lines of redis.conf; NULL-terminated */
};

/* Starts one and waits until it answers. options may be NULL. Never NULL. */
struct redis_server *redis_server_start(const struct redis_server_options *options);

/* The one of with_servers (TRIBUTARY_TEST_REDIS), else a new one of its own. */
struct redis_server *redis_server_shared(void);

/* Makes it the one that redis_server_shared() of this process and its children finds. */
void redis_server_share(const struct redis_server *server);

void redis_server_free(struct redis_server *server);
OWNED_DEFINE(redis_server);

/* "127.0.0.1:port", and the path of its unix socket (NULL for a shared one). */
const char *redis_server_address(const struct redis_server *server);
const char *redis_server_socket(const struct redis_server *server);
int redis_server_port(const struct redis_server *server);

void redis_server_stop(struct redis_server *server); /* SIGTERM and wait */
void redis_server_kill(struct redis_server *server);
void redis_server_restart(struct redis_server *server); /* same port, empty */
void redis_server_pause(struct redis_server *server);
void redis_server_resume(struct redis_server *server);
void redis_server_flush(struct redis_server *server);

/* Sends one command, its words, NULL-terminated; the reply as text, owned by the caller: the bytes
 * of a string, the number of an integer, "" for nil, "-ERR …" for an error, an array's items each
 * followed by '\n'. */
char *redis_server_command(struct redis_server *server, const char *const *words);

#endif
