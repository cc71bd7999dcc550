#include "deploy/local/parent/parent_output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static enum status open_file(struct parent_output *output, struct error *error)
{
    struct stat status;

    output->file = open(output->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (output->file < 0 || fstat(output->file, &status) != 0)
        return error_set(error, STATUS_FATAL, "%s: %s", output->path, strerror(errno));
    output->size = status.st_size;
    return STATUS_OK;
}

enum status parent_output_open(struct parent_output *output, const char *path, int64_t limit_bytes,
                               struct error *error)
{
    *output = (struct parent_output){.file = -1, .limit_bytes = limit_bytes};
    if (snprintf(output->path, sizeof output->path, "%s", path) >= PARENT_PATH_SIZE)
        return error_set(error, STATUS_FATAL, "%s: too long a path", path);
    snprintf(output->old_path, sizeof output->old_path, "%s.1", output->path);
    return open_file(output, error);
}

void parent_output_done(struct parent_output *output)
{
    if (output->file >= 0)
        close(output->file);
    output->file = -1;
}

static void begin_new(struct parent_output *output)
{
    struct error ignored = {0};

    parent_output_done(output);
    rename(output->path, output->old_path);
    if (open_file(output, &ignored) != STATUS_OK)
        parent_output_done(output);
}

static void append(struct parent_output *output, struct slice bytes)
{
    ssize_t size = output->file < 0 ? 0 : write(output->file, bytes.data, bytes.size);

    if (size < 0)
        size = 0;
    output->size += size;
    output->lost_bytes += (int64_t)bytes.size - size;
}

void parent_output_write(struct parent_output *output, struct slice bytes)
{
    const char *end;
    size_t head;

    if (bytes.size == 0)
        return;
    if (output->size + (int64_t)bytes.size <= output->limit_bytes) {
        append(output, bytes);
        return;
    }
    end = memrchr(bytes.data, '\n', bytes.size);
    head = end == NULL ? 0 : (size_t)(end - bytes.data) + 1;
    if (head > 0)
        append(output, (struct slice){bytes.data, head});
    begin_new(output);
    if (head < bytes.size)
        append(output, (struct slice){bytes.data + head, bytes.size - head});
}
