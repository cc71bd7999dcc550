#include "producers/gateway/affinity.h"

#include <sched.h>

/* The n-th of the set from `cpu` on. The set is not empty. */
static size_t nth_from(const cpu_set_t *set, size_t cpu, unsigned n)
{
    while (!CPU_ISSET(cpu, set) || n-- > 0)
        cpu = (cpu + 1) % CPU_SETSIZE;
    return cpu;
}

int affinity_pin(int first, int index)
{
    cpu_set_t allowed, one;
    size_t cpu;

    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        return -1;
    cpu = nth_from(&allowed, first < 0 ? 0 : (size_t)first % CPU_SETSIZE, (unsigned)index);
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    return sched_setaffinity(0, sizeof one, &one) == 0 ? (int)cpu : -1;
}
