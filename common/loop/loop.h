/* The event loop of a thread: descriptors, timers, signals, wake-ups from other threads. The only
 * user of libevent, and thin. It is not a scheduler: callbacks run one after the other on the
 * thread of loop_run, and none may block.
 *
 * Threads: everything belongs to the loop's thread, except loop_wake, loop_stop and loop_turns.
 * Watches, timers, signals and wakers may be freed in any callback, their own too; all must be
 * freed before their loop. */
#ifndef TRIBUTARY_LOOP_LOOP_H
#define TRIBUTARY_LOOP_LOOP_H

#include "common/base/owned.h"
#include "common/base/status.h"

#include <stdint.h>

struct loop;
struct loop_watch;
struct loop_timer;
struct loop_signal;
struct loop_waker;

/* FATAL when the system refuses (descriptors, memory). */
MUST_CHECK enum status loop_new(struct loop **ret_loop, struct error *error);
void loop_free(struct loop *loop);
OWNED_DEFINE(loop);

/* Runs callbacks until loop_stop. FATAL when the system's poll fails. May be called again. */
MUST_CHECK enum status loop_run(struct loop *loop, struct error *error);

/* Makes loop_run return once the callbacks of this turn are done. Any thread, any signal handler;
 * before loop_run it makes that return at once. */
void loop_stop(struct loop *loop);

/* Counts turns of loop_run, for a watchdog. An idle loop turns at least once a second. Any thread.
 */
uint64_t loop_turns(const struct loop *loop);

/* Steady time (base/clock.h) read once a turn: cheap, and at most a turn old. */
int64_t loop_now_us(struct loop *loop);

/* A descriptor. Level-triggered: the callback comes again until the reason is gone. An error or a
 * hang-up shows as what is watched. Free the watch before the descriptor is closed. */
enum {
    LOOP_READ = 1,
    LOOP_WRITE = 2,
};

/* events: what happened, one or both of LOOP_READ and LOOP_WRITE. */
typedef void loop_watch_callback(void *context, unsigned events);

/* Watches nothing yet; borrows fd. Never NULL. */
struct loop_watch *loop_watch_new(struct loop *loop, int fd, loop_watch_callback *callback,
                                  void *context);
void loop_watch_free(struct loop_watch *watch);

/* Watches exactly these events from now on; 0 pauses. Free of charge when nothing changes.
 * FATAL when the system refuses the descriptor (a plain file, no memory). */
MUST_CHECK enum status loop_watch_set(struct loop_watch *watch, unsigned events,
                                      struct error *error);

/* A timer. Its resolution is some milliseconds; it never comes early. */
typedef void loop_callback(void *context);

/* Not started yet. Never NULL. */
struct loop_timer *loop_timer_new(struct loop *loop, loop_callback *callback, void *context);
void loop_timer_free(struct loop_timer *timer);

/* Once after delay_us, or every period_us; replaces what was set before. */
void loop_timer_once(struct loop_timer *timer, int64_t delay_us);
void loop_timer_every(struct loop_timer *timer, int64_t period_us);
void loop_timer_stop(struct loop_timer *timer);

/* Calls back in the loop, not in the handler, so the callback may do anything. Signals may be used
 * in one loop of the process only. FATAL when the system refuses the number. */
MUST_CHECK enum status loop_signal_new(struct loop_signal **ret_signal, struct loop *loop,
                                       int number, loop_callback *callback, void *context,
                                       struct error *error);
void loop_signal_free(struct loop_signal *signal);

/* A door for other threads: wakes that come before the callback ran are one. What to do lies in a
 * queue of the caller's, filled before loop_wake. FATAL when there is no descriptor left. */
MUST_CHECK enum status loop_waker_new(struct loop_waker **ret_waker, struct loop *loop,
                                      loop_callback *callback, void *context, struct error *error);

/* No other thread may use it any more. */
void loop_waker_free(struct loop_waker *waker);

/* The callback runs soon on the loop's thread, and sees all that this thread did before. Any
 * thread, any signal handler; allocates nothing, never blocks, never fails. */
void loop_wake(struct loop_waker *waker);

#endif
