#include "producers/gateway/affinity.h"

#include <sched.h>
#include <unistd.h>

/* The n-th of the set, counted from 0. */
static size_t nth_of(const cpu_set_t *set, unsigned n)
{
    size_t cpu = 0;

    while (!CPU_ISSET(cpu, set) || n-- > 0)
        cpu++;
    return cpu;
}

int affinity_pin(int index)
{
    cpu_set_t allowed, one;
    size_t cpu;

    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        return -1;
    cpu = nth_of(&allowed, (unsigned)(getpid() + index) % (unsigned)CPU_COUNT(&allowed));
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    return sched_setaffinity(0, sizeof one, &one) == 0 ? (int)cpu : -1;
}
