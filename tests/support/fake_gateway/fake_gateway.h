/* A gateway without a Kafka, on a thread of its own: answers as the real one does, with faults by
 * seed, and remembers what it has accepted. */
#ifndef TRIBUTARY_TESTS_SUPPORT_FAKE_GATEWAY_H
#define TRIBUTARY_TESTS_SUPPORT_FAKE_GATEWAY_H

#include "common/base/random.h"
#include "common/event/event_json.h"
#include "tests/support/http/host.h"

enum { FAKE_GATEWAY_EVENTS = 200000 };

#define FAKE_GATEWAY_KEY "acme-1.secret"

/* In a hundred. */
struct fake_plan {
    uint64_t seed;
    uint64_t refuse;      /* requests answered 503 */
    uint64_t forget;      /* requests whose events are taken, and the answer is 500 */
    uint64_t postpone;    /* items that are 503 among others */
    int retry_after_s;    /* of the 503 */
    int status;           /* not 0: the answer to every request, nothing taken */
    const char *rejected; /* a merchant whose transactions are 422; NULL: none */
};

struct fake_event {
    enum event_kind kind;
    char id[EVENT_ID_MAX + 1];
    char user[EVENT_ID_MAX + 1];
};

struct fake_gateway {
    struct host host;
    struct fake_plan plan;
    struct random random;
    struct json_parser *parser;
    struct arena *arena;
    struct buffer answer;
    struct fake_event *events; /* accepted, in order, repeated ones too */
    size_t count;
    size_t requests;
    int64_t refused_us; /* steady, of the last 503 */
    bool hasty;         /* somebody came again before Retry-After was over; with one lane only */
};

void fake_gateway_start(struct fake_gateway *gateway, const struct fake_plan *plan);
void fake_gateway_stop(struct fake_gateway *gateway);

/* Between start and stop, when nothing is under way: how often that id was accepted. */
size_t fake_gateway_accepted(const struct fake_gateway *gateway, const char *id);

#endif
