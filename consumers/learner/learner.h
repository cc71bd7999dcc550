/* The descriptor of the learner group. */
#ifndef TRIBUTARY_LEARNER_LEARNER_H
#define TRIBUTARY_LEARNER_LEARNER_H

#include "common/sink/sink.h"

extern const struct sink learner_sink;

#endif
