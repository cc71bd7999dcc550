#include "producers/feeder/poster.h"

#include "common/base/clock.h"
#include "common/base/hash.h"
#include "common/base/must.h"
#include "common/base/random.h"
#include "common/client/client.h"
#include "common/loop/loop.h"
#include "producers/feeder/lane.h"

#include <stdio.h>

enum {
    FEEDBACK_LANES = 2,
    RESULT_BYTES_MAX = 2600, /* of an answer, an item */
    ANSWER_BYTES_MAX = JSON_TEXT_MAX,
    BACKOFF_BASE_MS = 100,
    BACKOFF_CAP_MS = 10000,
    RETRY_AFTER_MAX_S = 60,
    URL_BYTES = 512,
};

struct feeder_poster {
    struct feeder_poster_options options;
    struct client *client;
    struct random random;
    struct json_parser *parser;
    struct arena *arena;
    struct feeder_outcome *outcomes; /* of one answer */
    bool *again;                     /* its items that are to be sent again */
    struct feeder_lane *lanes;       /* of transactions, then of feedback */
    size_t lane_count;
    char urls[2][URL_BYTES];
    char authorization[URL_BYTES];
    struct feeder_poster_counts counts;
    int64_t moved_us; /* something was settled */
    bool over;
};

static void lane_send(struct feeder_lane *lane);

static void lane_again(void *context)
{
    lane_send(context);
}

static void lane_init(struct feeder_lane *lane, struct feeder_poster *poster, enum event_kind kind)
{
    lane->poster = poster;
    lane->kind = kind;
    lane->timer = loop_timer_new(poster->options.loop, lane_again, lane);
    for (int i = 0; i < 2; i++)
        feeder_batch_init(&lane->batches[i], (size_t)poster->options.settings->batch);
}

static void lane_done(struct feeder_lane *lane)
{
    loop_timer_free(lane->timer);
    for (int i = 0; i < 2; i++)
        feeder_batch_done(&lane->batches[i]);
}

static struct client_limits limits_of(const struct feeder_settings *settings, size_t lanes)
{
    struct client_limits limits = client_limits_default();
    size_t answer = (size_t)settings->batch * RESULT_BYTES_MAX;

    limits.transfers = limits.per_host = lanes;
    limits.response_bytes = answer < 65536              ? 65536
                            : answer > ANSWER_BYTES_MAX ? ANSWER_BYTES_MAX
                                                        : answer;
    limits.total_ms = settings->timeout_ms;
    limits.allow_private = limits.allow_plain = true;
    limits.ca_file = settings->ca_file;
    return limits;
}

static enum status set_names(struct feeder_poster *poster, struct error *error)
{
    const struct feeder_settings *settings = poster->options.settings;
    size_t size = strlen(settings->url);

    if (settings->api_key == NULL)
        return error_set(error, STATUS_REJECT,
                         "no API key: set TRIBUTARY_FEEDER_API_KEY or --feeder-api-key-file");
    while (size > 0 && settings->url[size - 1] == '/')
        size--;
    if (size + sizeof "/v1/transactions" > URL_BYTES ||
        strlen(settings->api_key) + sizeof "Bearer " > sizeof poster->authorization)
        return error_set(error, STATUS_REJECT, "the gateway's URL or the API key is too long");
    snprintf(poster->urls[EVENT_TRANSACTION], URL_BYTES, "%.*s/v1/transactions", (int)size,
             settings->url);
    snprintf(poster->urls[EVENT_FEEDBACK], URL_BYTES, "%.*s/v1/feedback", (int)size, settings->url);
    snprintf(poster->authorization, sizeof poster->authorization, "Bearer %s", settings->api_key);
    return STATUS_OK;
}

static void make_lanes(struct feeder_poster *poster)
{
    size_t transactions = (size_t)poster->options.settings->requests;

    poster->lane_count = transactions + FEEDBACK_LANES;
    poster->lanes = must_alloc(poster->lane_count * sizeof *poster->lanes);
    for (size_t i = 0; i < poster->lane_count; i++)
        lane_init(&poster->lanes[i], poster, i < transactions ? EVENT_TRANSACTION : EVENT_FEEDBACK);
}

