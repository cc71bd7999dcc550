/* Threads that stay on one CPU, with those that they start. */
#include "producers/gateway/affinity.h"
#include "tests/support/suite/suite.h"

#include <pthread.h>
#include <sched.h>

struct thread {
    int first, index;
    int cpu;
    cpu_set_t own, child;
};

static void *look(void *opaque)
{
    ck_assert_int_eq(sched_getaffinity(0, sizeof(cpu_set_t), opaque), 0);
    return NULL;
}

static void join(pthread_t thread)
{
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
}

static void *pin(void *opaque)
{
    struct thread *thread = opaque;
    pthread_t child;

    thread->cpu = affinity_pin(thread->first, thread->index);
    look(&thread->own);
    ck_assert_int_eq(pthread_create(&child, NULL, look, &thread->child), 0);
    join(child);
    return NULL;
}

static struct thread pinned(int first, int index)
{
    struct thread thread = {.first = first, .index = index};
    pthread_t id;

    ck_assert_int_eq(pthread_create(&id, NULL, pin, &thread), 0);
    join(id);
    return thread;
}

START_TEST(a_thread_stays_on_one_allowed_cpu_with_its_children)
{
    int here = sched_getcpu();
    struct thread thread = pinned(here, 0);
    cpu_set_t allowed;

    look(&allowed);
    ck_assert_int_eq(CPU_COUNT(&thread.own), 1);
    ck_assert(CPU_ISSET((size_t)thread.cpu, &thread.own));
    ck_assert(CPU_ISSET((size_t)thread.cpu, &allowed));
    ck_assert_int_eq(thread.cpu, here);
    ck_assert(CPU_EQUAL(&thread.own, &thread.child));
}
END_TEST

START_TEST(threads_share_the_cpus_evenly)
{
    int counts[CPU_SETSIZE] = {0}, cpus;
    cpu_set_t allowed;

    look(&allowed);
    cpus = CPU_COUNT(&allowed);
    for (int index = 0; index < 2 * cpus; index++)
        counts[pinned(7, index).cpu]++;
    for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++)
        ck_assert_int_eq(counts[cpu], CPU_ISSET(cpu, &allowed) ? 2 : 0);
}
END_TEST

SUITE_MAIN("affinity", a_thread_stays_on_one_allowed_cpu_with_its_children,
           threads_share_the_cpus_evenly);
