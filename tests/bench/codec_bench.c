/* The generated codec beside avro-c with reused values, fields by position: events per CPU-second.
 */
#include "common/base/must.h"
#include "common/codec/codec.h"
#include "tests/bench/measure.h"
#include "tests/support/avro/avro.h"

enum { EVENTS = 1024, PREFIX = 5 };

struct bench {
    struct transaction events[EVENTS];
    struct slice encoded[EVENTS];
    struct buffer text;
    struct buffer all;
    struct buffer out;
    struct arena *arena;
    struct avro_oracle *oracle;
};

static struct slice text_of(struct bench *bench, const char *format, size_t i)
{
    char text[64];
    struct slice slice = {bench->text.data + bench->text.size, 0};

    slice.size = (size_t)snprintf(text, sizeof text, format, (unsigned)(i * 2654435761u));
    buffer_append(&bench->text, text, slice.size);
    return slice;
}

/* Like the events of json_bench; about 170 bytes encoded. */
static void make_events(struct bench *bench)
{
    static const struct text_pair metadata[] = {
        {{"channel", 7}, {"pos", 3}},
        {{"country", 7}, {"DE", 2}},
        {{"terminal", 8}, {"4711081", 7}},
    };
    size_t starts[EVENTS + 1] = {0};

    buffer_init(&bench->text, 1 << 20);
    buffer_extend(&bench->text, 512 << 10); /* does not move from here on */
    bench->text.size = 0;
    for (size_t i = 0; i < EVENTS; i++) {
        bench->events[i] = (struct transaction){
            .tenant = SLICE_LITERAL("acme"),
            .id = text_of(bench, "%08x-7c1e-4f5a-9d3b-0123456789ab", i),
            .user = text_of(bench, "user-%x", i),
            .account = text_of(bench, "acc-%x", i),
            .amount_minor = 1234 + (int64_t)i,
            .currency = SLICE_LITERAL("EUR"),
            .description = text_of(bench, "CARD PAYMENT REWE MARKT %x", i),
            .merchant = SLICE_LITERAL("REWE Markt"),
            .mcc = 5411,
            .occurred_at = INT64_C(1772280000000000) + (int64_t)i,
            .received_at = INT64_C(1772280001000000) + (int64_t)i,
            .metadata = metadata,
            .metadata_count = 3,
        };
    }
    buffer_init(&bench->all, 1 << 20);
    for (size_t i = 0; i < EVENTS; i++) {
        codec_encode_transaction(&bench->events[i], &bench->all);
        starts[i + 1] = bench->all.size;
    }
    for (size_t i = 0; i < EVENTS; i++)
        bench->encoded[i] = (struct slice){bench->all.data + starts[i], starts[i + 1] - starts[i]};
}

static size_t encode_ours(void *context)
{
    struct bench *bench = context;

    buffer_reset(&bench->out);
    for (size_t i = 0; i < EVENTS; i++)
        codec_encode_transaction(&bench->events[i], &bench->out);
    MUST(bench->out.size == bench->all.size);
    return EVENTS;
}

static size_t encode_theirs(void *context)
{
    struct bench *bench = context;

    buffer_reset(&bench->out);
    for (size_t i = 0; i < EVENTS; i++)
        avro_oracle_write_transaction(bench->oracle, &bench->events[i], &bench->out);
    MUST(bench->out.size == bench->all.size - EVENTS * PREFIX);
    return EVENTS;
}

static size_t decode_ours(void *context)
{
    struct bench *bench = context;
    struct error error = {.status = STATUS_OK};

    arena_reset(bench->arena);
    for (size_t i = 0; i < EVENTS; i++) {
        struct transaction event;

        MUST(codec_decode_transaction(bench->encoded[i], bench->arena, &event, &error) ==
             STATUS_OK);
        MUST(event.metadata_count == 3);
    }
    return EVENTS;
}

static size_t check_ours(void *context)
{
    struct bench *bench = context;
    struct event_fault fault;

    for (size_t i = 0; i < EVENTS; i++)
        MUST(event_check_transaction(&bench->events[i], &fault));
    return EVENTS;
}

static size_t decode_theirs(void *context)
{
    struct bench *bench = context;

    for (size_t i = 0; i < EVENTS; i++) {
        struct slice bytes = {bench->encoded[i].data + PREFIX, bench->encoded[i].size - PREFIX};

        MUST(avro_oracle_read(bench->oracle, bytes));
    }
    return EVENTS;
}

int main(void)
{
    static struct bench bench;
    const struct measure_variant encoders[] = {
        {"encode, generated", encode_ours, &bench},
        {"encode, avro-c reused", encode_theirs, &bench},
    };
    const struct measure_variant decoders[] = {
        {"decode, generated", decode_ours, &bench},
        {"decode, avro-c reused", decode_theirs, &bench},
        {"event_check_transaction", check_ours, &bench},
    };

    make_events(&bench);
    buffer_init(&bench.out, 4 << 20);
    bench.arena = arena_new(EVENTS * 1024);
    bench.oracle = avro_oracle_new(codec_schema_json(EVENT_TRANSACTION));
    printf("%d events of %zu bytes\n", EVENTS, bench.all.size / EVENTS);
    measure_variants(encoders, 2, 0.1);
    measure_variants(decoders, 3, 0.1);
    avro_oracle_free(bench.oracle);
    arena_free(bench.arena);
    buffer_done(&bench.out);
    buffer_done(&bench.all);
    buffer_done(&bench.text);
    return 0;
}
