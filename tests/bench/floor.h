/* What the machine gives at this moment: the raw epoll server (bench-http-floor) answering small
 * posts. What was measured on another day is scaled by it. */
#ifndef TRIBUTARY_TESTS_BENCH_FLOOR_H
#define TRIBUTARY_TESTS_BENCH_FLOOR_H

#include "common/base/owned.h"

/* What floor_measure gave when the peers were measured. */
#define FLOOR_THEN 158000.0

struct floor;

struct floor *floor_start(void);
void floor_free(struct floor *floor);
OWNED_DEFINE(floor);

/* Requests per CPU-second of the server, 64 connections, for about a second. */
double floor_measure(const struct floor *floor);

/* The same as a share of what it was when the peers were measured. */
double floor_factor(const struct floor *floor);

#endif
