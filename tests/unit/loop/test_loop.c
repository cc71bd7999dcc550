/* common/loop: that callbacks come when they should, and not when they should not. */
#include "common/base/clock.h"
#include "common/loop/loop.h"
#include "tests/support/suite/suite.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

static struct error error;

struct probe {
    struct loop *loop;
    struct loop_timer *timer;
    struct loop_watch *watch;
    struct loop_waker *waker;
    int fd;
    int calls;
    int stop_at;
    int64_t at_us;
    unsigned events;
    int queue; /* written by another thread before its wake, on purpose without a lock */
};

static void probe_call(void *context)
{
    struct probe *probe = context;

    probe->at_us = clock_steady_us();
    if (++probe->calls == probe->stop_at)
        loop_stop(probe->loop);
}

static struct loop *make_loop(void)
{
    struct loop *loop = NULL;

    ck_assert_int_eq(loop_new(&loop, &error), STATUS_OK);
    return loop;
}

static void run(struct loop *loop)
{
    ck_assert_int_eq(loop_run(loop, &error), STATUS_OK);
}

START_TEST(a_timer_is_never_early)
{
    for (int64_t delay_us = 0; delay_us < 12000; delay_us += 1700) {
        OWNED(loop) loop = make_loop();
        struct probe probe = {.loop = loop, .stop_at = 1};
        struct loop_timer *timer = loop_timer_new(loop, probe_call, &probe);
        int64_t begin_us = clock_steady_us();

        loop_timer_once(timer, delay_us);
        run(loop);
        ck_assert_int_ge(probe.at_us - begin_us, delay_us);
        ck_assert_int_eq(probe.calls, 1);
        loop_timer_free(timer);
    }
}
END_TEST

static void start_after_work(void *context)
{
    struct probe *probe = context;
    int64_t begin_us = clock_steady_us();

    while (clock_steady_us() - begin_us < 15000)
        continue;
    probe->at_us = clock_steady_us();
    loop_timer_once(probe->timer, 10000);
}

/* The time that a callback takes is not taken off a timer that it starts. */
START_TEST(a_timer_started_late_is_not_early)
{
    OWNED(loop) loop = make_loop();
    struct probe late = {.loop = loop, .stop_at = 1}, work = {.loop = loop};
    struct loop_timer *timer = loop_timer_new(loop, start_after_work, &work);

    work.timer = loop_timer_new(loop, probe_call, &late);
    loop_timer_once(timer, 0);
    run(loop);
    ck_assert_int_ge(late.at_us - work.at_us, 10000);
    loop_timer_free(timer);
    loop_timer_free(work.timer);
}
END_TEST

START_TEST(a_period_repeats_until_stopped)
{
    OWNED(loop) loop = make_loop();
    struct probe every = {.loop = loop, .stop_at = 5}, never = {.loop = loop};
    struct loop_timer *timer = loop_timer_new(loop, probe_call, &every);
    struct loop_timer *stopped = loop_timer_new(loop, probe_call, &never);

    loop_timer_every(timer, 2000);
    loop_timer_once(stopped, 1000);
    loop_timer_stop(stopped);
    run(loop);
    ck_assert_int_eq(every.calls, 5);
    ck_assert_int_eq(never.calls, 0);
    loop_timer_free(timer);
    loop_timer_free(stopped);
}
END_TEST

static void free_own_timer(void *context)
{
    struct probe *probe = context;

    loop_timer_free(probe->timer);
    probe->timer = NULL;
    probe_call(probe);
}

START_TEST(a_timer_may_free_itself)
{
    OWNED(loop) loop = make_loop();
    struct probe probe = {.loop = loop, .stop_at = 1};

    probe.timer = loop_timer_new(loop, free_own_timer, &probe);
    loop_timer_every(probe.timer, 1000);
    run(loop);
    ck_assert_ptr_null(probe.timer);
}
END_TEST

static void watched(void *context, unsigned events)
{
    struct probe *probe = context;

    probe->events |= events;
    probe_call(probe);
}

