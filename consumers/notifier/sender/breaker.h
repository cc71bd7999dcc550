/* A circuit breaker: an endpoint that fails again and again is left alone but for one probe now and
 * then, so that it costs the others nothing. Pure.
 *
 *     closed ── BREAKER_FAILURES in a row ──► open ── its pause is over ──► one probe
 *        ▲                                     ▲ failed: a longer pause ──────┤
 *        └────────────────────── delivered ────┴──────────────────────────────┘ */
#ifndef TRIBUTARY_SENDER_BREAKER_H
#define TRIBUTARY_SENDER_BREAKER_H

#include "common/base/random.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BREAKER_FAILURES = 5 };

/* Zeroed: closed. */
struct breaker {
    unsigned failures; /* in a row */
    unsigned openings; /* in a row: the pause grows with them */
    bool open;
    int64_t probe_at_ms; /* steady */
};

/* From 5 s to 5 minutes, times the scale, with full jitter above half of it. */
void breaker_failed(struct breaker *breaker, struct random *random, int64_t now_ms, double scale);
void breaker_delivered(struct breaker *breaker);

/* How many more deliveries may begin, with so many under way and at most `most` of them. */
size_t breaker_slots(const struct breaker *breaker, int64_t now_ms, size_t under_way, size_t most);

/* Nothing is remembered of it: it may be forgotten. */
bool breaker_is_new(const struct breaker *breaker);

#endif
