/* zlib's own reader of files, which passes through what is not gzip. */
#include "common/csv/csv.h"

#include <errno.h>
#include <zlib.h>

static enum status file_read(void *context, char *data, size_t size, size_t *ret_size,
                             struct error *error)
{
    gzFile file = context;
    int got = gzread(file, data, (unsigned)size);
    int code = Z_OK;
    const char *text = gzerror(file, &code);

    /* An archive that was cut gives its last bytes and Z_BUF_ERROR. */
    if (got < 0 || code == Z_BUF_ERROR)
        return error_set(error, STATUS_REJECT, "csv: the gzip file is broken or cut: %s", text);
    *ret_size = (size_t)got;
    return STATUS_OK;
}

static void file_close(void *context)
{
    gzclose(context);
}

enum status csv_reader_open(struct csv_reader **ret_reader, const char *path, struct error *error)
{
    gzFile file = gzopen(path, "rbe");
    struct csv_source source = {file_read, file_close, file};

    if (file == NULL)
        return error_set(error, STATUS_REJECT, "csv: %.150s: %s", path, strerror(errno));
    gzbuffer(file, 1 << 17);
    *ret_reader = csv_reader_new(&source);
    return STATUS_OK;
}
