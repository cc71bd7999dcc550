#include "common/base/must.h"
#include "common/base/timestamp.h"
#include "producers/simulator/traffic.h"
#include "tests/support/purchases/purchases.h"

#include <stdlib.h>

enum { TEXT_SIZE = 64 };

/* "s1-17" is the transaction of row 17; "user-000017" is user 17. */
static size_t number_behind(struct slice text, char mark)
{
    const char *at = memchr(text.data, mark, text.size);

    MUST(at != NULL);
    return strtoul(at + 1, NULL, 10);
}

static void add_row(struct purchases *purchases, const struct feeder_event *event)
{
    const struct transaction *made = &event->transaction;
    struct purchase *row = &purchases->rows[purchases->count];
    char *text = purchases->text + purchases->count * TEXT_SIZE;

    MUST(made->merchant.size <= TEXT_SIZE);
    MUST(number_behind(made->id, '-') == purchases->count);
    memcpy(text, made->merchant.data, made->merchant.size);
    *row = (struct purchase){.day = timestamp_day(made->occurred_at),
                             .user = (int32_t)number_behind(made->user, '-'),
                             .amount_minor = made->amount_minor,
                             .merchant = {text, made->merchant.size},
                             .detail = event->label,
                             .primary = event->label,
                             .mcc = made->mcc};
    purchases->count++;
}

static void add_saying(struct purchases *purchases, const struct feedback *said)
{
    size_t row = number_behind(said->transaction_id, '-');

    MUST(row < purchases->count && said->kind != FEEDBACK_KIND_CORRECTION);
    purchases->rows[row].stars =
        said->kind == FEEDBACK_KIND_RATING ? said->rating : PURCHASE_CONFIRMED;
}

struct purchases *purchases_simulated(size_t events, uint32_t users, uint64_t seed)
{
    struct traffic_plan plan = {.seed = seed, .events = events, .users = users};
    struct purchases *purchases = must_alloc(sizeof *purchases);
    OWNED(traffic) traffic = NULL;
    struct feeder_event event;

    MUST(timestamp_parse(SLICE_LITERAL("2025-01-01T00:00:00Z"), &plan.start_us));
    traffic = traffic_new(&plan);
    purchases->rows = must_alloc(events * sizeof *purchases->rows);
    purchases->text = must_alloc(events * TEXT_SIZE);
    purchases->users = (int32_t)users;
    while (traffic_next(traffic, &event)) {
        if (event.kind == EVENT_FEEDBACK)
            add_saying(purchases, &event.feedback);
        else if (!event.again)
            add_row(purchases, &event);
    }
    return purchases;
}
