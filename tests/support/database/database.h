/* A real Postgres cluster for tests: private, on 127.0.0.1 and a unix socket, no passwords.
 *
 * A test that only uses Postgres takes database_shared() and an empty database of its own by
 * database_create(). A test that kills, stops or restarts it starts its own. */
#ifndef TRIBUTARY_TESTS_SUPPORT_DATABASE_H
#define TRIBUTARY_TESTS_SUPPORT_DATABASE_H

#include "common/base/owned.h"

#include <stdbool.h>
#include <stdint.h>

struct database;

struct database_options {
    bool durable;                /* fsync stays on: for crash tests that mean it; slower */
    const char *const *settings; /* more "name=value" of postgresql.conf; NULL-terminated */
};

/* Starts one and waits until it answers. options may be NULL. Never NULL. */
struct database *database_start(const struct database_options *options);

/* The one of with_servers (TRIBUTARY_TEST_POSTGRES), else a new one of its own. */
struct database *database_shared(void);

/* Makes it the one that database_shared() of this process and its children finds. */
void database_share(const struct database *database);

/* Ends it (a shared one: drops the databases made here) and removes its data. */
void database_free(struct database *database);
OWNED_DEFINE(database);

/* Makes an empty database; its URI over the unix socket: "postgresql://tributary@/NAME?host=…".
 * Owned by database. */
const char *database_create(struct database *database);

/* The same database over TCP at `port` of 127.0.0.1: database_port(), or a proxy's. Owned by
 * database. */
const char *database_uri_at(struct database *database, const char *uri, int port);
int database_port(const struct database *database);

void database_stop(struct database *database);    /* "immediate": as after a power cut, but quick */
void database_kill(struct database *database);    /* SIGKILL to it and all its backends */
void database_restart(struct database *database); /* same port, same data; stops it if it runs */
void database_pause(struct database *database);   /* SIGSTOP to it and all its backends */
void database_resume(struct database *database);

/* Runs SQL on a connection of its own (independent of common/postgres). Fails the test on an
 * error. */
void database_execute(const char *uri, const char *sql);

/* The first column of the first row; 0 for NULL or no row. */
int64_t database_number(const char *uri, const char *sql);

/* All rows as text, columns by '|', rows by '\n' (the last too), NULL as nothing. The caller frees
 * it. */
char *database_text(const char *uri, const char *sql);

#endif
