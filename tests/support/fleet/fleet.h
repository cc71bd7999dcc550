/* The product's processes for a test: the binaries of this build's bin/, started, killed, stopped
 * and asked. Nothing restarts by itself. Members are named by the test; their logs lie in the
 * fleet's folder and their end is printed when something fails. Not thread safe. */
#ifndef TRIBUTARY_TESTS_SUPPORT_FLEET_H
#define TRIBUTARY_TESTS_SUPPORT_FLEET_H

#include "common/base/owned.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct fleet;

enum { FLEET_MEMBERS = 64 };

struct fleet *fleet_new(void);

/* Kills all and removes the folder; keeps it when TRIBUTARY_TEST_KEEP is set. */
void fleet_free(struct fleet *fleet);
OWNED_DEFINE(fleet);

/* The folder with the logs; tests may put files there. */
const char *fleet_folder(const struct fleet *fleet);

/* A setting for all members started from now on: an environment variable. */
void fleet_set(struct fleet *fleet, const char *name, const char *value);

/* A setting for one member, before its first start; over fleet_set. */
void fleet_set_for(struct fleet *fleet, const char *member, const char *name, const char *value);

/* Starts bin/<program> as `member`, with further arguments (NULL-terminated, may be NULL). It is
 * given a free port of its own for health and metrics, the same at every start of this member, in
 * TRIBUTARY_WORKER_ADMIN_PORT, TRIBUTARY_GATEWAY_ADMIN_PORT and TRIBUTARY_SENDER_ADMIN_PORT (a
 * program passes over settings of other programs). Does not wait. */
void fleet_start(struct fleet *fleet, const char *member, const char *program,
                 const char *const *arguments);

/* Waits for 200 of GET /readyz; fails the test when it ends or the time is over. */
void fleet_wait_ready(struct fleet *fleet, const char *member, int timeout_ms);

void fleet_restart(struct fleet *fleet, const char *member); /* as it was started; kills it first */
void fleet_kill(struct fleet *fleet, const char *member);
void fleet_kill_all(struct fleet *fleet);
void fleet_pause(struct fleet *fleet, const char *member);
void fleet_resume(struct fleet *fleet, const char *member);
int fleet_terminate(struct fleet *fleet, const char *member, int timeout_ms); /* exit code */
int fleet_wait_exit(struct fleet *fleet, const char *member, int timeout_ms); /* exit code */
bool fleet_running(struct fleet *fleet, const char *member);
pid_t fleet_pid(struct fleet *fleet, const char *member);
int fleet_admin_port(struct fleet *fleet, const char *member);

/* Runs bin/<program> to its end with the fleet's settings; its exit code. stdout and stderr, up to
 * 1 MiB, go to *ret_output if that is not NULL; the caller frees it. */
int fleet_run(struct fleet *fleet, const char *program, const char *const *arguments,
              int timeout_ms, char **ret_output);

/* The sum of the series of `metric` whose labels hold `label` as it is written (partition="3";
 * NULL for all) in GET /metrics of the member. NAN when there is none or it does not answer. */
double fleet_metric(struct fleet *fleet, const char *member, const char *metric, const char *label);

/* One HTTP/1.1 request to 127.0.0.1:port, whole answer within timeout_ms: its status, 0 when there
 * is no answer. body NULL: GET, else POST. *ret_answer, if not NULL: the answer's body, up to
 * 16 MiB, NUL-terminated; the caller frees it; NULL when there is no answer. */
struct fleet_request {
    int port;
    const char *path;
    const char *headers; /* more lines, each ending in \r\n; NULL for none */
    const char *body;
    size_t body_size;
    int timeout_ms;
};
int fleet_http(const struct fleet_request *request, char **ret_answer);

#endif
