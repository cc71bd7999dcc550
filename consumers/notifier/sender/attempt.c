#include "consumers/notifier/sender/attempt.h"

#include "common/base/clock.h"
#include "common/base/must.h"
#include "common/base/utf8.h"
#include "consumers/notifier/sender/schedule.h"

#include <stdio.h>

enum { DEFERRED_MS = 100 };

static size_t channel_index(struct slice name)
{
    size_t c = 0;

    while (c < CHANNELS && !slice_equal(slice_of(channels[c]->name), name))
        c++;
    MUST(c < CHANNELS); /* asked for by name */
    return c;
}

/* Copies a column behind the others, with a NUL. */
static struct slice keep(char **at, const struct postgres_result *rows, size_t row, int column)
{
    struct slice text = postgres_result_text(rows, row, column);
    struct slice copy = {*at, text.size};

    if (text.size > 0)
        memcpy(*at, text.data, text.size);
    (*at)[text.size] = '\0';
    *at += text.size + 1;
    return copy;
}

struct attempt *attempt_new(const struct postgres_result *rows, size_t row, const uint8_t *lease)
{
    static const int columns[] = {LEASED_TENANT, LEASED_USER,   LEASED_PAYLOAD,
                                  LEASED_URL,    LEASED_SECRET, LEASED_PREVIOUS_SECRET};
    size_t count = sizeof columns / sizeof columns[0], size = count;
    struct attempt *attempt;
    char *at;

    for (size_t i = 0; i < count; i++)
        size += postgres_result_text(rows, row, columns[i]).size;
    attempt = must_alloc(sizeof *attempt + size);
    at = attempt->texts;
    attempt->message.tenant = keep(&at, rows, row, LEASED_TENANT);
    attempt->message.user = keep(&at, rows, row, LEASED_USER);
    attempt->message.payload = keep(&at, rows, row, LEASED_PAYLOAD);
    attempt->message.url = keep(&at, rows, row, LEASED_URL).data;
    attempt->message.secret = keep(&at, rows, row, LEASED_SECRET).data;
    attempt->message.previous_secret = keep(&at, rows, row, LEASED_PREVIOUS_SECRET).data;
    attempt->message.allow_private = postgres_result_bool(rows, row, LEASED_ALLOW_PRIVATE);
    memcpy(attempt->message.id.bytes, postgres_result_uuid(rows, row, LEASED_ID), 16);
    memcpy(attempt->endpoint.bytes, postgres_result_uuid(rows, row, LEASED_ENDPOINT), 16);
    memcpy(attempt->lease, lease, ATTEMPT_LEASE_BYTES);
    attempt->channel = channel_index(postgres_result_text(rows, row, LEASED_CHANNEL));
    attempt->attempts = postgres_result_int4(rows, row, LEASED_ATTEMPTS);
    attempt->created_us = postgres_result_timestamptz(rows, row, LEASED_CREATED);
    attempt->begun_us = clock_steady_us();
    return attempt;
}

void attempt_free(struct attempt *attempt)
{
    free(attempt);
}

void attempt_end(struct attempt *attempt, const struct channel_outcome *outcome)
{
    attempt->elapsed_us = clock_steady_us() - attempt->begun_us;
    attempt->result = outcome->result;
    attempt->status = outcome->status;
    attempt->retry_after_s = outcome->retry_after_s;
    snprintf(attempt->detail, sizeof attempt->detail, "%s", outcome->detail);
    /* A host name may have been cut in the middle of a character. */
    if (!utf8_valid(slice_of(attempt->detail)))
        attempt->detail[0] = '\0';
}

void attempt_judge(struct attempt *attempt, struct random *random, double scale)
{
    attempt->delay_ms = 0;
    switch (attempt->result) {
    case CHANNEL_SENT:
        attempt->outcome = SENDER_SENT;
        return;
    case CHANNEL_GONE:
        attempt->outcome = SENDER_DEAD;
        return;
    case CHANNEL_DEFERRED:
        attempt->outcome = SENDER_DEFERRED;
        attempt->delay_ms = 1 + (int64_t)random_below(random, DEFERRED_MS);
        return;
    case CHANNEL_FAILED:
        attempt->delay_ms =
            schedule_delay_ms(random, attempt->attempts, scale, attempt->retry_after_s);
        attempt->outcome = attempt->delay_ms == SCHEDULE_GIVEN_UP ? SENDER_DEAD : SENDER_FAILED;
        return;
    }
}

struct mark attempt_mark(const struct attempt *attempt)
{
    static const char *const states[SENDER_OUTCOMES] = {
        [SENDER_SENT] = "sent", [SENDER_FAILED] = "due",   [SENDER_DEAD] = "dead",
        [SENDER_LOST] = "due",  [SENDER_DEFERRED] = "due",
    };
    static const char *const outcomes[] = {[CHANNEL_SENT] = "sent",
                                           [CHANNEL_FAILED] = "failed",
                                           [CHANNEL_GONE] = "gone",
                                           [CHANNEL_DEFERRED] = NULL};

    return (struct mark){.id = attempt->message.id,
                         .endpoint = attempt->endpoint,
                         .lease = attempt->lease,
                         .state = states[attempt->outcome],
                         .outcome = outcomes[attempt->result],
                         .detail = attempt->detail,
                         .delay_ms = attempt->delay_ms,
                         .attempt = attempt->attempts,
                         .status = attempt->status,
                         .elapsed_ms = attempt->elapsed_us / 1000,
                         .gone = attempt->result == CHANNEL_GONE};
}
