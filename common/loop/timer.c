#include "common/loop/internal.h"

#include "common/base/clock.h"
#include "common/base/must.h"

struct loop_timer {
    struct event event;
    struct loop *loop;
    loop_callback *callback;
    void *context;
    int64_t due_us;
    int64_t period_us; /* 0: once */
};

static void timer_add(struct loop_timer *timer, int64_t delay_us)
{
    struct timeval delay = {.tv_sec = delay_us / 1000000, .tv_usec = delay_us % 1000000};

    MUST(event_add(&timer->event, &delay) == 0);
}

/* libevent counts from a clock that may be some milliseconds behind, so it can be early: then the
 * rest is waited for. A period is counted from the callback: no bursts after a long turn. */
static void timer_happened(evutil_socket_t fd, short what, void *context)
{
    struct loop_timer *timer = context;
    int64_t now_us = clock_steady_us();

    (void)fd;
    (void)what;
    if (now_us < timer->due_us) {
        timer_add(timer, timer->due_us - now_us);
        return;
    }
    if (timer->period_us > 0)
        loop_timer_every(timer, timer->period_us);
    timer->callback(timer->context);
}

struct loop_timer *loop_timer_new(struct loop *loop, loop_callback *callback, void *context)
{
    struct loop_timer *timer = must_alloc(sizeof *timer);

    timer->loop = loop;
    timer->callback = callback;
    timer->context = context;
    MUST(event_assign(&timer->event, loop->base, -1, 0, timer_happened, timer) == 0);
    return timer;
}

void loop_timer_free(struct loop_timer *timer)
{
    if (timer == NULL)
        return;
    loop_timer_stop(timer);
    free(timer);
}

void loop_timer_once(struct loop_timer *timer, int64_t delay_us)
{
    MUST(delay_us >= 0);
    timer->period_us = 0;
    timer->due_us = clock_steady_us() + delay_us;
    timer_add(timer, delay_us);
}

void loop_timer_every(struct loop_timer *timer, int64_t period_us)
{
    MUST(period_us > 0);
    loop_timer_once(timer, period_us);
    timer->period_us = period_us;
}

void loop_timer_stop(struct loop_timer *timer)
{
    event_del(&timer->event);
}
