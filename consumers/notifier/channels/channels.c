#include "consumers/notifier/channels/live.h"
#include "consumers/notifier/channels/webhook.h"

const struct channel *const channels[CHANNELS] = {&webhook_channel, &live_channel};
