/* The descriptor of the analytics group. */
#ifndef TRIBUTARY_ANALYTICS_ANALYTICS_H
#define TRIBUTARY_ANALYTICS_ANALYTICS_H

#include "common/sink/sink.h"

extern const struct sink analytics_sink;

#endif
