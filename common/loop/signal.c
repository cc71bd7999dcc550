#include "common/loop/internal.h"

#include "common/base/must.h"

struct loop_signal {
    struct event event;
    bool added;
    loop_callback *callback;
    void *context;
};

OWNED_DEFINE(loop_signal);

static void signal_happened(evutil_socket_t number, short what, void *context)
{
    struct loop_signal *signal = context;

    (void)number;
    (void)what;
    signal->callback(signal->context);
}

enum status loop_signal_new(struct loop_signal **ret_signal, struct loop *loop, int number,
                            loop_callback *callback, void *context, struct error *error)
{
    OWNED(loop_signal) signal = must_alloc(sizeof *signal);

    signal->callback = callback;
    signal->context = context;
    signal->added = event_assign(&signal->event, loop->base, number, EV_SIGNAL | EV_PERSIST,
                                 signal_happened, signal) == 0 &&
                    event_add(&signal->event, NULL) == 0;
    if (!signal->added)
        return error_set(error, STATUS_FATAL, "event loop: signal %d cannot be caught", number);
    *ret_signal = TAKE(signal);
    return STATUS_OK;
}

void loop_signal_free(struct loop_signal *signal)
{
    if (signal == NULL)
        return;
    if (signal->added)
        event_del(&signal->event);
    free(signal);
}
