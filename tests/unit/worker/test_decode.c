/* common/worker/decode: whatever upstreams write, a batch holds as many records as it may, and none
 * is rejected for want of memory. */
#include "common/base/hash.h"
#include "common/codec/codec.h"
#include "common/codec/writer.h"
#include "common/event/event.h"
#include "common/worker/decode.h"
#include "common/worker/gather.h"
#include "tests/support/suite/suite.h"

enum { PARTITIONS = 4, RECORDS = 2000, VALUE_BYTES = 1024 };

static const struct input input = {.topic = "transactions", .kind = INPUT_TRANSACTIONS};
static const struct transaction plain = {.tenant = SLICE_LITERAL("acme"),
                                         .id = SLICE_LITERAL("t1"),
                                         .user = SLICE_LITERAL("ann"),
                                         .amount_minor = 100,
                                         .currency = SLICE_LITERAL("EUR"),
                                         .occurred_at = 1700000000000000,
                                         .received_at = 1700000000000000};

static void keep(void *message)
{
    (void)message;
}

/* A transaction whose metadata come in blocks of one pair, as Avro allows: an array grows with each
 * of them. */
static void put_in_blocks(struct buffer *out)
{
    char *at;

    codec_encode_transaction(&plain, out);
    out->size--; /* no metadata */
    at = buffer_extend(out, VALUE_BYTES);
    for (int i = 0; i < EVENT_METADATA_MAX; i++) {
        char key[2] = {'k', (char)('0' + i)};

        at = codec_put_long(at, 1);
        at = codec_put_bytes(at, (struct slice){key, sizeof key});
        at = codec_put_bytes(at, SLICE_LITERAL("v"));
    }
    at = codec_put_long(at, 0);
    out->size = (size_t)(at - out->data);
}

static void add(struct gather *gather, struct slice value, int64_t offset)
{
    struct slice key = SLICE_LITERAL("acme:ann");
    struct record *record = gather_add(gather, key.size + value.size, 0);

    record->partition = hash_partition(key, PARTITIONS);
    record->offset = offset;
    record->key = key;
    record->value = value;
    decode_record(&input, PARTITIONS, gather->batch.arena, record);
}

START_TEST(many_blocks_take_no_room_from_others)
{
    const struct gather_limits limits = {.records = RECORDS, .bytes = 1 << 20, .wait_us = 0};
    struct gather gather;
    struct buffer value;
    int64_t offset = 0;

    buffer_init(&value, 2 * VALUE_BYTES);
    put_in_blocks(&value);
    gather_init(&gather, &limits, keep);
    while (!gather_full(&gather))
        add(&gather, buffer_slice(&value), offset++);
    ck_assert_uint_eq(gather.batch.count, RECORDS);
    for (size_t i = 0; i < gather.batch.count; i++) {
        const struct record *record = &gather.batch.records[i];

        ck_assert_msg(record->reject_reason == NULL, "record %zu: %s: %s", i, record->reject_reason,
                      record->reject_detail);
        ck_assert_uint_eq(record->transaction->metadata_count, EVENT_METADATA_MAX);
    }
    gather_done(&gather);
    buffer_done(&value);
}
END_TEST

/* What a partition took that was given up is not free again: the batch ends so much earlier. */
START_TEST(what_was_dropped_still_counts)
{
    const struct gather_limits limits = {.records = 3, .bytes = 1 << 20, .wait_us = 0};
    struct gather gather;

    gather_init(&gather, &limits, keep);
    gather_add(&gather, 1, 0)->partition = 1;
    gather_add(&gather, 1, 0)->partition = 2;
    gather_drop_partition(&gather, 1);
    ck_assert(!gather_full(&gather));
    gather_add(&gather, 1, 0)->partition = 2;
    ck_assert(gather_full(&gather) && gather_due(&gather, 0));
    gather_drop_partition(&gather, 2);
    ck_assert(!gather_full(&gather)); /* empty: all memory is given back */
    gather_done(&gather);
}
END_TEST

SUITE_MAIN("worker/decode", many_blocks_take_no_room_from_others, what_was_dropped_still_counts);
