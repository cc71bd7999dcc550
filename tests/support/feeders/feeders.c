#include "tests/support/feeders/feeders.h"

#include "common/base/must.h"
#include "common/codec/codec.h"
#include "tests/support/gateway/gateway.h"
#include "tests/support/gateway/topic.h"
#include "tests/support/process/place.h"
#include "tests/support/process/process.h"

#include <check.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { RUN_MS = 120000, RECORDS_MAX = 1000000, REPORT_BYTES = 64 * 1024, ARGUMENTS = 32 };

void feeders_init(struct feeders *feeders)
{
    char url[64];

    rig_init(&feeders->rig, NULL);
    feeders->port = gateway_set_up(feeders->rig.fleet);
    snprintf(url, sizeof url, "http://127.0.0.1:%d", feeders->port);
    fleet_set(feeders->rig.fleet, "TRIBUTARY_FEEDER_URL", url);
    fleet_set(feeders->rig.fleet, "TRIBUTARY_FEEDER_API_KEY", GATEWAY_ACME);
}

void feeders_done(struct feeders *feeders)
{
    rig_done(&feeders->rig);
}

const char *feeders_path(struct feeders *feeders, const char *name)
{
    static char path[PLACE_PATH_SIZE];

    snprintf(path, sizeof path, "%s/%s", fleet_folder(feeders->rig.fleet), name);
    return path;
}

char *feeders_run(struct feeders *feeders, const char *program, const char *const *arguments,
                  int code)
{
    const char *all[ARGUMENTS] = {0};
    char report[PLACE_PATH_SIZE], *output = NULL;
    size_t count = 0;
    int got;

    for (; arguments[count] != NULL && count < ARGUMENTS - 3; count++)
        all[count] = arguments[count];
    snprintf(report, sizeof report, "%s", feeders_path(feeders, "report.json"));
    all[count] = "--report";
    all[count + 1] = report;
    (void)remove(report);
    got = fleet_run(feeders->rig.fleet, program, all, RUN_MS, &output);
    ck_assert_msg(got == code, "%s: code %d, not %d: %s", program, got, code, output);
    free(output);
    return place_read_end(report, REPORT_BYTES);
}

double feeders_number(const char *report, const char *name)
{
    char pattern[64];
    const char *at;

    snprintf(pattern, sizeof pattern, "\"%s\":", name);
    at = strstr(report, pattern);
    return at == NULL ? (double)NAN : strtod(at + strlen(pattern), NULL);
}

struct reading {
    struct feeders_log *log;
    struct arena *arena;
    enum event_kind kind;
};

static void seen(void *context, const struct kafka_record *record)
{
    struct reading *reading = context;
    struct feeders_record *kept = &reading->log->records[reading->log->count++];
    struct transaction transaction;
    struct feedback feedback;
    struct error error = {0};
    struct slice id;

    MUST(reading->log->count < RECORDS_MAX);
    arena_reset(reading->arena);
    if (reading->kind == EVENT_FEEDBACK) {
        ck_assert_msg(codec_decode_feedback(record->value, reading->arena, &feedback, &error) ==
                          STATUS_OK,
                      "%s", error.text);
        id = feedback.id;
    } else {
        ck_assert_msg(codec_decode_transaction(record->value, reading->arena, &transaction,
                                               &error) == STATUS_OK,
                      "%s", error.text);
        id = transaction.id;
    }
    snprintf(kept->id, sizeof kept->id, "%.*s", SLICE_FORMAT(id));
    kept->partition = record->partition;
    kept->offset = record->offset;
}

static int by_id(const void *a, const void *b)
{
    const struct feeders_record *x = a, *y = b;
    int order = strcmp(x->id, y->id);

    return order != 0 ? order : (x->offset > y->offset) - (x->offset < y->offset);
}

void feeders_read(struct feeders *feeders, enum event_kind kind, struct feeders_log *ret_log)
{
    struct reading reading = {ret_log, arena_new(2 * CODEC_DECODE_ARENA_BYTES), kind};

    *ret_log = (struct feeders_log){0};
    ret_log->records = must_alloc(RECORDS_MAX * sizeof *ret_log->records);
    topic_read(broker_address(feeders->rig.broker), feeders->rig.prefix,
               kind == EVENT_FEEDBACK ? "feedback" : "transactions", RIG_PARTITIONS, seen,
               &reading);
    qsort(ret_log->records, ret_log->count, sizeof *ret_log->records, by_id);
    for (size_t i = 0; i < ret_log->count; i++)
        ret_log->unique +=
            i == 0 || strcmp(ret_log->records[i].id, ret_log->records[i - 1].id) != 0;
    arena_free(reading.arena);
}

void feeders_log_done(struct feeders_log *log)
{
    free(log->records);
    *log = (struct feeders_log){0};
}

const struct feeders_record *feeders_find(const struct feeders_log *log, const char *id)
{
    size_t low = 0, high = log->count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (strcmp(log->records[middle].id, id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < log->count && strcmp(log->records[low].id, id) == 0 ? &log->records[low] : NULL;
}

/* One of the records with that id lies there. */
static bool lies_there(const struct feeders_log *log, const char *id, int32_t partition,
                       int64_t offset)
{
    const struct feeders_record *record = feeders_find(log, id);

    for (; record != NULL && record < log->records + log->count && strcmp(record->id, id) == 0;
         record++)
        if (record->partition == partition && record->offset == offset)
            return true;
    return false;
}

size_t feeders_check_journal(struct feeders *feeders, const char *path)
{
    FILE *file = fopen(path, "re");
    struct feeders_log logs[2];
    char line[256];
    size_t accepted = 0;

    ck_assert_ptr_nonnull(file);
    feeders_read(feeders, EVENT_TRANSACTION, &logs[0]);
    feeders_read(feeders, EVENT_FEEDBACK, &logs[1]);
    while (fgets(line, sizeof line, file) != NULL && strchr(line, '\n') != NULL) {
        char kind[16], id[80], outcome[16];
        int64_t offset = -1;
        int32_t partition = -1;

        ck_assert_int_ge(sscanf(line, "%15[^\t]\t%79[^\t]\t%15[^\t]\t%" SCNd32 "\t%" SCNd64, kind,
                                id, outcome, &partition, &offset),
                         3);
        if (strcmp(outcome, "accepted") != 0)
            continue;
        accepted++;
        ck_assert_msg(lies_there(&logs[strcmp(kind, "feedback") == 0], id, partition, offset),
                      "accepted and not there: %s", line);
    }
    fclose(file);
    feeders_log_done(&logs[0]);
    feeders_log_done(&logs[1]);
    return accepted;
}
