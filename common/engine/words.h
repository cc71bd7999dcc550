/* A merchant's text as lower-case words, without what changes from payment to payment. Inside the
 * engine only. */
#ifndef TRIBUTARY_ENGINE_WORDS_H
#define TRIBUTARY_ENGINE_WORDS_H

#include "common/base/slice.h"
#include "common/engine/features.h"

#include <stddef.h>
#include <stdint.h>

enum { WORDS_MAX = ENGINE_TEXT_READ / 2 };

struct words {
    char text[ENGINE_TEXT_READ]; /* the words, one space between two */
    uint32_t size;
    uint32_t key_begin; /* the first informative word */
    uint32_t key_size;
};

/* size 0 where the first ENGINE_TEXT_READ bytes hold no word. */
void words_of(struct slice text, struct words *ret);

#endif
