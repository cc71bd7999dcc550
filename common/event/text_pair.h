/* A key and its value, both text: an entry of an event's metadata. */
#ifndef TRIBUTARY_EVENT_TEXT_PAIR_H
#define TRIBUTARY_EVENT_TEXT_PAIR_H

#include "common/base/slice.h"

struct text_pair {
    struct slice key;
    struct slice value;
};

#endif
