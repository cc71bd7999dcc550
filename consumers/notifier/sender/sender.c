#include "consumers/notifier/sender/sender.h"

#include "common/base/clock.h"
#include "common/base/must.h"
#include "common/crypto/secret.h"
#include "common/log/log.h"
#include "common/loop/loop.h"
#include "common/postgres/postgres.h"
#include "consumers/notifier/sender/attempt.h"
#include "consumers/notifier/sender/endpoints.h"
#include "consumers/notifier/sender/store.h"

enum {
    MARK_WAIT_MS = 2,   /* answers that come together are written down together */
    DATABASE_MS = 5000, /* the loop stands still no longer */
    BACK_OFF_MS = 100,  /* while the database is away */
    BACK_OFF_CAP_MS = 5000,
    CARE_US = 5000000, /* between two looks at the oldest row, and at old attempts */
};

struct sender {
    const struct sender_settings *settings;
    struct loop *loop;
    struct loop_timer *turn;
    struct loop_timer *care;
    struct loop_timer *drain_over;
    struct postgres *db;
    struct store store;
    struct endpoints *endpoints;
    void *channels[CHANNELS]; /* their states */
    struct attempts under_way;
    struct attempts ended; /* to be written down */
    size_t count;          /* of both */
    struct random random;
    struct sender_stats stats;
    int64_t turn_at_us; /* steady; INT64_MAX: not set */
    unsigned troubles;  /* failures of the database in a row */
    bool checked;       /* the schema */
    bool draining;
    struct error failure;
};

/* ---- Turns ---- */

/* A turn after so long, unless one comes earlier. */
static void turn_in(struct sender *sender, int64_t delay_ms)
{
    int64_t at_us = clock_steady_us() + delay_ms * 1000;

    if (at_us >= sender->turn_at_us)
        return;
    sender->turn_at_us = at_us;
    loop_timer_once(sender->turn, delay_ms * 1000);
}

static void sender_fail(struct sender *sender, const struct error *error)
{
    if (sender->failure.status == STATUS_OK)
        sender->failure = *error;
    loop_stop(sender->loop);
}

/* ---- Ends of attempts ---- */

static void attempt_done(struct channel_message *message, const struct channel_outcome *outcome)
{
    /* The message is the attempt's first member. */
    struct attempt *attempt = (struct attempt *)message;
    struct sender *sender = attempt->context;
    enum endpoint_end end = outcome->result == CHANNEL_FAILED     ? ENDPOINT_FAILED
                            : outcome->result == CHANNEL_DEFERRED ? ENDPOINT_UNTRIED
                                                                  : ENDPOINT_DELIVERED;

    attempt_end(attempt, outcome);
    attempt_judge(attempt, &sender->random, sender->settings->retry_scale);
    endpoints_end(sender->endpoints, attempt->endpoint, end, clock_steady_ms());
    TAILQ_REMOVE(&sender->under_way, attempt, list);
    TAILQ_INSERT_TAIL(&sender->ended, attempt, list);
    turn_in(sender, MARK_WAIT_MS);
}

static void attempt_count(struct sender *sender, struct attempt *attempt, bool ours)
{
    size_t channel = attempt->channel;
    char id[CRYPTO_UUID_TEXT_SIZE];

    if (!ours)
        attempt->outcome = SENDER_LOST;
    metrics_counter_add(sender->stats.attempts[channel][attempt->outcome], 1);
    if (attempt->outcome != SENDER_DEFERRED)
        metrics_histogram_observe(sender->stats.elapsed[channel],
                                  (double)attempt->elapsed_us / 1e6);
    if (attempt->outcome == SENDER_SENT)
        metrics_histogram_observe(sender->stats.latency[channel],
                                  (double)(clock_wall_us() - attempt->created_us) / 1e6);
    if (attempt->outcome != SENDER_DEAD)
        return;
    crypto_uuid_format(attempt->message.id, id);
    log_write(LOG_WARN, "notification_given_up", LOG_TEXT("id", id),
              LOG_INT("attempts", attempt->attempts), LOG_INT("status", attempt->status),
              LOG_TEXT("detail", attempt->detail));
}

static bool is_among(const struct postgres_result *ids, const struct crypto_uuid *id)
{
    for (size_t row = 0; row < postgres_result_rows(ids); row++)
        if (memcmp(postgres_result_uuid(ids, row, 0), id->bytes, sizeof id->bytes) == 0)
            return true;
    return false;
}

