#include "tests/faults/gateway/journal.h"

#include "common/base/must.h"
#include "common/codec/codec.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void journal_init(struct journal *journal)
{
    *journal = (struct journal){.entries = must_alloc(JOURNAL_EVENTS * sizeof *journal->entries)};
}

void journal_done(struct journal *journal)
{
    free(journal->entries);
}

size_t journal_post(struct journal *journal)
{
    MUST(journal->count < JOURNAL_EVENTS);
    return journal->count++;
}

void journal_write(int client, size_t number, struct buffer *out)
{
    buffer_format(out,
                  "{\"id\":\"c%d-%zu\",\"user\":\"u%d-%zu\",\"amount\":\"-12.34\","
                  "\"currency\":\"EUR\",\"occurred_at\":\"2026-02-28T09:00:00Z\"}\n",
                  client, number, client, number % 37);
}

void journal_answer(struct journal *journal, int client, const char *body)
{
    while ((body = strstr(body, "{\"index\":")) != NULL) {
        struct journal_entry entry = {.outcome = JOURNAL_POSTED};
        int from = -1, status = 0;
        size_t number = 0;
        int fields = sscanf(body,
                            "{\"index\":%*d,\"id\":\"c%d-%zu\",\"status\":%d,\"partition\":%" SCNd32
                            ",\"offset\":%" SCNd64,
                            &from, &number, &status, &entry.partition, &entry.offset);

        MUST(fields >= 3 && from == client && number < journal->count);
        MUST(status == 503 || (status == 202 && fields == 5));
        entry.outcome = status == 202 ? JOURNAL_ACCEPTED : JOURNAL_REFUSED;
        journal->entries[number] = entry;
        body++;
    }
}

struct reading {
    struct journal *journals;
    size_t count;
    struct arena *arena;
};

static void on_record(void *context, const struct kafka_record *record)
{
    struct reading *reading = context;
    struct journal_entry *entry;
    struct transaction event;
    struct error error = {0};
    char id[EVENT_ID_MAX + 1];
    size_t number = 0;
    unsigned client = 0;

    arena_reset(reading->arena);
    ck_assert_msg(codec_decode_transaction(record->value, reading->arena, &event, &error) ==
                      STATUS_OK,
                  "%s", error.text);
    snprintf(id, sizeof id, "%.*s", SLICE_FORMAT(event.id));
    ck_assert_msg(sscanf(id, "c%u-%zu", &client, &number) == 2 && client < reading->count &&
                      number < reading->journals[client].count,
                  "nobody posted %s", id);
    entry = &reading->journals[client].entries[number];
    entry->seen++;
    ck_assert_msg(entry->seen == 1, "%s is in the log twice", id);
    entry->at_place = entry->partition == record->partition && entry->offset == record->offset;
}

static void check_entry(struct journal_sum *sum, const struct journal_entry *entry, size_t client,
                        size_t number)
{
    sum->posted++;
    sum->stored += entry->seen > 0;
    sum->refused += entry->outcome == JOURNAL_REFUSED;
    sum->cut += entry->cut;
    sum->cut_stored += entry->cut && entry->seen > 0;
    if (entry->outcome != JOURNAL_ACCEPTED)
        return;
    sum->accepted++;
    ck_assert_msg(entry->seen > 0, "c%zu-%zu was accepted and is not in the log", client, number);
    ck_assert_msg(entry->at_place, "c%zu-%zu is not where its receipt says (%d, %" PRId64 ")",
                  client, number, entry->partition, entry->offset);
}

struct journal_sum journal_check(struct journal *journals, size_t count, const struct door *door)
{
    struct reading reading = {journals, count, arena_new(CODEC_DECODE_ARENA_BYTES)};
    struct journal_sum sum = {0};

    door_read(door, "transactions", on_record, &reading);
    arena_free(reading.arena);
    for (size_t client = 0; client < count; client++)
        for (size_t number = 0; number < journals[client].count; number++)
            check_entry(&sum, &journals[client].entries[number], client, number);
    printf("posted %zu, accepted %zu, refused %zu, cut %zu (%zu stored), stored %zu\n", sum.posted,
           sum.accepted, sum.refused, sum.cut, sum.cut_stored, sum.stored);
    return sum;
}
