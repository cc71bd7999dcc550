#include "common/transform/commits.h"

#include "common/base/must.h"
#include "common/log/log.h"

enum { ALL_MS = 10000 };

void commits_init(struct commits *commits, int32_t partitions, int64_t interval_ms)
{
    *commits = (struct commits){.partitions = partitions, .interval_ms = interval_ms};
    commits->asked = must_alloc((size_t)partitions * sizeof *commits->asked);
    commits->positions = must_alloc((size_t)partitions * sizeof *commits->positions);
}

void commits_done(struct commits *commits)
{
    free(commits->asked);
    free(commits->positions);
    *commits = (struct commits){0};
}

void commits_take(struct commits *commits, int32_t partition, int64_t committed)
{
    commits->asked[partition] = committed;
}

size_t commits_collect(struct commits *commits, const struct window *window, bool all)
{
    size_t count = 0;

    for (int32_t partition = 0; partition < commits->partitions; partition++) {
        int64_t offset;

        if (!window_holds(window, partition))
            continue;
        offset = window_committable(window, partition);
        if (all || offset != commits->asked[partition])
            commits->positions[count++] =
                (struct kafka_position){.partition = partition, .offset = offset};
    }
    return count;
}

static void commits_asked(struct commits *commits, size_t count)
{
    for (size_t i = 0; i < count; i++)
        commits->asked[commits->positions[i].partition] = commits->positions[i].offset;
}

void commits_turn(struct commits *commits, const struct window *window,
                  struct kafka_consumer *consumer, struct transform_stats *stats, int64_t now_ms)
{
    bool all = now_ms >= commits->all_at_ms;
    struct error error = {0};
    size_t count;

    if (now_ms < commits->next_at_ms)
        return;
    commits->next_at_ms = now_ms + commits->interval_ms;
    if (all)
        commits->all_at_ms = now_ms + ALL_MS;
    count = commits_collect(commits, window, all);
    if (count == 0 ||
        kafka_consumer_commit_async(consumer, commits->positions, count, &error) != STATUS_OK)
        return;
    commits_asked(commits, count);
    for (size_t i = 0; i < count; i++)
        transform_stats_committed(stats, commits->positions[i].partition,
                                  commits->positions[i].offset);
}

void commits_settle(struct commits *commits, const struct window *window,
                    struct kafka_consumer *consumer, int64_t timeout_ms)
{
    struct error error = {0};
    /* All: whether an earlier one without waiting went through is not known. */
    size_t count = commits_collect(commits, window, true);

    if (count == 0)
        return;
    if (kafka_consumer_commit(consumer, commits->positions, count, timeout_ms, &error) == STATUS_OK)
        commits_asked(commits, count);
    else
        log_error_line(LOG_INFO, "commit_not_settled", &error);
}
