/* Descriptors. Reading and writing are two events below, so that changing one leaves the other. */
#include "common/loop/internal.h"

#include "common/base/must.h"

struct loop_watch {
    struct event events[2]; /* reading, writing */
    unsigned active;        /* which of them are added */
    loop_watch_callback *callback;
    void *context;
};

static const unsigned watch_bits[2] = {LOOP_READ, LOOP_WRITE};

static void watch_happened(evutil_socket_t fd, short what, void *context)
{
    struct loop_watch *watch = context;

    (void)fd;
    watch->callback(watch->context, (what & EV_READ) != 0 ? LOOP_READ : LOOP_WRITE);
}

struct loop_watch *loop_watch_new(struct loop *loop, int fd, loop_watch_callback *callback,
                                  void *context)
{
    struct loop_watch *watch = must_alloc(sizeof *watch);

    watch->callback = callback;
    watch->context = context;
    MUST(event_assign(&watch->events[0], loop->base, fd, EV_READ | EV_PERSIST, watch_happened,
                      watch) == 0);
    MUST(event_assign(&watch->events[1], loop->base, fd, EV_WRITE | EV_PERSIST, watch_happened,
                      watch) == 0);
    return watch;
}

void loop_watch_free(struct loop_watch *watch)
{
    if (watch == NULL)
        return;
    for (int i = 0; i < 2; i++)
        if ((watch->active & watch_bits[i]) != 0)
            event_del(&watch->events[i]);
    free(watch);
}

enum status loop_watch_set(struct loop_watch *watch, unsigned events, struct error *error)
{
    for (int i = 0; i < 2; i++) {
        unsigned bit = watch_bits[i];

        if (((watch->active ^ events) & bit) == 0)
            continue;
        if ((events & bit) == 0)
            event_del(&watch->events[i]);
        else if (event_add(&watch->events[i], NULL) != 0)
            return error_set(error, STATUS_FATAL, "event loop: descriptor %d cannot be watched",
                             (int)event_get_fd(&watch->events[i]));
        watch->active ^= bit;
    }
    return STATUS_OK;
}
