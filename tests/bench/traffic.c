#include "tests/bench/traffic.h"

#include "common/base/must.h"
#include "common/base/timestamp.h"
#include "tests/support/gateway/gateway.h"

#include <inttypes.h>

enum { MERCHANTS = 3000, CATEGORIES = 16, NUMBER_DIGITS = 8, EVENT_BYTES = 1024 };

#define BEGIN INT64_C(1767225600000000) /* 2026-01-01 */
#define DAY   INT64_C(86400000000)

void traffic_init(struct traffic *traffic, int64_t count, int32_t users)
{
    *traffic = (struct traffic){.count = count, .users = users, .days = 1};
    random_init(&traffic->random, 1);
}

struct transaction traffic_next(struct traffic *traffic)
{
    int64_t booked = BEGIN + (int64_t)((double)(traffic->days * DAY) * (double)traffic->number /
                                       (double)traffic->count);

    traffic->user = (int32_t)random_below(&traffic->random, (uint64_t)traffic->users);
    snprintf(traffic->texts[0], sizeof traffic->texts[0], "%016" PRIx64 "%0*" PRId64,
             random_next(&traffic->random), NUMBER_DIGITS, traffic->number);
    snprintf(traffic->texts[1], sizeof traffic->texts[1], "user-%06d", (int)traffic->user);
    snprintf(traffic->texts[2], sizeof traffic->texts[2], "Merchant %d",
             (int)random_below(&traffic->random, MERCHANTS));
    traffic->number++;
    return (struct transaction){.tenant = SLICE_LITERAL("acme"),
                                .id = slice_of(traffic->texts[0]),
                                .user = slice_of(traffic->texts[1]),
                                .account = SLICE_LITERAL("checking"),
                                .amount_minor =
                                    (int64_t)random_below(&traffic->random, 20000) - 2000,
                                .currency = SLICE_LITERAL("EUR"),
                                .description = SLICE_LITERAL("CARD PAYMENT 4711 REF 0815"),
                                .merchant = slice_of(traffic->texts[2]),
                                .mcc = 5411,
                                .occurred_at = booked,
                                .received_at = booked};
}

struct slice traffic_category(struct traffic *traffic)
{
    snprintf(traffic->texts[3], sizeof traffic->texts[3], "category-%d",
             (int)random_below(&traffic->random, CATEGORIES));
    return slice_of(traffic->texts[3]);
}

int64_t traffic_number(struct slice id)
{
    char digits[NUMBER_DIGITS + 1];

    MUST(id.size > NUMBER_DIGITS);
    memcpy(digits, id.data + id.size - NUMBER_DIGITS, NUMBER_DIGITS);
    digits[NUMBER_DIGITS] = '\0';
    return strtoll(digits, NULL, 10);
}

static void append_json(const struct transaction *event, struct buffer *out)
{
    char booked[TIMESTAMP_TEXT_SIZE];
    int64_t minor = event->amount_minor < 0 ? -event->amount_minor : event->amount_minor;

    timestamp_format(event->occurred_at, booked);
    buffer_format(out,
                  "{\"id\":\"%.*s\",\"user\":\"%.*s\",\"account\":\"%.*s\",\"amount\":\"%s%" PRId64
                  ".%02" PRId64 "\",\"currency\":\"EUR\",\"description\":\"%.*s\",\"merchant\":"
                  "\"%.*s\",\"mcc\":%d,\"occurred_at\":\"%s\"}",
                  SLICE_FORMAT(event->id), SLICE_FORMAT(event->user), SLICE_FORMAT(event->account),
                  event->amount_minor < 0 ? "-" : "", minor / 100, minor % 100,
                  SLICE_FORMAT(event->description), SLICE_FORMAT(event->merchant), event->mcc,
                  booked);
}

struct slice traffic_request(struct traffic *traffic, size_t events)
{
    struct buffer body, request;

    buffer_init(&body, events * EVENT_BYTES);
    buffer_init(&request, (events + 1) * EVENT_BYTES);
    for (size_t i = 0; i < events; i++) {
        struct transaction event = traffic_next(traffic);

        append_json(&event, &body);
        if (events > 1)
            buffer_append_byte(&body, '\n');
    }
    buffer_format(&request,
                  "POST /v1/transactions HTTP/1.1\r\nHost: gateway\r\nContent-Type: "
                  "application/%s\r\nAuthorization: Bearer " GATEWAY_ACME
                  "\r\nContent-Length: %zu\r\n\r\n",
                  events > 1 ? "x-ndjson" : "json", body.size);
    buffer_append_slice(&request, buffer_slice(&body));
    MUST(!request.overflow && !body.overflow);
    buffer_done(&body);
    return buffer_slice(&request);
}
