/* Posted JSON into checked events: events per CPU-second, one by one and in arrays of 100. */
#include "common/base/must.h"
#include "common/base/random.h"
#include "common/base/timestamp.h"
#include "common/event/event_json.h"
#include "tests/bench/measure.h"

enum { EVENTS = 8192, BATCH = 100 };

struct bench {
    struct buffer text;
    struct slice bodies[EVENTS];
    struct slice batches[EVENTS / BATCH];
    struct json_parser *parser;
    struct arena *arena;
};

static void write_event(struct random *random, int64_t occurred_at, struct buffer *out)
{
    static const char *const merchants[] = {"REWE Markt", "Deutsche Bahn", "Shell", "Amazon EU",
                                            "Caf\xc3\xa9 Central"};
    char time[TIMESTAMP_TEXT_SIZE];
    uint64_t merchant = random_below(random, 5);

    timestamp_format(occurred_at, time);
    buffer_format(out,
                  "{\"id\":\"%08x-7c1e-4f5a-9d3b-%012llx\",\"user\":\"user-%llu\","
                  "\"account\":\"acc-%llu\",\"amount\":\"%llu.%02llu\",\"currency\":\"EUR\","
                  "\"description\":\"CARD PAYMENT %s %llu\",\"merchant\":\"%s\",\"mcc\":%llu,"
                  "\"occurred_at\":\"%s\","
                  "\"metadata\":{\"channel\":\"pos\",\"country\":\"DE\",\"terminal\":\"%llu\"}}",
                  (uint32_t)random_next(random),
                  (unsigned long long)random_below(random, 1ULL << 48),
                  (unsigned long long)random_below(random, 100000),
                  (unsigned long long)random_below(random, 200000),
                  (unsigned long long)random_below(random, 500),
                  (unsigned long long)random_below(random, 100), merchants[merchant],
                  (unsigned long long)random_below(random, 100000), merchants[merchant],
                  (unsigned long long)(4000 + random_below(random, 4000)), time,
                  (unsigned long long)random_below(random, 10000000));
}

static void write_bodies(struct bench *bench)
{
    size_t starts[EVENTS + 1];
    struct random random;

    random_init(&random, 1);
    buffer_init(&bench->text, 16 << 20);
    for (size_t i = 0; i < EVENTS; i++) {
        buffer_append_byte(&bench->text, i % BATCH == 0 ? '[' : ',');
        starts[i] = bench->text.size;
        write_event(&random, INT64_C(1772280000000000) + (int64_t)i * 1000003, &bench->text);
        starts[i + 1] = bench->text.size;
        if (i % BATCH == BATCH - 1)
            buffer_append_byte(&bench->text, ']');
    }
    MUST(!bench->text.overflow);
    for (size_t i = 0; i < EVENTS; i++) {
        size_t end = i + 1 == EVENTS ? bench->text.size : starts[i + 1];

        bench->bodies[i] = (struct slice){bench->text.data + starts[i], end - starts[i]};
        while (bench->bodies[i].data[bench->bodies[i].size - 1] != '}')
            bench->bodies[i].size--;
    }
    for (size_t i = 0; i < EVENTS / BATCH; i++) {
        const struct slice *last = &bench->bodies[i * BATCH + BATCH - 1];

        bench->batches[i].data = bench->bodies[i * BATCH].data - 1;
        bench->batches[i].size = (size_t)(last->data + last->size + 1 - bench->batches[i].data);
    }
}

static size_t parse(struct bench *bench, const struct slice *bodies, size_t count)
{
    const struct event_json_request request = {
        .kind = EVENT_TRANSACTION,
        .tenant = SLICE_LITERAL("acme"),
        .received_at = INT64_C(1772290000000000),
        .max_items = 1000,
    };
    size_t events = 0;

    for (size_t i = 0; i < count; i++) {
        struct event_json_items items;
        struct error error = {.status = STATUS_OK};

        arena_reset(bench->arena);
        MUST(event_json_parse(bench->parser, &request, bodies[i], bench->arena, &items, &error) ==
             STATUS_OK);
        MUST(items.items[0].verdict == EVENT_JSON_OK);
        events += items.count;
    }
    return events;
}

static size_t run_single(void *context)
{
    struct bench *bench = context;

    return parse(bench, bench->bodies, EVENTS);
}

static size_t run_batch(void *context)
{
    struct bench *bench = context;

    return parse(bench, bench->batches, EVENTS / BATCH);
}

/* The grammar and the strictness alone. */
static size_t run_no_handlers(void *context)
{
    static const struct json_handlers none = {0};
    struct bench *bench = context;

    for (size_t i = 0; i < EVENTS; i++) {
        struct error error = {.status = STATUS_OK};

        arena_reset(bench->arena);
        MUST(json_parse(bench->parser, bench->bodies[i], bench->arena, &none, NULL, &error) ==
             STATUS_OK);
    }
    return EVENTS;
}

int main(void)
{
    static struct bench bench;
    const struct measure_variant variants[] = {
        {"json_parse, no handlers, single", run_no_handlers, &bench},
        {"event_json_parse, single", run_single, &bench},
        {"event_json_parse, arrays of 100", run_batch, &bench},
    };

    write_bodies(&bench);
    bench.parser = json_parser_new();
    bench.arena = arena_new(event_json_arena_bytes(1 << 20, 1000));
    printf("%d events of %zu bytes\n", EVENTS, bench.text.size / EVENTS);
    measure_variants(variants, sizeof variants / sizeof variants[0], 0.2);
    json_parser_free(bench.parser);
    arena_free(bench.arena);
    buffer_done(&bench.text);
    return 0;
}
