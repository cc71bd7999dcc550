#include "common/log/limit.h"

#include "common/base/hash.h"
#include "common/log/log.h"

#include <string.h>

/* The event's slot. When its places are taken by others the one idle for longest gives way: what
 * it had suppressed is forgotten, which takes more event names than a program has. */
static struct log_limit_slot *limit_slot(struct log_limit *limit, const char *event)
{
    size_t start = (size_t)hash_fnv1a(HASH_FNV_SEED, slice_of(event));
    struct log_limit_slot *oldest = NULL;

    for (size_t i = 0; i < LOG_LIMIT_PROBES; i++) {
        struct log_limit_slot *slot = &limit->slots[(start + i) % LOG_LIMIT_SLOTS];

        if (slot->event != NULL && strcmp(slot->event, event) == 0)
            return slot;
        if (oldest == NULL ||
            (oldest->event != NULL && (slot->event == NULL || slot->window_ms < oldest->window_ms)))
            oldest = slot;
    }
    *oldest = (struct log_limit_slot){.event = event, .window_ms = INT64_MIN / 2};
    return oldest;
}

bool log_limit_pass(struct log_limit *limit, const char *event, int64_t now_ms,
                    uint64_t *ret_suppressed)
{
    struct log_limit_slot *slot = limit_slot(limit, event);

    if (now_ms - slot->window_ms >= 1000) {
        slot->window_ms = now_ms;
        slot->written = 0;
    }
    if (slot->written >= LOG_BURST) {
        slot->suppressed++;
        return false;
    }
    slot->written++;
    *ret_suppressed = slot->suppressed;
    slot->suppressed = 0;
    return true;
}