enum status feeder_poster_new(struct feeder_poster **ret_poster,
                              const struct feeder_poster_options *options, struct error *error)
{
    OWNED(feeder_poster) poster = must_alloc(sizeof *poster);
    size_t batch = (size_t)options->settings->batch;
    struct client_limits limits;
    enum status status;

    poster->options = *options;
    poster->moved_us = clock_steady_us();
    random_init(&poster->random, options->seed);
    status = set_names(poster, error);
    if (status != STATUS_OK)
        return status;
    make_lanes(poster);
    limits = limits_of(options->settings, poster->lane_count);
    poster->parser = json_parser_new();
    poster->arena = arena_new(2 * ANSWER_BYTES_MAX);
    poster->outcomes = must_alloc(batch * sizeof *poster->outcomes);
    poster->again = must_alloc(batch * sizeof *poster->again);
    status = client_check_url(&limits, poster->urls[EVENT_TRANSACTION], error);
    if (status == STATUS_OK)
        status = client_new(&poster->client, options->loop, &limits, error);
    if (status == STATUS_OK)
        *ret_poster = TAKE(poster);
    return status;
}

void feeder_poster_free(struct feeder_poster *poster)
{
    if (poster == NULL)
        return;
    client_free(poster->client);
    for (size_t i = 0; i < poster->lane_count; i++)
        lane_done(&poster->lanes[i]);
    free(poster->lanes);
    free(poster->outcomes);
    free(poster->again);
    arena_free(poster->arena);
    json_parser_free(poster->parser);
    free(poster);
}

static void fail(struct feeder_poster *poster, const struct error *error)
{
    if (poster->over)
        return;
    poster->over = true;
    poster->options.failed(poster->options.opaque, error);
}

/* Not before what the gateway asks for, and not all at once. */
static int64_t pause_ms(struct feeder_poster *poster, unsigned attempt, int64_t retry_after_s)
{
    int64_t jitter_ms =
        random_backoff_ms(&poster->random, BACKOFF_BASE_MS, BACKOFF_CAP_MS, attempt);

    if (retry_after_s > RETRY_AFTER_MAX_S)
        retry_after_s = RETRY_AFTER_MAX_S;
    if (retry_after_s <= 0)
        return jitter_ms;
    return retry_after_s * 1000 + (int64_t)random_below(&poster->random, 500);
}

static void repeat(struct feeder_lane *lane, int64_t retry_after_s)
{
    struct feeder_poster *poster = lane->poster;
    int64_t patience_ms = poster->options.settings->patience_ms;
    struct error error = {0};

    if (clock_steady_us() - poster->moved_us > patience_ms * 1000) {
        (void)error_set(&error, STATUS_RETRY,
                        "the gateway at %.120s has accepted nothing for %lld s",
                        poster->options.settings->url, (long long)(patience_ms / 1000));
        fail(poster, &error);
        return;
    }
    loop_timer_once(lane->timer, pause_ms(poster, lane->attempt, retry_after_s) * 1000);
    if (lane->attempt < 16)
        lane->attempt++;
}

/* Gives out the last words; true when something is to be sent again. */
static bool settle(struct feeder_lane *lane)
{
    struct feeder_poster *poster = lane->poster;
    struct feeder_batch *batch = feeder_lane_sent(lane);
    size_t left = 0;

    for (size_t i = 0; i < batch->count; i++) {
        const struct feeder_outcome *outcome = &poster->outcomes[i];

        poster->again[i] = outcome->result == FEEDER_UNKNOWN;
        if (poster->again[i])
            left++;
        else
            poster->options.settled(poster->options.opaque, lane->kind, &batch->items[i], outcome);
    }
    if (left < batch->count) {
        poster->moved_us = clock_steady_us();
        lane->attempt = 0;
    }
    feeder_batch_keep(batch, poster->again);
    return left > 0;
}

static enum status refused(const struct feeder_poster *poster, int code, struct error *error)
{
    static const struct {
        int code;
        const char *hint;
    } hints[] = {
        {401, ": is the API key right?"},
        {403, ": may this key do that?"},
        {404, ": is that URL the gateway's?"},
        {413, ": set a smaller --feeder-batch"},
    };
    const char *hint = "";

    for (size_t i = 0; i < sizeof hints / sizeof hints[0]; i++)
        if (hints[i].code == code)
            hint = hints[i].hint;
    return error_set(error, STATUS_REJECT, "%.120s answers %d%s", poster->options.settings->url,
                     code, hint);
}