static enum status write_down(struct sender *sender, struct error *error)
{
    OWNED(postgres_result) ours = NULL;
    struct attempt *attempt;
    enum status status;

    if (TAILQ_EMPTY(&sender->ended))
        return STATUS_OK;
    store_marks_reset(&sender->store);
    TAILQ_FOREACH (attempt, &sender->ended, list) {
        const struct mark mark = attempt_mark(attempt);

        store_marks_add(&sender->store, &mark);
    }
    if ((status = store_mark(&sender->store, sender->db, &ours, error)) != STATUS_OK)
        return status;
    while ((attempt = TAILQ_FIRST(&sender->ended)) != NULL) {
        attempt_count(sender, attempt, is_among(ours, &attempt->message.id));
        TAILQ_REMOVE(&sender->ended, attempt, list);
        attempt_free(attempt);
        sender->count--;
    }
    return STATUS_OK;
}

/* ---- Beginnings ---- */

static void add_limit(void *context, const struct crypto_uuid *id, size_t slots)
{
    struct sender *sender = context;

    store_limits_add(&sender->store, id, slots);
}

static void begin(struct sender *sender, const struct postgres_result *rows, size_t row,
                  const uint8_t *lease)
{
    struct attempt *attempt = attempt_new(rows, row, lease);
    const struct channel *channel = channels[attempt->channel];

    attempt->context = sender;
    attempt->message.done = attempt_done;
    TAILQ_INSERT_TAIL(&sender->under_way, attempt, list);
    sender->count++;
    endpoints_begin(sender->endpoints, attempt->endpoint, channel->per_endpoint);
    channel->send(sender->channels[attempt->channel], &attempt->message, clock_wall_us());
}

/* *ret_begun: how many. */
static enum status begin_due(struct sender *sender, size_t *ret_begun, struct error *error)
{
    OWNED(postgres_result) rows = NULL;
    size_t most = (size_t)sender->settings->at_once - sender->count;
    uint8_t lease[ATTEMPT_LEASE_BYTES];
    enum status status;

    *ret_begun = 0;
    if (most == 0 || sender->draining)
        return STATUS_OK;
    if ((status = crypto_random(lease, sizeof lease, error)) != STATUS_OK)
        return status;
    store_limits_reset(&sender->store);
    endpoints_each(sender->endpoints, clock_steady_ms(), add_limit, sender);
    status = store_lease(&sender->store, sender->db, lease, sender->settings->lease_ms, most, &rows,
                         error);
    if (status != STATUS_OK)
        return status;
    *ret_begun = postgres_result_rows(rows);
    for (size_t row = 0; row < *ret_begun; row++)
        begin(sender, rows, row, lease);
    for (size_t c = 0; c<CHANNELS && * ret_begun> 0; c++)
        if (channels[c]->flush != NULL)
            channels[c]->flush(sender->channels[c]);
    return STATUS_OK;
}

/* ---- The turn ---- */

/* *ret_more: the next one should come at once. */
static enum status work(struct sender *sender, bool *ret_more, struct error *error)
{
    bool freed = !TAILQ_EMPTY(&sender->ended);
    size_t begun = 0;
    enum status status = STATUS_OK;

    if (!sender->checked)
        status = store_check_schema(sender->db, error);
    if (status != STATUS_OK)
        return status;
    sender->checked = true;
    if ((status = write_down(sender, error)) != STATUS_OK ||
        (status = begin_due(sender, &begun, error)) != STATUS_OK)
        return status;
    *ret_more = begun > 0 || freed;
    return STATUS_OK;
}

static void on_turn(void *context)
{
    struct sender *sender = context;
    struct error error = {0};
    bool more = false;
    enum status status;

    sender->turn_at_us = INT64_MAX;
    postgres_set_deadline(sender->db, clock_steady_ms() + DATABASE_MS);
    status = work(sender, &more, &error);
    metrics_gauge_set(sender->stats.under_way, (int64_t)sender->count);
    metrics_gauge_set(sender->stats.breakers_open, (int64_t)endpoints_open(sender->endpoints));
    if (status == STATUS_OK) {
        sender->troubles = 0;
        turn_in(sender, more ? 0 : sender->settings->poll_ms);
    } else if (status == STATUS_RETRY) {
        log_error_line(LOG_WARN, "database", &error);
        turn_in(sender, random_backoff_ms(&sender->random, BACK_OFF_MS, BACK_OFF_CAP_MS,
                                          sender->troubles++));
    } else {
        sender_fail(sender, &error);
    }
    if (sender->draining && sender->count == 0)
        loop_stop(sender->loop);
}

