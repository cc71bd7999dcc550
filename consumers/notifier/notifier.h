/* The descriptor of the notifier group. */
#ifndef TRIBUTARY_NOTIFIER_NOTIFIER_H
#define TRIBUTARY_NOTIFIER_NOTIFIER_H

#include "common/sink/sink.h"

extern const struct sink notifier_sink;

#endif
