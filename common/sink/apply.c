/* One batch of a sink: guard, the group's effects, dead letters, books and offsets in one
 * transaction; a batch that is refused or has no room is halved until the bad record stands alone.
 */
#include "common/sink/life.h"

#include "common/base/must.h"
#include "common/postgres/commit.h"

/* A part of a batch that goes into one transaction. */
struct part {
    struct batch batch;            /* its live records, for the group */
    const struct record **sources; /* of the live ones, for dead letters */
    struct verdicts verdicts;
    enum fate *fates; /* of records[0..count) */
    const struct record *records;
    size_t count;
    struct offset_change *changes; /* the life's; parts come one after the other */
};

static enum status part_init(struct part *part, struct sink_life *life, const struct batch *batch,
                             size_t begin, size_t end, struct error *error)
{
    size_t rows = (size_t)life->offsets.partitions * life->offsets.input_count;
    size_t count = end - begin;

    *part = (struct part){.records = batch->records + begin, .count = count};
    part->changes = life->changes;
    part->batch = (struct batch){.arena = life->scratch, .now = batch->now};
    part->batch.records = arena_zalloc(life->scratch, count, sizeof *part->batch.records);
    part->sources = arena_zalloc(life->scratch, count, sizeof *part->sources);
    part->fates = arena_zalloc(life->scratch, count, sizeof *part->fates);
    part->verdicts.items = arena_zalloc(life->scratch, count, sizeof *part->verdicts.items);
    part->verdicts.reasons = arena_zalloc(life->scratch, count, sizeof *part->verdicts.reasons);
    if (part->batch.records == NULL || part->sources == NULL || part->fates == NULL ||
        part->verdicts.items == NULL || part->verdicts.reasons == NULL)
        return arena_no_room(error);
    plan_start(life->offsets.rows, part->changes, rows);
    plan_records(life->offsets.inputs, life->offsets.input_count, part->records, count,
                 part->changes, part->fates);
    for (size_t i = 0; i < count; i++)
        if (part->fates[i] == FATE_LIVE) {
            part->sources[part->batch.count] = &part->records[i];
            part->batch.records[part->batch.count++] = part->records[i];
        }
    return STATUS_OK;
}

static bool part_touches(const struct part *part, const struct offsets *offsets)
{
    size_t rows = (size_t)offsets->partitions * offsets->input_count;

    for (size_t i = 0; i < rows; i++)
        if (part->changes[i].touched)
            return true;
    return false;
}

/* ---- Keys ---- */

static struct user_query query_of(const struct record *record)
{
    const struct transaction *transaction =
        record->classification != NULL ? record->classification->transaction : record->transaction;

    if (record->feedback != NULL)
        return (struct user_query){.tenant = record->feedback->tenant,
                                   .user = record->feedback->user,
                                   .category = record->feedback->category};
    return (struct user_query){.tenant = transaction->tenant,
                               .user = transaction->user,
                               .classified = record->classification != NULL,
                               .category = record->classification != NULL
                                               ? record->classification->category
                                               : (struct slice){NULL, 0}};
}

static void set_hashes(struct sink_life *life, struct record *record)
{
    const struct transaction *transaction =
        record->classification != NULL ? record->classification->transaction : record->transaction;

    if (record->feedback != NULL) {
        record->id_hash = (int64_t)crypto_siphash(life->siphash, record->feedback->id);
        record->transaction_hash =
            (int64_t)crypto_siphash(life->siphash, record->feedback->transaction_id);
    } else {
        record->id_hash = (int64_t)crypto_siphash(life->siphash, transaction->id);
        record->transaction_hash = record->id_hash;
    }
}

/* Every commit that has effects moves one of the partition's positions, and none ever goes back
 * (`next` does where outputs are read again): their sum orders commits. */
static int64_t partition_version(const struct part *part, const struct offsets *offsets,
                                 int32_t partition)
{
    int64_t version = 0;

    for (size_t i = 0; i < offsets->input_count; i++) {
        const struct offset_change *change = &part->changes[offsets_index(offsets, partition, i)];

        version +=
            change->to_next_source != OFFSET_NO_SOURCE ? change->to_next_source : change->to_next;
    }
    return version;
}

