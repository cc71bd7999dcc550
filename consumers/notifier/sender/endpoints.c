#include "consumers/notifier/sender/endpoints.h"

#include "common/base/must.h"

#include <uthash.h>

struct endpoint {
    UT_hash_handle hh;
    struct crypto_uuid id;
    size_t under_way;
    size_t most;
    struct breaker breaker;
};

struct endpoints {
    struct endpoint *known;
    struct random random;
    double scale;
};

struct endpoints *endpoints_new(uint64_t seed, double scale)
{
    struct endpoints *endpoints = must_alloc(sizeof *endpoints);

    random_init(&endpoints->random, seed);
    endpoints->scale = scale;
    return endpoints;
}

static void forget(struct endpoints *endpoints, struct endpoint *endpoint)
{
    HASH_DEL(endpoints->known, endpoint);
    free(endpoint);
}

void endpoints_free(struct endpoints *endpoints)
{
    struct endpoint *endpoint, *next;

    if (endpoints == NULL)
        return;
    HASH_ITER(hh, endpoints->known, endpoint, next)
    {
        forget(endpoints, endpoint);
    }
    free(endpoints);
}

static struct endpoint *find(const struct endpoints *endpoints, const struct crypto_uuid *id)
{
    struct endpoint *found;

    HASH_FIND(hh, endpoints->known, id, sizeof *id, found);
    return found;
}

void endpoints_begin(struct endpoints *endpoints, struct crypto_uuid id, size_t most)
{
    struct endpoint *endpoint = find(endpoints, &id);

    if (endpoint == NULL) {
        endpoint = must_alloc(sizeof *endpoint);
        endpoint->id = id;
        HASH_ADD(hh, endpoints->known, id, sizeof endpoint->id, endpoint);
    }
    endpoint->most = most;
    endpoint->under_way++;
}

void endpoints_end(struct endpoints *endpoints, struct crypto_uuid id, enum endpoint_end end,
                   int64_t now_ms)
{
    struct endpoint *endpoint = find(endpoints, &id);

    MUST(endpoint != NULL && endpoint->under_way > 0);
    endpoint->under_way--;
    if (end == ENDPOINT_DELIVERED)
        breaker_delivered(&endpoint->breaker);
    if (end == ENDPOINT_FAILED)
        breaker_failed(&endpoint->breaker, &endpoints->random, now_ms, endpoints->scale);
    if (endpoint->under_way == 0 && breaker_is_new(&endpoint->breaker))
        forget(endpoints, endpoint);
}

void endpoints_each(const struct endpoints *endpoints, int64_t now_ms,
                    void (*visit)(void *context, const struct crypto_uuid *id, size_t slots),
                    void *context)
{
    const struct endpoint *endpoint;

    for (endpoint = endpoints->known; endpoint != NULL; endpoint = endpoint->hh.next)
        visit(context, &endpoint->id,
              breaker_slots(&endpoint->breaker, now_ms, endpoint->under_way, endpoint->most));
}

size_t endpoints_open(const struct endpoints *endpoints)
{
    const struct endpoint *endpoint;
    size_t open = 0;

    for (endpoint = endpoints->known; endpoint != NULL; endpoint = endpoint->hh.next)
        open += endpoint->breaker.open;
    return open;
}
