#include "common/worker/decode.h"

#include "common/base/hash.h"
#include "common/base/must.h"
#include "common/codec/codec.h"
#include "common/event/event.h"

#include <stdio.h>

#define WRONG_KEY       "wrong_key"
#define WRONG_PARTITION "wrong_partition"
#define BAD_RANGE       "bad_range"

const char *const decode_reasons[] = {WRONG_KEY, WRONG_PARTITION, BAD_RANGE, NULL};

/* The largest event: each array in a first block and once more in full (codec_read_items). */
_Static_assert(2 * EVENT_METADATA_MAX * sizeof(struct text_pair) +
                       2 * EVENT_REASONS_MAX * sizeof(struct reason) + sizeof(struct transaction) +
                       sizeof(struct reject) <=
                   CODEC_DECODE_ARENA_BYTES,
               "a record may take more than its share of the batch's arena");

static void reject(struct arena *arena, struct record *record, const char *reason,
                   const char *detail)
{
    record->reject_reason = arena_text(arena, slice_of(reason));
    record->reject_detail = arena_text(arena, slice_of(detail));
    MUST(record->reject_reason != NULL && record->reject_detail != NULL);
}

/* Codec and checks share one shape for the three kinds. */
static void reject_undecoded(struct arena *arena, struct record *record, const struct error *error)
{
    MUST(error->status == STATUS_REJECT); /* not the arena's end: that would blame a good record */
    reject(arena, record, error->code, error->text);
}

static void *event_place(struct arena *arena, size_t size)
{
    void *event = arena_zalloc(arena, 1, size);

    MUST(event != NULL);
    return event;
}

static void reject_fault(struct arena *arena, struct record *record,
                         const struct event_fault *fault)
{
    char detail[256];

    snprintf(detail, sizeof detail, "%s: %s", fault->field, fault->detail);
    reject(arena, record, fault->reason, detail);
}

/* The key says which user it is, and so which partition: with another one order would be lost. */
static void check_key(int32_t partitions, struct arena *arena, struct record *record,
                      struct slice tenant, struct slice user)
{
    char text[EVENT_KEY_MAX];
    struct slice key = event_key(tenant, user, text);

    if (!slice_equal(key, record->key))
        reject(arena, record, WRONG_KEY, "the record's key is not tenant:user of the event");
    else if (hash_partition(key, partitions) != record->partition)
        reject(arena, record, WRONG_PARTITION,
               "murmur2 puts this user into another partition: set the producer's partitioner");
}

static void decode_transaction(int32_t partitions, struct arena *arena, struct record *record)
{
    struct transaction *event = event_place(arena, sizeof *event);
    struct event_fault fault;
    struct error error = {0};

    if (codec_decode_transaction(record->value, arena, event, &error) != STATUS_OK) {
        reject_undecoded(arena, record, &error);
        return;
    }
    if (!event_check_transaction(event, &fault)) {
        reject_fault(arena, record, &fault);
        return;
    }
    check_key(partitions, arena, record, event->tenant, event->user);
    if (record->reject_reason == NULL)
        record->transaction = event;
}

static void decode_feedback(int32_t partitions, struct arena *arena, struct record *record)
{
    struct feedback *event = event_place(arena, sizeof *event);
    struct event_fault fault;
    struct error error = {0};

    if (codec_decode_feedback(record->value, arena, event, &error) != STATUS_OK) {
        reject_undecoded(arena, record, &error);
        return;
    }
    if (!event_check_feedback(event, &fault)) {
        reject_fault(arena, record, &fault);
        return;
    }
    check_key(partitions, arena, record, event->tenant, event->user);
    if (record->reject_reason == NULL)
        record->feedback = event;
}

/* A bad range leaves the event out: it is no output of a classifier. Anything else that is wrong
 * keeps it, as the range must be accounted for. */
static void decode_classification(int32_t partitions, struct arena *arena, struct record *record)
{
    struct classification *event = event_place(arena, sizeof *event);
    struct event_fault fault;
    struct error error = {0};

    if (codec_decode_classification(record->value, arena, event, &error) != STATUS_OK) {
        reject_undecoded(arena, record, &error);
        return;
    }
    if (event->from < 0 || event->to < event->from || event->to == INT64_MAX) {
        reject(arena, record, BAD_RANGE, "from and to are no range of source offsets");
        return;
    }
    record->range = (struct go_back_range){.from = event->from, .to = event->to};
    record->classification = event;
    if (!event_check_classification(event, &fault))
        reject_fault(arena, record, &fault);
    else if (event->transaction != NULL)
        check_key(partitions, arena, record, event->transaction->tenant, event->transaction->user);
}

void decode_record(const struct input *input, int32_t partitions, struct arena *arena,
                   struct record *record)
{
    switch (input->kind) {
    case INPUT_TRANSACTIONS:
        decode_transaction(partitions, arena, record);
        break;
    case INPUT_FEEDBACK:
        decode_feedback(partitions, arena, record);
        break;
    case INPUT_CLASSIFICATIONS:
        decode_classification(partitions, arena, record);
        break;
    }
}
