#include "tests/contract/source.h"

#include "common/base/hash.h"
#include "common/base/must.h"
#include "common/codec/codec.h"
#include "common/worker/decode.h"
#include "tests/support/sample/sample.h"

#include <stdio.h>

enum { HUGE_BYTES = 100 * 1024, LONG_KEY_BYTES = 2000, VALUE_BYTES_MAX = 256 * 1024 };

const char *const source_tenants[2] = {"acme", "a"};
const char *const source_merchants[SOURCE_MERCHANTS] = {"Bakery",  "Grocer", "Cinema",
                                                        "Airline", "Garage", "Landlord"};

static const struct input input = {"transactions", INPUT_TRANSACTIONS};

static struct slice arena_bytes(struct random *random, struct arena *arena, size_t size)
{
    char *bytes = arena_alloc(arena, size);

    MUST(bytes != NULL);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)random_next(random);
    return (struct slice){bytes, size};
}

static void put_event(struct random *random, struct arena *arena, struct record *record)
{
    struct transaction event = sample_transaction(random, arena);
    char user[8], key[EVENT_KEY_MAX];
    struct buffer buffer;

    if (random_below(random, 3) > 0) {
        snprintf(user, sizeof user, "u%d", (int)random_below(random, SOURCE_USERS));
        event.tenant = slice_of(source_tenants[random_below(random, 2)]);
        event.user = arena_copy(arena, slice_of(user));
        event.merchant = slice_of(source_merchants[random_below(random, SOURCE_MERCHANTS)]);
    }
    buffer_init(&buffer, VALUE_BYTES_MAX);
    codec_encode_transaction(&event, &buffer);
    MUST(!buffer.overflow);
    record->value = arena_copy(arena, buffer_slice(&buffer));
    record->key = arena_copy(arena, event_key(event.tenant, event.user, key));
    record->partition = hash_partition(record->key, SOURCE_PARTITIONS);
    buffer_done(&buffer);
}

static void spoil(struct random *random, struct arena *arena, struct record *record)
{
    switch (random_below(random, 7)) {
    case 0:
        record->value.size = (size_t)random_below(random, record->value.size);
        break;
    case 1:
        record->value = (struct slice){0};
        break;
    case 2: /* may well be an event still */
        ((char *)(uintptr_t)record->value.data)[random_below(random, record->value.size)] ^= 0x10;
        break;
    case 3:
        record->key = SLICE_LITERAL("acme:nobody");
        break;
    case 4:
        record->partition = (record->partition + 1) % SOURCE_PARTITIONS;
        break;
    case 5:
        record->key = (struct slice){0};
        break;
    default:
        record->key = arena_bytes(random, arena, LONG_KEY_BYTES);
        record->value = arena_bytes(random, arena, HUGE_BYTES);
        break;
    }
}

static bool is_gap(const struct record *record)
{
    return record->key.data == NULL && record->value.data == NULL && record->reject_reason == NULL;
}

void source_make(struct source *source, struct random *random, struct arena *arena)
{
    int64_t next[SOURCE_PARTITIONS];

    for (int32_t p = 0; p < SOURCE_PARTITIONS; p++) {
        source->counts[p] = 0;
        next[p] = source->starts[p] = (int64_t)random_below(random, 3) * 1000;
    }
    for (size_t i = 0; i < SOURCE_RECORDS; i++) {
        struct record record = {.partition = (int32_t)random_below(random, SOURCE_PARTITIONS)};
        bool gap = random_below(random, 12) == 0;

        if (!gap)
            put_event(random, arena, &record);
        if (!gap && random_below(random, 5) == 0)
            spoil(random, arena, &record);
        record.range.from = next[record.partition];
        record.offset = record.range.from;
        if (gap || random_below(random, 4) == 0)
            record.offset += (int64_t)random_below(random, 5);
        record.range.to = record.offset;
        next[record.partition] = record.offset + 1;
        if (!gap)
            decode_record(&input, SOURCE_PARTITIONS, arena, &record);
        MUST(gap || record.transaction != NULL || record.reject_reason != NULL);
        source->records[record.partition][source->counts[record.partition]++] = record;
    }
}

struct record source_copy(const struct record *record, struct arena *arena)
{
    struct record copy = *record;

    if (is_gap(record))
        return copy;
    if (record->key.data != NULL)
        copy.key = arena_copy(arena, record->key);
    if (record->value.data != NULL)
        copy.value = arena_copy(arena, record->value);
    copy.transaction = NULL;
    copy.reject_reason = copy.reject_detail = NULL;
    decode_record(&input, SOURCE_PARTITIONS, arena, &copy);
    return copy;
}
