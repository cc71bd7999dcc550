#include "producers/gateway/post.h"

#include "common/base/clock.h"
#include "common/base/hash.h"
#include "common/base/must.h"
#include "common/codec/codec.h"
#include "producers/gateway/media.h"
#include "producers/gateway/problems.h"

#include <stdlib.h>

enum {
    POOL_POSTS = 256,
    POOL_ITEMS = 128, /* larger ones are not kept */
};

#define REASON_UNKNOWN "outcome_unknown"
#define DETAIL_UNKNOWN                                                                             \
    "not acknowledged in time: it may be stored or not; send it again with the same id"
#define REASON_FULL "overloaded"
#define DETAIL_FULL "more is under way than can be held; nothing of this request was stored"
#define REASON_AWAY "unavailable"
#define DETAIL_AWAY "the log cannot be reached; nothing of this request was stored"

bool post_queue_above(const struct ingest *ingest, unsigned percent, size_t events, size_t bytes)
{
    const struct gateway_settings *settings = ingest->options.settings;

    return (outlet_pending(ingest->outlet) + events) * 100 >
               (size_t)settings->queue_records * percent ||
           (ingest->queued_bytes + bytes) * 100 > (size_t)settings->queue_bytes * percent;
}

static struct post *post_take(struct ingest *ingest)
{
    struct post *post = TAILQ_FIRST(&ingest->pool);

    if (post != NULL) {
        TAILQ_REMOVE(&ingest->pool, post, posts);
        ingest->pool_size--;
        return post;
    }
    post = must_alloc(sizeof *post);
    post->ingest = ingest;
    results_init(&post->results, (size_t)ingest->options.settings->items);
    return post;
}

void post_free(struct post *post)
{
    results_done(&post->results);
    free(post);
}

static void post_give_back(struct post *post)
{
    struct ingest *ingest = post->ingest;

    if (ingest->pool_size == POOL_POSTS || post->results.capacity > POOL_ITEMS) {
        post_free(post);
        return;
    }
    TAILQ_INSERT_HEAD(&ingest->pool, post, posts);
    ingest->pool_size++;
}

static void count_answer(struct ingest *ingest, enum stats_route route, int status,
                         int64_t received_us)
{
    stats_answered(ingest->options.stats, route, status, clock_steady_us() - received_us);
}

static void count_events(struct ingest *ingest, enum stats_route route, struct results_sum sum)
{
    struct metrics_counter *const *counters = ingest->options.stats->events[route];

    if (sum.accepted > 0)
        metrics_counter_add(counters[STATS_ACCEPTED], sum.accepted);
    if (sum.rejected > 0)
        metrics_counter_add(counters[STATS_REJECTED], sum.rejected);
    if (sum.retryable > 0)
        metrics_counter_add(counters[STATS_UNAVAILABLE], sum.retryable);
}

/* ---- The answer ---- */

static void settle(struct result *result, int status, const char *reason, const char *detail)
{
    result->status = (uint16_t)status;
    result->reason = reason;
    result->detail = detail;
}

/* What is not acknowledged by now was not, as far as the client is told. */
static void settle_unknown(struct results *results)
{
    for (size_t i = 0; i < results->count; i++)
        if (results->items[i].status == 0)
            settle(&results->items[i], 503, REASON_UNKNOWN, DETAIL_UNKNOWN);
}

/* The request is gone afterwards, the post is not. */
static void post_answer(struct post *post)
{
    struct ingest *ingest = post->ingest;
    struct http_request *request = post->request;
    int64_t received_us = http_received_us(request);
    struct results_sum sum;
    int status;

    settle_unknown(&post->results);
    sum = results_sum(&post->results);
    status = results_status(sum);
    post->request = NULL;
    count_events(ingest, post->route, sum);
    count_answer(ingest, post->route, status, received_us);
    if (status == 503) {
        problem_unavailable(request, &ingest->random, REASON_UNKNOWN, DETAIL_UNKNOWN);
        return;
    }
    buffer_reset(&ingest->answer);
    results_write(&post->results, sum, &ingest->answer);
    MUST(!ingest->answer.overflow);
    http_respond_text(request, status, "application/json", buffer_slice(&ingest->answer));
}

static void post_expired(void *context, struct http_request *request)
{
    (void)request;
    post_answer(context);
}

static void post_end(struct post *post)
{
    TAILQ_REMOVE(&post->ingest->active, post, posts);
    if (post->request != NULL)
        post_answer(post);
    post_give_back(post);
}

void post_answer_all(struct ingest *ingest)
{
    struct post *post;

    TAILQ_FOREACH (post, &ingest->active, posts)
        if (post->request != NULL)
            post_answer(post);
}

void post_lose_all(struct ingest *ingest)
{
    struct post *post;

    ingest->queued_bytes = 0;
    while ((post = TAILQ_FIRST(&ingest->active)) != NULL)
        post_end(post);
}

void post_delivered(struct ingest *ingest, const struct kafka_delivery *delivery)
{
    struct result *result = delivery->opaque;
    struct post *post = result->owner;

    ingest->queued_bytes -= result->bytes;
    if (result->status != 0) {
        /* Answered already. */
    } else if (delivery->status == STATUS_OK) {
        result->status = 202;
        result->offset = delivery->offset;
    } else {
        settle(result, 503, REASON_UNKNOWN, DETAIL_UNKNOWN);
    }
    if (--post->unreported > 0)
        return;
    metrics_histogram_observe(ingest->options.stats->delivery,
                              (double)(clock_steady_us() - post->sent_us) / 1e6);
    post_end(post);
}

/* ---- To Kafka ---- */

/* What all items of a request have in common. */
struct sending {
    struct post *post;
    enum event_kind kind;
    struct slice tenant;
    struct slice traceparent;
};