/* What the answer says of each item. RETRY: of none. */
static enum status read_answer(struct feeder_poster *poster, const struct feeder_batch *batch,
                               const struct client_response *response, struct error *error)
{
    int code = response->code;
    enum status status;

    if (response->status != STATUS_OK) {
        poster->counts.unreached++;
        *error = *response->error;
        return response->status;
    }
    if (code == 429 || code == 503)
        poster->counts.refusals++;
    if (code != 200 && code != 202 && code != 207 && code != 422 && code != 503)
        return code == 408 || code == 429 || code >= 500 ? STATUS_RETRY
                                                         : refused(poster, code, error);
    if (response->truncated)
        return error_set(error, STATUS_REJECT,
                         "an answer of the gateway is too long: set a smaller --feeder-batch");
    status = feeder_answer_parse(poster->parser, response->body, poster->arena, poster->outcomes,
                                 batch->count, error);
    if (status != STATUS_OK && code == 503)
        return STATUS_RETRY;
    return status;
}

static void receive(void *context, const struct client_response *response)
{
    struct feeder_lane *lane = context;
    struct feeder_poster *poster = lane->poster;
    struct feeder_batch *batch = feeder_lane_sent(lane);
    struct error error = {0};
    enum status status = read_answer(poster, batch, response, &error);

    if (poster->over)
        return;
    if (status == STATUS_OK ? settle(lane) : status == STATUS_RETRY) {
        repeat(lane, response->retry_after_s);
    } else if (status != STATUS_OK) {
        fail(poster, &error);
    } else {
        feeder_batch_reset(batch);
        lane->busy = false;
    }
    arena_reset(poster->arena);
    if (!poster->over)
        poster->options.answered(poster->options.opaque);
}

static void lane_send(struct feeder_lane *lane)
{
    struct feeder_poster *poster = lane->poster;
    struct feeder_batch *batch = feeder_lane_sent(lane);
    const struct client_field fields[] = {
        {"Authorization", poster->authorization},
        {"Content-Type", "application/x-ndjson"},
    };
    const struct client_request request = {.method = "POST",
                                           .url = poster->urls[lane->kind],
                                           .fields = fields,
                                           .field_count = 2,
                                           .body = buffer_slice(&batch->body)};
    struct error error = {0};

    if (poster->over)
        return;
    poster->counts.requests++;
    poster->counts.repeats += lane->attempt > 0;
    if (poster->options.sent != NULL)
        poster->options.sent(poster->options.opaque, batch, lane->kind);
    if (client_send(poster->client, &request, receive, lane, &error) != STATUS_OK)
        fail(poster, &error);
}

static struct feeder_lane *lane_of(struct feeder_poster *poster, const struct feeder_post *post)
{
    uint64_t hash = hash_fnv1a(HASH_FNV_SEED, post->user);
    size_t transactions = poster->lane_count - FEEDBACK_LANES;

    if (post->kind == EVENT_FEEDBACK)
        return &poster->lanes[transactions + hash % FEEDBACK_LANES];
    return &poster->lanes[hash % transactions];
}

bool feeder_poster_put(struct feeder_poster *poster, const struct feeder_post *post)
{
    return !poster->over && feeder_batch_add(feeder_lane_filling(lane_of(poster, post)), post);
}

void feeder_poster_flush(struct feeder_poster *poster)
{
    for (size_t i = 0; i < poster->lane_count && !poster->over; i++) {
        struct feeder_lane *lane = &poster->lanes[i];

        if (lane->busy || feeder_lane_filling(lane)->count == 0)
            continue;
        lane->filling = 1 - lane->filling;
        lane->busy = true;
        lane->attempt = 0;
        poster->moved_us = clock_steady_us(); /* patience begins with what is sent now */
        lane_send(lane);
    }
}

bool feeder_poster_idle(const struct feeder_poster *poster)
{
    for (size_t i = 0; i < poster->lane_count; i++)
        if (poster->lanes[i].batches[0].count > 0 || poster->lanes[i].batches[1].count > 0)
            return false;
    return true;
}

bool feeder_poster_busy(const struct feeder_poster *poster)
{
    for (size_t i = 0; i < poster->lane_count; i++)
        if (poster->lanes[i].busy)
            return true;
    return false;
}

void feeder_poster_abandon(struct feeder_poster *poster)
{
    static const struct feeder_outcome unknown = {.partition = -1, .offset = -1};

    poster->over = true;
    for (size_t i = 0; i < poster->lane_count; i++) {
        struct feeder_lane *lane = &poster->lanes[i];
        struct feeder_batch *batch = feeder_lane_sent(lane);

        loop_timer_stop(lane->timer);
        for (size_t j = 0; j < batch->count && lane->busy; j++)
            poster->options.settled(poster->options.opaque, lane->kind, &batch->items[j], &unknown);
    }
}

struct feeder_poster_counts feeder_poster_counts(const struct feeder_poster *poster)
{
    return poster->counts;
}
