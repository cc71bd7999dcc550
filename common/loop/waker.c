/* An eventfd that is written once per callback at most, however often it is woken. */
#include "common/loop/internal.h"

#include "common/base/must.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct loop_waker {
    int fd;
    atomic_bool pending;
    struct loop_watch *watch;
    loop_callback *callback;
    void *context;
};

OWNED_DEFINE(loop_waker);

static void waker_happened(void *context, unsigned events)
{
    struct loop_waker *waker = context;
    uint64_t count;

    (void)events;
    if (read(waker->fd, &count, sizeof count) < 0 && errno == EAGAIN)
        return;
    /* Before the callback: who fills the queue behind its back wakes again. The exchange takes over
     * what the waking threads wrote before. */
    atomic_exchange_explicit(&waker->pending, false, memory_order_acq_rel);
    waker->callback(waker->context);
}

enum status loop_waker_new(struct loop_waker **ret_waker, struct loop *loop,
                           loop_callback *callback, void *context, struct error *error)
{
    OWNED(loop_waker) waker = must_alloc(sizeof *waker);
    enum status status;

    waker->callback = callback;
    waker->context = context;
    waker->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (waker->fd < 0)
        return error_set(error, STATUS_FATAL, "event loop: no descriptor for a waker (errno %d)",
                         errno);
    waker->watch = loop_watch_new(loop, waker->fd, waker_happened, waker);
    status = loop_watch_set(waker->watch, LOOP_READ, error);
    if (status != STATUS_OK)
        return status;
    *ret_waker = TAKE(waker);
    return STATUS_OK;
}

void loop_waker_free(struct loop_waker *waker)
{
    if (waker == NULL)
        return;
    loop_watch_free(waker->watch);
    if (waker->fd >= 0)
        close(waker->fd);
    free(waker);
}

void loop_wake(struct loop_waker *waker)
{
    uint64_t one = 1;
    int saved = errno;

    if (atomic_exchange_explicit(&waker->pending, true, memory_order_acq_rel))
        return;
    /* Cannot fail: the count is far below its end, since only one write comes per read. */
    MUST(write(waker->fd, &one, sizeof one) == (ssize_t)sizeof one);
    errno = saved;
}
