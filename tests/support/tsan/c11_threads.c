/* C11 threads by way of pthreads, for builds with the thread sanitizer alone.
 *
 * Debian's librdkafka calls thrd_*, mtx_* and cnd_*, which gcc 12's sanitizer does not intercept:
 * it sees threads that it knows nothing of, and crashes. Defined in the program and exported
 * (-rdynamic), these take their place. glibc's C11 types are its pthread types under another name.
 */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>
#include <time.h>

static int outcome(int code)
{
    switch (code) {
    case 0:
        return thrd_success;
    case EBUSY:
        return thrd_busy;
    case ENOMEM:
        return thrd_nomem;
    case ETIMEDOUT:
        return thrd_timedout;
    default:
        return thrd_error;
    }
}

struct start {
    thrd_start_t function;
    void *argument;
};

static void *run(void *opaque)
{
    struct start start = *(struct start *)opaque;

    free(opaque);
    return (void *)(intptr_t)start.function(start.argument);
}

int thrd_create(thrd_t *thread, thrd_start_t function, void *argument)
{
    struct start *start = malloc(sizeof *start);
    int code;

    if (start == NULL)
        return thrd_nomem;
    *start = (struct start){function, argument};
    code = pthread_create(thread, NULL, run, start);
    if (code != 0)
        free(start);
    return outcome(code);
}

int thrd_join(thrd_t thread, int *result)
{
    void *value;
    int code = pthread_join(thread, &value);

    if (code == 0 && result != NULL)
        *result = (int)(intptr_t)value;
    return outcome(code);
}

int thrd_detach(thrd_t thread)
{
    return outcome(pthread_detach(thread));
}

int mtx_init(mtx_t *mutex, int type)
{
    pthread_mutexattr_t attributes;
    int code;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, (type & mtx_recursive) != 0 ? PTHREAD_MUTEX_RECURSIVE
                                                                       : PTHREAD_MUTEX_NORMAL);
    code = pthread_mutex_init((pthread_mutex_t *)mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
    return outcome(code);
}

int mtx_lock(mtx_t *mutex)
{
    return outcome(pthread_mutex_lock((pthread_mutex_t *)mutex));
}

int mtx_trylock(mtx_t *mutex)
{
    return outcome(pthread_mutex_trylock((pthread_mutex_t *)mutex));
}

int mtx_unlock(mtx_t *mutex)
{
    return outcome(pthread_mutex_unlock((pthread_mutex_t *)mutex));
}

void mtx_destroy(mtx_t *mutex)
{
    pthread_mutex_destroy((pthread_mutex_t *)mutex);
}

int cnd_init(cnd_t *condition)
{
    return outcome(pthread_cond_init((pthread_cond_t *)condition, NULL));
}

int cnd_signal(cnd_t *condition)
{
    return outcome(pthread_cond_signal((pthread_cond_t *)condition));
}

int cnd_broadcast(cnd_t *condition)
{
    return outcome(pthread_cond_broadcast((pthread_cond_t *)condition));
}

int cnd_wait(cnd_t *condition, mtx_t *mutex)
{
    return outcome(pthread_cond_wait((pthread_cond_t *)condition, (pthread_mutex_t *)mutex));
}

int cnd_timedwait(cnd_t *condition, mtx_t *mutex, const struct timespec *until)
{
    return outcome(
        pthread_cond_timedwait((pthread_cond_t *)condition, (pthread_mutex_t *)mutex, until));
}

void cnd_destroy(cnd_t *condition)
{
    pthread_cond_destroy((pthread_cond_t *)condition);
}

/* Not intercepted either: a joined thread would be taken for one that lives on. */
int pthread_clockjoin_np(pthread_t thread, void **value, clockid_t clock,
                         const struct timespec *until)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    struct timespec now;
    int code;

    while ((code = pthread_tryjoin_np(thread, value)) == EBUSY) {
        clock_gettime(clock, &now);
        if (now.tv_sec > until->tv_sec ||
            (now.tv_sec == until->tv_sec && now.tv_nsec >= until->tv_nsec))
            return ETIMEDOUT;
        nanosleep(&pause, NULL);
    }
    return code;
}
