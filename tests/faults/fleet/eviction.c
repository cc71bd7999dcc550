#include "tests/faults/fleet/eviction.h"

#include "tests/support/process/place.h"
#include "tests/support/process/process.h"

#include <endian.h>
#include <stdio.h>
#include <string.h>

enum { KEY_HEARTBEAT = 12, HEADER = 12, HEARTBEAT_MS = 15000 };

void eviction_init(struct eviction *eviction)
{
    *eviction = (struct eviction){.proxy = proxy_start(PROXY_KAFKA, 0)};
    eviction->broker =
        broker_start(&(struct broker_options){.proxy_ports = {proxy_port(eviction->proxy)}});
    proxy_target(eviction->proxy, broker_proxied_port(eviction->broker, 0));
}

void eviction_done(struct eviction *eviction)
{
    proxy_free(eviction->proxy);
    broker_free(eviction->broker);
}

/* A text of the Kafka protocol: 16 bits of length, then its bytes; what follows it. */
static struct slice take_text(struct slice *rest)
{
    uint16_t big;
    struct slice text = {rest->data, 0};

    if (rest->size < sizeof big)
        return text;
    memcpy(&big, rest->data, sizeof big);
    text = (struct slice){rest->data + sizeof big, be16toh(big)};
    if (text.size > rest->size - sizeof big)
        text.size = 0;
    rest->data += sizeof big + text.size;
    rest->size -= sizeof big + text.size;
    return text;
}

/* Heartbeat, versions 0 to 3: client id, group, generation, member. */
static void note_member(struct eviction *eviction, const struct proxy_message *message)
{
    struct slice rest = {message->bytes.data + HEADER, message->bytes.size - HEADER};
    struct slice member;

    take_text(&rest);
    take_text(&rest);
    if (rest.size < sizeof(int32_t))
        return;
    rest.data += sizeof(int32_t);
    rest.size -= sizeof(int32_t);
    member = take_text(&rest);
    if (member.size == 0 || member.size >= sizeof eviction->member || atomic_load(&eviction->seen))
        return;
    memcpy(eviction->member, member.data, member.size);
    atomic_store(&eviction->seen, true);
}

static enum proxy_verdict lose(void *context, const struct proxy_message *message)
{
    if (message->direction != PROXY_REQUEST)
        return PROXY_PASS;
    if (message->api_key == KEY_HEARTBEAT)
        note_member(context, message);
    return message->api_key == KEY_HEARTBEAT || message->api_key == PROXY_KAFKA_OFFSET_COMMIT
               ? PROXY_DROP
               : PROXY_PASS;
}

void eviction_begin(struct eviction *eviction, const struct rig *rig)
{
    char group[256];

    proxy_filter_set(eviction->proxy, lose, eviction);
    if (!EVENTUALLY(HEARTBEAT_MS, atomic_load(&eviction->seen)))
        process_fail(NULL, "the member's heart does not beat");
    snprintf(group, sizeof group, "%sclassifier", rig->prefix);
    broker_evict(eviction->broker, group, eviction->member);
}

void eviction_end(struct eviction *eviction)
{
    proxy_filter_set(eviction->proxy, NULL, NULL);
}
