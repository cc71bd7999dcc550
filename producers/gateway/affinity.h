/* A thread's place among the CPUs (sched_setaffinity(2)). */
#ifndef TRIBUTARY_PRODUCERS_GATEWAY_AFFINITY_H
#define TRIBUTARY_PRODUCERS_GATEWAY_AFFINITY_H

/* Keeps the calling thread, and every thread that it starts from now on, on one CPU: of those that
 * it may use, the index-th from `first` on, a CPU's number, and round again. Where the scheduler
 * has begun a process (sched_getcpu(3)) is a good first one: process ids are alike in containers.
 * The CPU's number; -1 when the system refuses (errno), and then nothing has changed. */
int affinity_pin(int first, int index);

#endif
