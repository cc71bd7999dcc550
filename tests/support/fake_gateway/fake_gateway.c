#include "tests/support/fake_gateway/fake_gateway.h"

#include "common/base/clock.h"
#include "common/base/must.h"

#include <stdio.h>
#include <stdlib.h>

enum { ITEMS_MAX = 1000, BODY_MAX = 1 << 20, ANSWER_MAX = 1 << 20 };

static bool happens(struct fake_gateway *gateway, uint64_t in_a_hundred)
{
    return random_below(&gateway->random, 100) < in_a_hundred;
}

static void problem(struct http_request *request, int status, int retry_after_s)
{
    const struct http_problem problem = {.status = status, .retry_after_s = retry_after_s};

    http_respond_problem(request, &problem);
}

static void take(struct fake_gateway *gateway, enum event_kind kind,
                 const struct event_json_item *item)
{
    struct slice user = kind == EVENT_FEEDBACK ? item->feedback.user : item->transaction.user;
    struct fake_event *event = &gateway->events[gateway->count++];

    MUST(gateway->count < FAKE_GATEWAY_EVENTS);
    event->kind = kind;
    snprintf(event->id, sizeof event->id, "%.*s", SLICE_FORMAT(item->id));
    snprintf(event->user, sizeof event->user, "%.*s", SLICE_FORMAT(user));
}

static int judge(struct fake_gateway *gateway, enum event_kind kind,
                 const struct event_json_item *item)
{
    const char *rejected = gateway->plan.rejected;

    if (item->verdict != EVENT_JSON_OK)
        return 422;
    if (rejected != NULL && kind == EVENT_TRANSACTION &&
        slice_equal(item->transaction.merchant, slice_of(rejected)))
        return 422;
    if (happens(gateway, gateway->plan.postpone))
        return 503;
    take(gateway, kind, item);
    return 202;
}

static void write_item(struct buffer *out, size_t index, const struct event_json_item *item,
                       int status)
{
    struct json_writer json;

    if (index > 0)
        buffer_append_byte(out, ',');
    json_writer_init(&json, out);
    json_write_object_begin(&json);
    json_write_key(&json, "index");
    json_write_integer(&json, (int64_t)index);
    json_write_key(&json, "id");
    json_write_string(&json, item->id);
    json_write_key(&json, "status");
    json_write_integer(&json, status);
    if (status == 202) {
        json_write_key(&json, "partition");
        json_write_integer(&json, 1);
        json_write_key(&json, "offset");
        json_write_integer(&json, (int64_t)index);
    } else {
        json_write_key(&json, "reason");
        json_write_text(&json, item->reason != NULL ? item->reason : "bad_text");
    }
    json_write_object_end(&json);
}

static void answer_items(struct fake_gateway *gateway, struct http_request *request,
                         enum event_kind kind, const struct event_json_items *items)
{
    size_t accepted = 0;
    bool forgets = happens(gateway, gateway->plan.forget);

    buffer_reset(&gateway->answer);
    buffer_append_text(&gateway->answer, "{\"results\":[");
    for (size_t i = 0; i < items->count; i++) {
        int status = judge(gateway, kind, &items->items[i]);

        accepted += status == 202;
        write_item(&gateway->answer, i, &items->items[i], status);
    }
    buffer_format(&gateway->answer, "],\"accepted\":%zu,\"rejected\":%zu}", accepted,
                  items->count - accepted);
    MUST(!gateway->answer.overflow);
    if (forgets)
        problem(request, 500, 0);
    else
        http_respond_text(request, accepted == items->count ? 202 : 207, "application/json",
                          buffer_slice(&gateway->answer));
}

static bool refuses(struct fake_gateway *gateway, struct http_request *request)
{
    const struct fake_plan *plan = &gateway->plan;
    int64_t now_us = clock_steady_us();

    gateway->requests++;
    gateway->hasty |= gateway->refused_us != 0 &&
                      now_us - gateway->refused_us < plan->retry_after_s * INT64_C(1000000);
    gateway->refused_us = 0;
    if (!slice_equal(http_header(request, "Authorization"),
                     SLICE_LITERAL("Bearer " FAKE_GATEWAY_KEY))) {
        problem(request, 401, 0);
        return true;
    }
    if (plan->status != 0 || happens(gateway, plan->refuse)) {
        gateway->refused_us = now_us;
        problem(request, plan->status != 0 ? plan->status : 503, plan->retry_after_s);
        return true;
    }
    return false;
}

static void handle(struct fake_gateway *gateway, struct http_request *request, enum event_kind kind)
{
    const struct event_json_request parse = {.kind = kind,
                                             .format = EVENT_JSON_LINES,
                                             .tenant = SLICE_LITERAL("acme"),
                                             .received_at = clock_wall_us(),
                                             .max_items = ITEMS_MAX};
    struct event_json_items items;
    struct error error = {0};

    if (refuses(gateway, request))
        return;
    arena_reset(gateway->arena);
    if (!slice_equal(http_header(request, "Content-Type"), SLICE_LITERAL("application/x-ndjson")))
        problem(request, 415, 0);
    else if (event_json_parse(gateway->parser, &parse, http_body(request), gateway->arena, &items,
                              &error) != STATUS_OK)
        problem(request, strcmp(error.code, "too_many_items") == 0 ? 413 : 400, 0);
    else
        answer_items(gateway, request, kind, &items);
}

static void handle_transactions(void *context, struct http_request *request)
{
    handle(context, request, EVENT_TRANSACTION);
}

static void handle_feedback(void *context, struct http_request *request)
{
    handle(context, request, EVENT_FEEDBACK);
}

static const struct http_route routes[] = {
    {"POST", "/v1/transactions", handle_transactions, 0},
    {"POST", "/v1/feedback", handle_feedback, 0},
};

void fake_gateway_start(struct fake_gateway *gateway, const struct fake_plan *plan)
{
    const struct http_limits limits = http_limits_default();

    *gateway = (struct fake_gateway){.plan = *plan};
    random_init(&gateway->random, plan->seed);
    gateway->parser = json_parser_new();
    gateway->arena = arena_new(event_json_arena_bytes(BODY_MAX, ITEMS_MAX));
    buffer_init(&gateway->answer, ANSWER_MAX);
    gateway->events = must_alloc(FAKE_GATEWAY_EVENTS * sizeof *gateway->events);
    host_start(&gateway->host, 0, &limits, routes, 2, gateway);
}

void fake_gateway_stop(struct fake_gateway *gateway)
{
    host_stop(&gateway->host);
    json_parser_free(gateway->parser);
    arena_free(gateway->arena);
    buffer_done(&gateway->answer);
    free(gateway->events);
    gateway->events = NULL;
}

size_t fake_gateway_accepted(const struct fake_gateway *gateway, const char *id)
{
    size_t count = 0;

    for (size_t i = 0; i < gateway->count; i++)
        count += strcmp(gateway->events[i].id, id) == 0;
    return count;
}
