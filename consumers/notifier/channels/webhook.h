/* Webhooks by Standard Webhooks 1.0.0: a signed POST, to public addresses only unless the endpoint
 * is the operator's own. 2xx is sent, 410 gone; all else has failed, redirects too. */
#ifndef TRIBUTARY_CHANNELS_WEBHOOK_H
#define TRIBUTARY_CHANNELS_WEBHOOK_H

#include "common/base/buffer.h"
#include "consumers/notifier/channels/channel.h"

extern const struct channel webhook_channel;

enum { WEBHOOK_SIGNATURES_SIZE = 128 };

/* The value of webhook-signature: one signature for each secret, parted by a blank. text has
 * WEBHOOK_SIGNATURES_SIZE bytes. REJECT when a secret is none. */
enum status webhook_signatures(const struct channel_message *message, int64_t timestamp_s,
                               char *text, struct error *error) MUST_CHECK;

/* What an answer means. */
enum channel_result webhook_result(int status);

#endif