/* Before the transaction: keys are made in autocommit (common/users). */
static enum status part_resolve(struct part *part, struct sink_life *life, struct error *error)
{
    struct user_query *queries =
        arena_zalloc(part->batch.arena, part->batch.count, sizeof *queries);
    enum status status;

    if (queries == NULL)
        return arena_no_room(error);
    for (size_t i = 0; i < part->batch.count; i++)
        queries[i] = query_of(&part->batch.records[i]);
    status = users_resolve(life->users, life->db, queries, part->batch.count, error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < part->batch.count; i++) {
        struct record *record = &part->batch.records[i];

        record->tenant_key = queries[i].ret_tenant_key;
        record->user_key = queries[i].ret_user_key;
        record->category_key = queries[i].ret_category_key;
        record->version = partition_version(part, &life->offsets, record->partition);
        set_hashes(life, record);
    }
    return STATUS_OK;
}

/* ---- Verdicts and letters ---- */

/* A letter in the coordinates that the books count in. */
static struct letter letter_of(const struct sink_life *life, const struct record *record)
{
    const struct input *input = &life->offsets.inputs[record->input];
    bool sequenced = record->classification != NULL;

    return (struct letter){.group = life->offsets.group,
                           .topic = sequenced ? LETTERS_SOURCE : input->topic,
                           .partition = record->partition,
                           .offset = sequenced ? record->range.to : record->offset,
                           .reason = slice_of(record->reject_reason),
                           .reason_label = record->reject_reason,
                           .detail = slice_of(record->reject_detail),
                           .key = record->key,
                           .value = record->value,
                           .appended_us = record->appended_us};
}

static void part_add_letter(struct sink_life *life, const struct record *record)
{
    struct letter letter = letter_of(life, record);

    if (record->reject_reason == NULL) {
        /* Rejected by the classifier: one group lists it, with the bytes that it carries. */
        const struct reject *reject = record->classification->reject;

        if (!life->program->sink->keeps_rejects)
            return;
        letter.group = LETTERS_CLASSIFIER;
        letter.reason = reject->reason;
        letter.reason_label = letters_label(reject->reason);
        letter.detail = reject->detail;
        letter.key = reject->key;
        letter.value = reject->value;
    }
    letters_add(&life->letters, &letter);
}

/* Adds the group's verdicts to the books; they are not in part->changes yet. */
static enum status part_judge(struct part *part, struct sink_life *life, struct error *error)
{
    for (size_t i = 0; i < part->batch.count; i++) {
        const struct record *record = part->sources[i];
        struct record rejected = *record;
        struct offset_change *change =
            &part->changes[offsets_index(&life->offsets, record->partition, (size_t)record->input)];

        switch (part->verdicts.items[i]) {
        case VERDICT_APPLIED:
            change->applied++;
            break;
        case VERDICT_DUPLICATE:
            change->duplicate++;
            break;
        case VERDICT_REJECTED:
            change->rejected++;
            rejected.reject_reason = part->verdicts.reasons[i];
            rejected.reject_detail = "refused by the group";
            part_add_letter(life, &rejected);
            break;
        case VERDICT_NONE:
            return error_set(error, STATUS_FATAL, "group %s left a record without a verdict",
                             life->offsets.group);
        }
    }
    return STATUS_OK;
}

/* ---- The transaction ---- */

static enum status part_fill(struct part *part, struct sink_life *life, struct postgres_tx *tx,
                             struct error *error)
{
    const struct sink *sink = life->program->sink;
    enum status status = offsets_guard(&life->offsets, tx, part->changes, error);

    letters_reset(&life->letters);
    if (status == STATUS_OK && part->batch.count > 0)
        status = sink->apply(life->state, tx, &part->batch, &part->verdicts, error);
    if (status == STATUS_OK)
        status = part_judge(part, life, error);
    for (size_t i = 0; i < part->count && status == STATUS_OK; i++)
        if (part->fates[i] == FATE_REJECTED || part->fates[i] == FATE_STRAY)
            part_add_letter(life, &part->records[i]);
    if (status == STATUS_OK)
        status = letters_post(&life->letters, tx, error);
    if (status == STATUS_OK)
        status = offsets_count(&life->offsets, tx, part->changes, error);
    return status;
}

