/* Live: a publication on Redis, for whoever listens at that moment, such as an open app's
 * connection. Nobody listening is no failure.
 *
 *     <prefix>live:<tenant>:<user>     the payload, as a webhook gets it */
#ifndef TRIBUTARY_CHANNELS_LIVE_H
#define TRIBUTARY_CHANNELS_LIVE_H

#include "consumers/notifier/channels/channel.h"

extern const struct channel live_channel;

#endif
