#include "consumers/notifier/channels/webhook.h"

#include "common/base/must.h"
#include "common/client/client.h"
#include "common/crypto/secret.h"
#include "common/crypto/webhook.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    WEBHOOK_PER_ENDPOINT = 4,
    WEBHOOK_HOST_SHARE = 4, /* of all: several endpoints may be on one host, and it may hang */
    WEBHOOK_ANSWER_BYTES = 4 * 1024, /* nobody reads more of it */
    /* No multiple of the 5 s that a resolver waits for a name server: libcurl 7.88 may trip over a
     * look-up that ends in the moment of its time-out. */
    WEBHOOK_CONNECT_MS = 4200,
};

#define MICROSECONDS INT64_C(1000000)

struct webhook {
    struct client *open;  /* to public addresses */
    struct client *inner; /* to all */
};

static void webhook_close(void *state)
{
    struct webhook *webhook = state;

    if (webhook == NULL)
        return;
    client_free(webhook->open);
    client_free(webhook->inner);
    free(webhook);
}

static enum status webhook_open(void **ret_state, const struct channel_context *context,
                                struct error *error)
{
    struct webhook *webhook = must_alloc(sizeof *webhook);
    struct client_limits limits = client_limits_default();
    enum status status;

    limits.transfers = context->at_once;
    limits.per_host = (context->at_once + WEBHOOK_HOST_SHARE - 1) / WEBHOOK_HOST_SHARE;
    limits.request_bytes = 64 * 1024;
    limits.response_bytes = WEBHOOK_ANSWER_BYTES;
    limits.total_ms = context->timeout_ms;
    limits.connect_ms =
        context->timeout_ms < WEBHOOK_CONNECT_MS ? context->timeout_ms : WEBHOOK_CONNECT_MS;
    limits.ca_file = context->ca_file;
    status = client_new(&webhook->open, context->loop, &limits, error);
    limits.allow_private = limits.allow_plain = true;
    if (status == STATUS_OK)
        status = client_new(&webhook->inner, context->loop, &limits, error);
    if (status == STATUS_OK)
        *ret_state = webhook;
    else
        webhook_close(webhook);
    return status;
}

static enum status sign(const struct channel_message *message, const char *secret,
                        int64_t timestamp_s, char *text, struct error *error)
{
    char id[CRYPTO_UUID_TEXT_SIZE];
    struct crypto_webhook_key key;
    enum status status = crypto_webhook_key_parse(slice_of(secret), &key, error);

    if (status != STATUS_OK)
        return status;
    crypto_uuid_format(message->id, id);
    crypto_webhook_sign(&key, slice_of(id), timestamp_s, message->payload, text);
    crypto_wipe(&key, sizeof key);
    return STATUS_OK;
}

enum status webhook_signatures(const struct channel_message *message, int64_t timestamp_s,
                               char *text, struct error *error)
{
    enum status status = sign(message, message->secret, timestamp_s, text, error);
    size_t size;

    _Static_assert(WEBHOOK_SIGNATURES_SIZE >= 2 * CRYPTO_WEBHOOK_SIGNATURE_SIZE, "two fit");
    if (status != STATUS_OK || message->previous_secret[0] == '\0')
        return status;
    size = strlen(text);
    text[size] = ' ';
    return sign(message, message->previous_secret, timestamp_s, text + size + 1, error);
}

enum channel_result webhook_result(int status)
{
    if (status >= 200 && status <= 299)
        return CHANNEL_SENT;
    return status == 410 ? CHANNEL_GONE : CHANNEL_FAILED;
}

static void webhook_answered(void *context, const struct client_response *response)
{
    struct channel_message *message = context;
    struct channel_outcome outcome = {.result = CHANNEL_FAILED, .detail = ""};

    if (response->status == STATUS_OK) {
        outcome.status = response->code;
        outcome.result = webhook_result(response->code);
        outcome.retry_after_s = response->retry_after_s;
    } else {
        outcome.detail = response->error->text;
    }
    message->done(message, &outcome);
}

static enum status webhook_post(struct webhook *webhook, struct channel_message *message,
                                int64_t timestamp_s, struct error *error)
{
    char id[CRYPTO_UUID_TEXT_SIZE], timestamp[24], signatures[WEBHOOK_SIGNATURES_SIZE];
    const struct client_field fields[] = {{"content-type", "application/json"},
                                          {"webhook-id", id},
                                          {"webhook-timestamp", timestamp},
                                          {"webhook-signature", signatures}};
    const struct client_request request = {.method = "POST",
                                           .url = message->url,
                                           .fields = fields,
                                           .field_count = sizeof fields / sizeof fields[0],
                                           .body = message->payload};
    enum status status = webhook_signatures(message, timestamp_s, signatures, error);

    if (status != STATUS_OK)
        return status;
    crypto_uuid_format(message->id, id);
    snprintf(timestamp, sizeof timestamp, "%" PRId64, timestamp_s);
    return client_send(message->allow_private ? webhook->inner : webhook->open, &request,
                       webhook_answered, message, error);
}

static void webhook_send(void *state, struct channel_message *message, int64_t wall_us)
{
    struct error error = {0};
    enum status status = webhook_post(state, message, wall_us / MICROSECONDS, &error);
    struct channel_outcome outcome = {.detail = error.text};

    if (status == STATUS_OK)
        return;
    outcome.result = status == STATUS_RETRY ? CHANNEL_DEFERRED : CHANNEL_FAILED;
    message->done(message, &outcome);
}

const struct channel webhook_channel = {
    .name = "webhook",
    .per_endpoint = WEBHOOK_PER_ENDPOINT,
    .open = webhook_open,
    .send = webhook_send,
    .close = webhook_close,
};