START_TEST(a_watch_is_level_triggered)
{
    OWNED(loop) loop = make_loop();
    struct probe probe = {.loop = loop, .stop_at = 3};
    struct loop_watch *watch;
    int pair[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    watch = loop_watch_new(loop, pair[0], watched, &probe);
    ck_assert_int_eq(loop_watch_set(watch, LOOP_READ, &error), STATUS_OK);
    ck_assert_int_eq(write(pair[1], "x", 1), 1);
    run(loop);
    ck_assert_uint_eq(probe.events, LOOP_READ);

    probe = (struct probe){.loop = loop, .stop_at = 2};
    ck_assert_int_eq(loop_watch_set(watch, LOOP_READ | LOOP_WRITE, &error), STATUS_OK);
    run(loop);
    ck_assert_uint_eq(probe.events, LOOP_READ | LOOP_WRITE);
    loop_watch_free(watch);
    close(pair[0]);
    close(pair[1]);
}
END_TEST

START_TEST(a_paused_watch_is_silent)
{
    OWNED(loop) loop = make_loop();
    struct probe probe = {.loop = loop}, end = {.loop = loop, .stop_at = 1};
    struct loop_timer *timer = loop_timer_new(loop, probe_call, &end);
    struct loop_watch *watch;
    int pair[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    watch = loop_watch_new(loop, pair[0], watched, &probe);
    ck_assert_int_eq(loop_watch_set(watch, LOOP_READ | LOOP_WRITE, &error), STATUS_OK);
    ck_assert_int_eq(loop_watch_set(watch, 0, &error), STATUS_OK);
    ck_assert_int_eq(write(pair[1], "x", 1), 1);
    loop_timer_once(timer, 5000);
    run(loop);
    ck_assert_int_eq(probe.calls, 0);
    loop_watch_free(watch);
    loop_timer_free(timer);
    close(pair[0]);
    close(pair[1]);
}
END_TEST

static void free_other_watch(void *context, unsigned events)
{
    struct probe *probe = context;

    (void)events;
    loop_watch_free(probe->watch);
    probe->watch = NULL;
    probe_call(probe);
}

/* Both are ready in the same turn; whoever comes first frees the other, which must not be called.
 */
START_TEST(a_freed_watch_is_not_called)
{
    OWNED(loop) loop = make_loop();
    struct probe probes[2] = {{.loop = loop, .stop_at = 1}, {.loop = loop, .stop_at = 1}};
    struct loop_watch *watches[2];
    int pair[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    for (int i = 0; i < 2; i++)
        watches[i] = loop_watch_new(loop, pair[i], free_other_watch, &probes[i]);
    for (int i = 0; i < 2; i++) {
        probes[i].watch = watches[1 - i];
        ck_assert_int_eq(loop_watch_set(watches[i], LOOP_WRITE, &error), STATUS_OK);
    }
    run(loop);
    ck_assert_int_eq(probes[0].calls + probes[1].calls, 1);
    loop_watch_free(probes[0].calls == 1 ? watches[0] : watches[1]);
    close(pair[0]);
    close(pair[1]);
}
END_TEST

START_TEST(a_plain_file_cannot_be_watched)
{
    OWNED(loop) loop = make_loop();
    int fd = open("/proc/self/exe", O_RDONLY);
    struct loop_watch *watch = loop_watch_new(loop, fd, watched, NULL);

    ck_assert_int_eq(loop_watch_set(watch, LOOP_READ, &error), STATUS_FATAL);
    loop_watch_free(watch);
    close(fd);
}
END_TEST

START_TEST(a_signal_is_called_in_the_loop)
{
    OWNED(loop) loop = make_loop();
    struct probe probe = {.loop = loop, .stop_at = 1};
    struct loop_signal *signal = NULL;

    ck_assert_int_eq(loop_signal_new(&signal, loop, SIGUSR1, probe_call, &probe, &error),
                     STATUS_OK);
    raise(SIGUSR1);
    ck_assert_int_eq(probe.calls, 0);
    run(loop);
    ck_assert_int_eq(probe.calls, 1);
    loop_signal_free(signal);
    ck_assert_int_eq(loop_signal_new(&signal, loop, 4711, probe_call, &probe, &error),
                     STATUS_FATAL);
}
END_TEST

enum { WAKES = 20000 };

static void *wake_often(void *context)
{
    struct probe *probe = context;

    for (int i = 0; i < WAKES; i++)
        loop_wake(probe->waker);
    probe->queue = 42;
    loop_wake(probe->waker);
    return NULL;
}

static void woken(void *context)
{
    struct probe *probe = context;

    probe->calls++;
    loop_timer_once(probe->timer, 5000);
}

/* The last wake must not be lost, and brings what was written before it. */
START_TEST(wakes_are_joined_and_not_lost)
{
    OWNED(loop) loop = make_loop();
    struct probe probe = {.loop = loop}, quiet = {.loop = loop, .stop_at = 1};
    pthread_t thread;

    probe.timer = loop_timer_new(loop, probe_call, &quiet);
    ck_assert_int_eq(loop_waker_new(&probe.waker, loop, woken, &probe, &error), STATUS_OK);
    ck_assert_int_eq(pthread_create(&thread, NULL, wake_often, &probe), 0);
    run(loop);
    pthread_join(thread, NULL);
    loop_timer_once(probe.timer, 1000);
    quiet.calls = 0;
    run(loop);
    ck_assert_int_eq(probe.queue, 42);
    ck_assert_int_ge(probe.calls, 1);
    ck_assert_int_le(probe.calls, WAKES + 1);
    loop_waker_free(probe.waker);
    loop_timer_free(probe.timer);
}
END_TEST

static void wake_again(void *context)
{
    struct probe *probe = context;

    if (++probe->calls == 3)
        loop_stop(probe->loop);
    else
        loop_wake(probe->waker);
}

START_TEST(a_wake_during_the_callback_comes_again)
{
    OWNED(loop) loop = make_loop();
    struct probe probe = {.loop = loop};

    ck_assert_int_eq(loop_waker_new(&probe.waker, loop, wake_again, &probe, &error), STATUS_OK);
    loop_wake(probe.waker);
    run(loop);
    ck_assert_int_eq(probe.calls, 3);
    loop_waker_free(probe.waker);
}
END_TEST

static void check_queue(void *context)
{
    struct probe *probe = context;

    if (probe->queue == 42)
        loop_stop(probe->loop);
}

static void *wake_once(void *context)
{
    struct probe *probe = context;

    probe->queue = 42;
    loop_wake(probe->waker);
    return NULL;
}

START_TEST(a_wake_publishes)
{
    for (int round = 0; round < 200; round++) {
        OWNED(loop) loop = make_loop();
        struct probe probe = {.loop = loop};
        pthread_t thread;

        ck_assert_int_eq(loop_waker_new(&probe.waker, loop, check_queue, &probe, &error),
                         STATUS_OK);
        ck_assert_int_eq(pthread_create(&thread, NULL, wake_once, &probe), 0);
        run(loop);
        pthread_join(thread, NULL);
        loop_waker_free(probe.waker);
    }
}
END_TEST

static void *stop_later(void *context)
{
    struct loop *loop = context;

    while (loop_turns(loop) < 1)
        usleep(1000);
    loop_stop(loop);
    return NULL;
}

START_TEST(an_idle_loop_turns_and_stops_from_outside)
{
    OWNED(loop) loop = make_loop();
    pthread_t thread;
    int64_t begin_us = clock_steady_us();

    ck_assert_int_eq(pthread_create(&thread, NULL, stop_later, loop), 0);
    run(loop);
    pthread_join(thread, NULL);
    ck_assert_int_lt(clock_steady_us() - begin_us, 2000000);
    loop_stop(loop);
    run(loop);
}
END_TEST

static void read_now(void *context)
{
    struct probe *probe = context;

    probe->at_us = loop_now_us(probe->loop);
    ck_assert_int_eq(loop_now_us(probe->loop), probe->at_us);
    probe->calls++;
    if (probe->calls == 2)
        loop_stop(probe->loop);
}

START_TEST(now_moves_between_turns_only)
{
    OWNED(loop) loop = make_loop();
    struct probe probe = {.loop = loop};
    struct loop_timer *timer = loop_timer_new(loop, read_now, &probe);
    int64_t begin_us = clock_steady_us();

    loop_timer_every(timer, 2000);
    run(loop);
    ck_assert_int_ge(probe.at_us, begin_us + 4000);
    loop_timer_free(timer);
}
END_TEST

SUITE_MAIN("loop", a_timer_is_never_early, a_timer_started_late_is_not_early,
           a_wake_during_the_callback_comes_again, a_period_repeats_until_stopped,
           a_timer_may_free_itself, a_watch_is_level_triggered, a_paused_watch_is_silent,
           a_freed_watch_is_not_called, a_plain_file_cannot_be_watched,
           a_signal_is_called_in_the_loop, wakes_are_joined_and_not_lost, a_wake_publishes,
           an_idle_loop_turns_and_stops_from_outside, now_moves_between_turns_only);