static void on_care(void *context)
{
    struct sender *sender = context;
    struct error error = {0};
    double age_s = 0;
    enum status status;

    if (!sender->checked)
        return;
    postgres_set_deadline(sender->db, clock_steady_ms() + DATABASE_MS);
    status = store_oldest_s(sender->db, &age_s, &error);
    if (status == STATUS_OK) {
        metrics_real_set(sender->stats.oldest_due, age_s);
        status = store_prune(sender->db, sender->settings->keep_ms, &error);
    }
    if (status == STATUS_RETRY)
        log_error_line(LOG_WARN, "database", &error);
    else if (status != STATUS_OK)
        sender_fail(sender, &error);
}

static void on_drain_over(void *context)
{
    struct sender *sender = context;

    /* Their leases end, and another sender has them. */
    log_write(LOG_WARN, "drain_timeout", LOG_INT("under_way", sender->count));
    loop_stop(sender->loop);
}

/* ---- Life ---- */

static enum status open_channels(struct sender *sender, const struct sender_options *options,
                                 struct error *error)
{
    const struct channel_context context = {.loop = options->loop,
                                            .redis = options->redis,
                                            .timeout_ms = options->settings->timeout_ms,
                                            .at_once = (size_t)options->settings->at_once,
                                            .ca_file = options->settings->ca_file};

    for (size_t c = 0; c < CHANNELS; c++) {
        enum status status = channels[c]->open(&sender->channels[c], &context, error);

        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

enum status sender_new(struct sender **ret_sender, const struct sender_options *options,
                       struct error *error)
{
    const struct sender_settings *settings = options->settings;
    struct sender *sender;
    uint64_t seed;
    enum status status = crypto_random(&seed, sizeof seed, error);

    if (status != STATUS_OK)
        return status;
    if (settings->lease_ms < 2 * settings->timeout_ms)
        return error_set(error, STATUS_REJECT, "sender.lease must be twice sender.timeout or more");
    sender = must_alloc(sizeof *sender);
    sender->settings = settings;
    sender->loop = options->loop;
    sender->turn_at_us = INT64_MAX;
    TAILQ_INIT(&sender->under_way);
    TAILQ_INIT(&sender->ended);
    random_init(&sender->random, seed);
    sender->endpoints = endpoints_new(random_next(&sender->random), settings->retry_scale);
    store_init(&sender->store);
    sender_stats_init(&sender->stats, options->metrics);
    sender->turn = loop_timer_new(sender->loop, on_turn, sender);
    sender->care = loop_timer_new(sender->loop, on_care, sender);
    sender->drain_over = loop_timer_new(sender->loop, on_drain_over, sender);
    if ((status = postgres_new(options->postgres, "sender", &sender->db, error)) != STATUS_OK ||
        (status = open_channels(sender, options, error)) != STATUS_OK) {
        sender_free(sender);
        return status;
    }
    turn_in(sender, 0);
    loop_timer_every(sender->care, CARE_US);
    *ret_sender = sender;
    return STATUS_OK;
}

static void free_all(struct attempts *attempts)
{
    struct attempt *attempt;

    while ((attempt = TAILQ_FIRST(attempts)) != NULL) {
        TAILQ_REMOVE(attempts, attempt, list);
        attempt_free(attempt);
    }
}

void sender_free(struct sender *sender)
{
    if (sender == NULL)
        return;
    for (size_t c = 0; c < CHANNELS; c++)
        channels[c]->close(sender->channels[c]);
    free_all(&sender->under_way);
    free_all(&sender->ended);
    loop_timer_free(sender->turn);
    loop_timer_free(sender->care);
    loop_timer_free(sender->drain_over);
    endpoints_free(sender->endpoints);
    store_done(&sender->store);
    postgres_free(sender->db);
    free(sender);
}

void sender_drain(struct sender *sender)
{
    sender->draining = true;
    loop_timer_once(sender->drain_over, sender->settings->drain_ms * 1000);
    turn_in(sender, 0);
}

bool sender_is_well(const struct sender *sender)
{
    return sender->checked && sender->troubles == 0;
}

const struct error *sender_failure(const struct sender *sender)
{
    return &sender->failure;
}