static void encode(enum event_kind kind, const struct event_json_item *item, struct buffer *out)
{
    buffer_reset(out);
    if (kind == EVENT_TRANSACTION)
        codec_encode_transaction(&item->transaction, out);
    else
        codec_encode_feedback(&item->feedback, out);
    MUST(!out->overflow);
}

static void send_refused(struct result *result, enum status status)
{
    if (status == STATUS_REJECT)
        settle(result, 422, "too_large", "Kafka takes no event of this size");
    else
        settle(result, 503, REASON_AWAY, "not stored: send it again");
}

static void send_item(const struct sending *sending, const struct event_json_item *item,
                      struct result *result)
{
    struct ingest *ingest = sending->post->ingest;
    struct slice user =
        sending->kind == EVENT_TRANSACTION ? item->transaction.user : item->feedback.user;
    char text[EVENT_KEY_MAX];
    struct kafka_message message = {.key = event_key(sending->tenant, user, text),
                                    .traceparent = sending->traceparent,
                                    .opaque = result};
    struct error error = {0};
    enum status status;

    encode(sending->kind, item, &ingest->value);
    message.topic = sending->kind == EVENT_TRANSACTION ? OUTLET_TRANSACTIONS : OUTLET_FEEDBACK;
    message.partition = hash_partition(message.key, (int32_t)ingest->options.settings->partitions);
    message.value = buffer_slice(&ingest->value);
    status = outlet_send(ingest->outlet, &message, &error);
    if (status != STATUS_OK) {
        send_refused(result, status);
        return;
    }
    result->partition = message.partition;
    result->bytes = (uint32_t)(message.key.size + message.value.size);
    ingest->queued_bytes += result->bytes;
    sending->post->unreported++;
}

static void post_send(struct ingest *ingest, struct http_request *request, enum stats_route route,
                      struct sending *sending, const struct event_json_items *items)
{
    struct post *post = post_take(ingest);

    post->request = request;
    post->route = route;
    post->unreported = 0;
    post->sent_us = clock_steady_us();
    sending->post = post;
    results_begin(&post->results, items->count, post);
    for (size_t i = 0; i < items->count; i++) {
        results_set(&post->results, i, &items->items[i]);
        if (items->items[i].verdict == EVENT_JSON_OK)
            send_item(sending, &items->items[i], &post->results.items[i]);
    }
    TAILQ_INSERT_TAIL(&ingest->active, post, posts);
    if (post->unreported == 0)
        post_end(post);
    else
        http_set_deadline(request, ingest->options.settings->deadline_ms, post_expired, post);
}

/* ---- The request ---- */

static struct slice traceparent_of(const struct http_request *request)
{
    struct slice value = http_header(request, "traceparent");

    return media_sampled(value) ? value : (struct slice){NULL, 0};
}

/* Why the request as a whole is not taken: answers it and gives the status; 0: go on. */
static int refuse_head(struct ingest *ingest, struct http_request *request,
                       struct slice *ret_tenant, enum event_json_format *ret_format)
{
    struct slice encoding;

    if (!keys_find(ingest->keys, http_header(request, "Authorization"), ret_tenant) ||
        http_header_count(request, "Authorization") != 1)
        return problem_unauthorized(request);
    if (!media_format(http_header(request, "Content-Type"), ret_format) ||
        http_header_count(request, "Content-Type") != 1)
        return problem_media(request);
    encoding = http_header(request, "Content-Encoding");
    if (encoding.data != NULL && !slice_equal(encoding, SLICE_LITERAL("identity")))
        return problem_encoding(request);
    if (!outlet_open(ingest->outlet))
        return problem_unavailable(request, &ingest->random, REASON_AWAY, DETAIL_AWAY);
    if (post_queue_above(ingest, POST_QUEUE_PERCENT, 1, http_body(request).size))
        return problem_unavailable(request, &ingest->random, REASON_FULL, DETAIL_FULL);
    return 0;
}

/* The same of a body that could be read, or not. */
static int refuse_items(struct ingest *ingest, struct http_request *request,
                        const struct event_json_items *items, const struct error *error)
{
    if (error->status == STATUS_REJECT)
        return problem_body(request, error);
    if (error->status != STATUS_OK)
        return problem_unavailable(request, &ingest->random, REASON_FULL, DETAIL_FULL);
    if (items->count == 0)
        return problem_empty(request);
    if (post_queue_above(ingest, POST_QUEUE_PERCENT, items->count, http_body(request).size))
        return problem_unavailable(request, &ingest->random, REASON_FULL, DETAIL_FULL);
    return 0;
}

void post_handle(struct ingest *ingest, struct http_request *request, enum stats_route route)
{
    struct event_json_request wanted = {
        .kind = route == STATS_TRANSACTIONS ? EVENT_TRANSACTION : EVENT_FEEDBACK,
        .received_at = clock_wall_us(),
        .max_items = (size_t)ingest->options.settings->items,
    };
    struct event_json_items items = {.count = 0};
    int64_t received_us = http_received_us(request);
    struct error error = {0};
    int status = refuse_head(ingest, request, &wanted.tenant, &wanted.format);

    if (status == 0) {
        (void)!event_json_parse(ingest->parser, &wanted, http_body(request), ingest->arena, &items,
                                &error);
        status = refuse_items(ingest, request, &items, &error);
    }
    if (status == 0) {
        struct sending sending = {
            .kind = wanted.kind, .tenant = wanted.tenant, .traceparent = traceparent_of(request)};

        post_send(ingest, request, route, &sending, &items);
    } else {
        count_answer(ingest, route, status, received_us);
    }
    arena_reset(ingest->arena);
}
