#include "operator/scan.h"

#include "common/base/clock.h"
#include "common/base/must.h"

enum { POLL_MS = 100, SILENCE_MS = 30000, CLOSE_MS = 10000 };

/* A scan on its way. */
struct scanning {
    const struct scan *scan;
    struct kafka_consumer *reader;
    struct kafka_position *positions; /* as many as partitions: room to assign */
    size_t left;                      /* partitions that are not at their end */
};

/* Reads on with the partitions that have something left: a finished one would be read for ever. */
static enum status assign(struct scanning *scanning, struct error *error)
{
    const struct scan *scan = scanning->scan;

    scanning->left = 0;
    for (size_t p = 0; p < scan->count; p++)
        if (!scan->ranges[p].lost && scan->ranges[p].from < scan->ranges[p].to)
            scanning->positions[scanning->left++] =
                (struct kafka_position){.partition = (int32_t)p, .offset = scan->ranges[p].from};
    return kafka_consumer_assign(scanning->reader, scanning->positions, scanning->left, error);
}

static enum status move(struct scanning *scanning, int32_t partition, int64_t to,
                        struct error *error)
{
    struct scan_range *range = &scanning->scan->ranges[partition];

    if (to > range->to)
        to = range->to;
    if (to <= range->from)
        return STATUS_OK;
    if (scanning->scan->progress != NULL)
        progress_add(scanning->scan->progress, to - range->from);
    range->from = to;
    return to == range->to ? assign(scanning, error) : STATUS_OK;
}

static enum status take_record(struct scanning *scanning, const struct kafka_record *record,
                               struct error *error)
{
    const struct scan *scan = scanning->scan;
    enum status status = STATUS_OK;

    if (record->offset < scan->ranges[record->partition].to)
        status = scan->record(scan->opaque, record, error);
    return status == STATUS_OK ? move(scanning, record->partition, record->offset + 1, error)
                               : status;
}

static enum status take_event(struct scanning *scanning, enum kafka_event event,
                              struct kafka_record *record, struct error *error)
{
    enum status status;

    switch (event) {
    case KAFKA_RECORD:
        status = take_record(scanning, record, error);
        kafka_record_release(record);
        return status;
    case KAFKA_END:
        return move(scanning, record->partition, record->offset, error);
    case KAFKA_OUT_OF_LOG:
        error_clear(error);
        scanning->scan->ranges[record->partition].lost = true;
        return assign(scanning, error);
    case KAFKA_PARTITION_ERROR:
    case KAFKA_CLIENT_ERROR:
        return error->status == STATUS_FATAL || error->status == STATUS_REJECT ? error->status
                                                                               : STATUS_OK;
    case KAFKA_NOTHING:
        break;
    }
    return STATUS_OK;
}

static enum status read_all(struct scanning *scanning, struct error *error)
{
    int64_t heard_ms = clock_steady_ms();
    struct kafka_record record;
    enum status status = assign(scanning, error);

    while (status == STATUS_OK && scanning->left > 0) {
        enum kafka_event event = kafka_consumer_poll(scanning->reader, POLL_MS, &record, error);

        if (event == KAFKA_RECORD || event == KAFKA_END)
            heard_ms = clock_steady_ms();
        else if (clock_steady_ms() - heard_ms > SILENCE_MS)
            return error_set(error, STATUS_RETRY, "topic %s does not answer",
                             scanning->scan->topic);
        status = take_event(scanning, event, &record, error);
    }
    if (status == STATUS_OK)
        error_clear(error);
    return status;
}

enum status scan_run(const struct scan *scan, struct error *error)
{
    const struct kafka_consumer_options options = {.settings = scan->kafka,
                                                   .client_id = "tributary-operator",
                                                   .topics = &scan->topic,
                                                   .topic_count = 1};
    struct scanning scanning = {.scan = scan};
    struct error ignored = {0};
    enum status status = kafka_consumer_new(&options, &scanning.reader, error);

    if (status != STATUS_OK)
        return status;
    scanning.positions = must_alloc(scan->count * sizeof *scanning.positions);
    status = read_all(&scanning, error);
    free(scanning.positions);
    /* Nothing depends on a clean end: the process is about to end, too. */
    (void)!kafka_consumer_close(scanning.reader, CLOSE_MS, &ignored);
    return status;
}
