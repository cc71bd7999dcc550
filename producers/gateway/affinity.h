/* A thread's place among the CPUs (sched_setaffinity(2)). */
#ifndef TRIBUTARY_PRODUCERS_GATEWAY_AFFINITY_H
#define TRIBUTARY_PRODUCERS_GATEWAY_AFFINITY_H

/* Keeps the calling thread, and every thread that it starts from now on, on one of the CPUs that
 * it may use: neighbouring indices get different ones, and processes begin at different ones. The
 * CPU's number; -1 when the system refuses, and then nothing has changed. */
int affinity_pin(int index);

#endif
