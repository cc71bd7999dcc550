#include "producers/feeder/journal.h"

#include "common/base/must.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

enum { JOURNAL_BYTES_MAX = 16 << 20 }; /* of one answer */

struct feeder_journal {
    int fd;
    struct buffer lines;
};

enum status feeder_journal_open(struct feeder_journal **ret_journal, const char *path,
                                struct error *error)
{
    struct feeder_journal *journal;
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);

    if (fd < 0)
        return error_set(error, STATUS_REJECT, "journal %.150s: %s", path, strerror(errno));
    journal = must_alloc(sizeof *journal);
    journal->fd = fd;
    buffer_init(&journal->lines, JOURNAL_BYTES_MAX);
    *ret_journal = journal;
    return STATUS_OK;
}

void feeder_journal_free(struct feeder_journal *journal)
{
    if (journal == NULL)
        return;
    close(journal->fd);
    buffer_done(&journal->lines);
    free(journal);
}

void feeder_journal_add(struct feeder_journal *journal, enum event_kind kind, struct slice id,
                        const struct feeder_outcome *outcome)
{
    struct buffer *lines = &journal->lines;

    buffer_format(lines, "%s\t%.*s\t", event_kind_name(kind), SLICE_FORMAT(id));
    if (outcome->result == FEEDER_ACCEPTED)
        buffer_format(lines, "accepted\t%" PRId32 "\t%" PRId64 "\n", outcome->partition,
                      outcome->offset);
    else if (outcome->result == FEEDER_REJECTED)
        buffer_format(lines, "rejected\t%d\t%.*s\n", outcome->status,
                      SLICE_FORMAT(outcome->reason));
    else
        buffer_append_text(lines, "unknown\t-\t-\n");
}

enum status feeder_journal_flush(struct feeder_journal *journal, struct error *error)
{
    struct buffer *lines = &journal->lines;

    if (lines->overflow)
        return error_set(error, STATUS_FATAL, "journal: too much at once");
    while (lines->size > 0) {
        ssize_t size = write(journal->fd, lines->data, lines->size);

        if (size < 0 && errno == EINTR)
            continue;
        if (size <= 0)
            return error_set(error, STATUS_FATAL, "journal: %s", strerror(errno));
        buffer_consume(lines, (size_t)size);
    }
    return STATUS_OK;
}