static enum status part_transact(struct part *part, struct sink_life *life, struct error *error)
{
    enum postgres_commit outcome = POSTGRES_ROLLED_BACK;
    struct postgres_tx *tx;
    enum status status = postgres_tx_begin(life->db, &tx, error);

    if (status != STATUS_OK)
        return status;
    if ((status = part_fill(part, life, tx, error)) != STATUS_OK) {
        postgres_tx_rollback(tx);
        return status;
    }
    status = postgres_tx_commit(tx, &outcome, error);
    /* Whether it took effect, only the rows know: taking them again waits for the truth. */
    return outcome == POSTGRES_UNKNOWN ? STATUS_LOST : status;
}

static void part_observe(const struct part *part, struct sink_life *life)
{
    int64_t oldest_us = INT64_MAX;

    for (size_t i = 0; i < part->batch.count; i++) {
        const struct record *record = &part->batch.records[i];
        int64_t arrived_us = record->feedback != NULL ? record->feedback->received_at
                             : record->classification != NULL
                                 ? record->classification->transaction->received_at
                                 : record->transaction->received_at;

        oldest_us = arrived_us < oldest_us ? arrived_us : oldest_us;
    }
    if (oldest_us != INT64_MAX)
        metrics_histogram_observe(life->stats.age_seconds,
                                  (double)(clock_wall_us() - oldest_us) / 1e6);
    for (size_t i = 0; i < life->letters.count; i++)
        sink_stats_letter(&life->stats, &life->letters.labels[i]);
    sink_stats_changed(&life->stats, &life->offsets, part->changes);
}

static enum status sink_apply_part(struct sink_life *life, const struct batch *batch, size_t begin,
                                   size_t end, struct error *error)
{
    const struct sink *sink = life->program->sink;
    struct part part;
    enum status status;

    /* A batch may be halved, and tried for hours while a dependency is away: what a try makes goes
     * before the next one. What condemns a record stays with the batch. */
    arena_reset(life->scratch);
    status = part_init(&part, life, batch, begin, end, error);
    if (status != STATUS_OK || !part_touches(&part, &life->offsets))
        return status;
    if ((status = part_resolve(&part, life, error)) != STATUS_OK ||
        (status = part_transact(&part, life, error)) != STATUS_OK)
        return status;
    offsets_moved(&life->offsets, part.changes);
    part_observe(&part, life);
    if (sink->committed != NULL && part.batch.count > 0)
        sink->committed(life->state, &part.batch, &part.verdicts);
    return STATUS_OK;
}

/* The record that no smaller part explains is the bad one: from now on it is a dead letter. */
static enum status sink_condemn(struct record *record, struct arena *arena, struct error *error)
{
    if (record->reject_reason != NULL)
        return STATUS_FATAL; /* even its dead letter is refused */
    record->reject_reason =
        arena_text(arena, slice_of(error->code[0] != '\0' ? error->code : "refused"));
    record->reject_detail = arena_text(arena, slice_of(error->text));
    if (record->reject_reason == NULL || record->reject_detail == NULL)
        return arena_no_room(error);
    error_clear(error);
    return STATUS_OK;
}

static enum status sink_apply_range(struct sink_life *life, const struct batch *batch, size_t begin,
                                    size_t end, struct error *error)
{
    size_t middle = begin + (end - begin) / 2;
    enum status status = sink_apply_part(life, batch, begin, end, error);

    if (status != STATUS_REJECT)
        return status;
    if (end - begin == 1) {
        status = sink_condemn(&batch->records[begin], batch->arena, error);
        return status == STATUS_OK ? sink_apply_part(life, batch, begin, end, error) : status;
    }
    error_clear(error);
    status = sink_apply_range(life, batch, begin, middle, error);
    return status == STATUS_OK ? sink_apply_range(life, batch, middle, end, error) : status;
}

enum status sink_apply(struct sink_life *life, const struct batch *batch, struct error *error)
{
    enum status status = sink_apply_range(life, batch, 0, batch->count, error);

    if (status == STATUS_REJECT)
        error->status = STATUS_FATAL;
    return status == STATUS_REJECT ? STATUS_FATAL : status;
}
