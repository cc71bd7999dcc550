#include "common/loop/internal.h"

#include "common/base/clock.h"
#include "common/base/must.h"

enum { LOOP_HEARTBEAT_US = 500000 };

static void loop_nothing(void *context)
{
    (void)context;
}

/* libevent's warnings are errors that its calls return as well. */
static void loop_quiet(int severity, const char *message)
{
    if (severity == EVENT_LOG_ERR)
        fprintf(stderr, "event loop: %s\n", message);
}

static struct event_base *loop_base_new(void)
{
    struct event_config *config = event_config_new();
    struct event_base *base = NULL;

    if (config == NULL)
        return NULL;
    event_set_log_callback(loop_quiet);
    /* Other threads come in through an eventfd only, so libevent needs no locks. */
    if (event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK) == 0 &&
        event_config_set_flag(config, EVENT_BASE_FLAG_IGNORE_ENV) == 0)
        base = event_base_new_with_config(config);
    event_config_free(config);
    return base;
}

enum status loop_new(struct loop **ret_loop, struct error *error)
{
    OWNED(loop) loop = must_alloc(sizeof *loop);
    enum status status;

    loop->now_turn = UINT64_MAX;
    loop->base = loop_base_new();
    if (loop->base == NULL)
        return error_set(error, STATUS_FATAL, "event loop: the system refuses a poll descriptor");
    status = loop_waker_new(&loop->stopper, loop, loop_nothing, NULL, error);
    if (status != STATUS_OK)
        return status;
    loop->heartbeat = loop_timer_new(loop, loop_nothing, NULL);
    loop_timer_every(loop->heartbeat, LOOP_HEARTBEAT_US);
    *ret_loop = TAKE(loop);
    return STATUS_OK;
}

void loop_free(struct loop *loop)
{
    if (loop == NULL)
        return;
    loop_timer_free(loop->heartbeat);
    loop_waker_free(loop->stopper);
    if (loop->base != NULL)
        event_base_free(loop->base);
    free(loop);
}

enum status loop_run(struct loop *loop, struct error *error)
{
    int result = 0;

    /* One turn at a time, to count them: a turn is one poll and the callbacks that it brought. */
    while (result == 0 && !atomic_load_explicit(&loop->stop, memory_order_acquire)) {
        uint64_t turn = atomic_load_explicit(&loop->turns, memory_order_relaxed);

        result = event_base_loop(loop->base, EVLOOP_ONCE);
        atomic_store_explicit(&loop->turns, turn + 1, memory_order_relaxed);
    }
    atomic_store_explicit(&loop->stop, false, memory_order_relaxed);
    if (result != 0)
        return error_set(error, STATUS_FATAL, "event loop: the system's poll failed");
    return STATUS_OK;
}

void loop_stop(struct loop *loop)
{
    atomic_store_explicit(&loop->stop, true, memory_order_release);
    loop_wake(loop->stopper);
}

uint64_t loop_turns(const struct loop *loop)
{
    return atomic_load_explicit(&loop->turns, memory_order_relaxed);
}

int64_t loop_now_us(struct loop *loop)
{
    uint64_t turn = atomic_load_explicit(&loop->turns, memory_order_relaxed);

    if (loop->now_turn != turn) {
        loop->now_us = clock_steady_us();
        loop->now_turn = turn;
    }
    return loop->now_us;
}
