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

/* True when it was not known before. */
static bool note_member(struct eviction_member *member, struct slice group, struct slice id)
{
    if (!slice_equal(group, slice_of(member->group)) || id.size == 0 ||
        id.size >= sizeof member->id || member->id[0] != '\0')
        return false;
    memcpy(member->id, id.data, id.size);
    return true;
}

/* Heartbeat, versions 0 to 3: client id, group, generation, member. */
static void read_heartbeat(struct eviction *eviction, const struct proxy_message *message)
{
    struct slice rest = {message->bytes.data + HEADER, message->bytes.size - HEADER};
    struct slice group, id;

    take_text(&rest);
    group = take_text(&rest);
    if (rest.size < sizeof(int32_t))
        return;
    rest.data += sizeof(int32_t);
    rest.size -= sizeof(int32_t);
    id = take_text(&rest);
    for (size_t i = 0; i < EVICTION_MEMBERS; i++)
        if (note_member(&eviction->members[i], group, id))
            atomic_fetch_add(&eviction->seen, 1);
}

static enum proxy_verdict lose(void *context, const struct proxy_message *message)
{
    if (message->direction != PROXY_REQUEST)
        return PROXY_PASS;
    if (message->api_key == KEY_HEARTBEAT)
        read_heartbeat(context, message);
    return message->api_key == KEY_HEARTBEAT || message->api_key == PROXY_KAFKA_OFFSET_COMMIT
               ? PROXY_DROP
               : PROXY_PASS;
}

void eviction_begin(struct eviction *eviction, const struct rig *rig,
                    const char *const groups[EVICTION_MEMBERS])
{
    for (size_t i = 0; i < EVICTION_MEMBERS; i++)
        snprintf(eviction->members[i].group, sizeof eviction->members[i].group, "%s%s", rig->prefix,
                 groups[i]);
    proxy_filter_set(eviction->proxy, lose, eviction);
    if (!EVENTUALLY(HEARTBEAT_MS, atomic_load(&eviction->seen) == EVICTION_MEMBERS))
        process_fail(NULL, "not every member's heart beats");
    for (size_t i = 0; i < EVICTION_MEMBERS; i++)
        broker_evict(eviction->broker, eviction->members[i].group, eviction->members[i].id);
}

void eviction_end(struct eviction *eviction)
{
    proxy_filter_set(eviction->proxy, NULL, NULL);
}
