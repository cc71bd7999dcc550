#include "tests/faults/gateway/pressure.h"

#include "common/base/must.h"
#include "tests/support/gateway/gateway.h"
#include "tests/support/http/peer.h"
#include "tests/support/process/place.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum { ANSWER_MS = 30000, BATCH_MAX = 5, PAUSE_MS = 20, BODY_BYTES = 4096, HEAD_BYTES = 512 };

struct client {
    struct pressure *pressure;
    int number;
    pthread_t thread;
    struct peer peer;
    struct journal journal;
    size_t first, last; /* of the request under way */
    struct buffer body;
};

struct pressure {
    int port;
    atomic_bool stop;
    atomic_size_t accepted, refused;
    struct client clients[JOURNAL_CLIENTS];
};

static bool send_batch(struct client *client)
{
    char head[HEAD_BYTES];
    size_t count = 1 + client->journal.count % BATCH_MAX;

    buffer_reset(&client->body);
    client->first = client->journal.count;
    for (size_t i = 0; i < count; i++)
        journal_write(client->number, journal_post(&client->journal), &client->body);
    client->last = client->journal.count;
    snprintf(head, sizeof head,
             "POST /v1/transactions HTTP/1.1\r\nHost: g\r\nContent-Type: application/x-ndjson\r\n"
             "Authorization: Bearer " GATEWAY_ACME "\r\nContent-Length: %zu\r\n\r\n",
             client->body.size);
    return peer_send_text(&client->peer, head) &&
           peer_send(&client->peer, client->body.data, client->body.size);
}

static void take_down(struct client *client, const char *body)
{
    size_t accepted = 0;

    journal_answer(&client->journal, client->number, body);
    for (size_t i = client->first; i < client->last; i++)
        accepted += client->journal.entries[i].outcome == JOURNAL_ACCEPTED;
    atomic_fetch_add(&client->pressure->accepted, accepted);
}

/* 503 must say when to come again, and every item of it is open. */
static void take_refusal(struct client *client, const struct answer *answer)
{
    struct slice after = answer_field(answer, "Retry-After");

    MUST(after.size == 1 && after.data[0] >= '1' && after.data[0] <= '5');
    for (size_t i = client->first; i < client->last; i++)
        client->journal.entries[i].outcome = JOURNAL_REFUSED;
    atomic_fetch_add(&client->pressure->refused, 1);
}

static void reconnect(struct client *client)
{
    for (size_t i = client->first; i < client->last; i++)
        client->journal.entries[i].cut = true;
    client->first = client->last;
    peer_done(&client->peer);
    place_sleep_ms(PAUSE_MS);
    peer_init(&client->peer, (uint16_t)client->pressure->port, ANSWER_MS);
}

static void take_answer(struct client *client)
{
    struct answer answer = peer_answer(&client->peer, false);
    char *body;

    switch (answer.status) {
    case 0:
        reconnect(client);
        return;
    case 503:
        take_refusal(client, &answer);
        place_sleep_ms(PAUSE_MS);
        break;
    case 202:
    case 207:
        body = strndup(answer.body.data, answer.body.size);
        take_down(client, body);
        free(body);
        break;
    default:
        fprintf(stderr, "answer %d: %.*s\n", answer.status, SLICE_FORMAT(answer.body));
        abort();
    }
    client->first = client->last;
    if (answer.close)
        reconnect(client);
}

static void *client_main(void *opaque)
{
    struct client *client = opaque;

    peer_init(&client->peer, (uint16_t)client->pressure->port, ANSWER_MS);
    while (!atomic_load(&client->pressure->stop)) {
        if (client->peer.fd < 0) {
            reconnect(client);
            continue;
        }
        if (send_batch(client))
            take_answer(client);
        else
            reconnect(client);
    }
    peer_done(&client->peer);
    return NULL;
}

struct pressure *pressure_start(int port)
{
    struct pressure *pressure = must_alloc(sizeof *pressure);

    pressure->port = port;
    for (int i = 0; i < JOURNAL_CLIENTS; i++) {
        struct client *client = &pressure->clients[i];

        client->pressure = pressure;
        client->number = i;
        journal_init(&client->journal);
        buffer_init(&client->body, BODY_BYTES);
        MUST(pthread_create(&client->thread, NULL, client_main, client) == 0);
    }
    return pressure;
}

void pressure_stop(struct pressure *pressure)
{
    atomic_store(&pressure->stop, true);
    for (int i = 0; i < JOURNAL_CLIENTS; i++)
        pthread_join(pressure->clients[i].thread, NULL);
}

void pressure_free(struct pressure *pressure)
{
    for (int i = 0; i < JOURNAL_CLIENTS; i++) {
        journal_done(&pressure->clients[i].journal);
        buffer_done(&pressure->clients[i].body);
    }
    free(pressure);
}

size_t pressure_accepted(const struct pressure *pressure)
{
    return atomic_load(&pressure->accepted);
}

size_t pressure_refused(const struct pressure *pressure)
{
    return atomic_load(&pressure->refused);
}

struct journal_sum pressure_check(struct pressure *pressure, const struct door *door)
{
    struct journal journals[JOURNAL_CLIENTS];
    struct journal_sum sum;

    for (int i = 0; i < JOURNAL_CLIENTS; i++)
        journals[i] = pressure->clients[i].journal;
    sum = journal_check(journals, JOURNAL_CLIENTS, door);
    return sum;
}
