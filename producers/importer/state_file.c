#include "producers/importer/state_file.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum status state_file_read(const char *path, uint64_t file, uint64_t *ret_line,
                            struct error *error)
{
    FILE *stream = fopen(path, "re");
    uint64_t found_file = 0, found_line = 0;
    int fields;

    if (stream == NULL && errno == ENOENT) {
        *ret_line = 0;
        return STATUS_OK;
    }
    if (stream == NULL)
        return error_set(error, STATUS_REJECT, "%.150s: %s", path, strerror(errno));
    fields = fscanf(stream, "tributary-import 1 file %16" SCNx64 " line %18" SCNu64, &found_file,
                    &found_line);
    fclose(stream);
    if (fields != 2)
        return error_set(error, STATUS_REJECT, "%.150s is no state of an import", path);
    if (found_file != file)
        return error_set(error, STATUS_REJECT, "%.150s is the state of another file's import",
                         path);
    *ret_line = found_line;
    return STATUS_OK;
}

enum status state_file_write(const char *path, uint64_t file, uint64_t line, struct error *error)
{
    char next[PATH_MAX];
    FILE *stream;
    bool good;

    if (snprintf(next, sizeof next, "%s.new", path) >= (int)sizeof next)
        return error_set(error, STATUS_FATAL, "the path of the state is too long");
    stream = fopen(next, "we");
    if (stream == NULL)
        return error_set(error, STATUS_FATAL, "%.150s: %s", next, strerror(errno));
    good = fprintf(stream, "tributary-import 1\nfile %016" PRIx64 "\nline %" PRIu64 "\n", file,
                   line) > 0 &&
           fflush(stream) == 0 && fdatasync(fileno(stream)) == 0;
    if (fclose(stream) != 0 || !good || rename(next, path) != 0)
        return error_set(error, STATUS_FATAL, "%.150s: %s", path, strerror(errno));
    return STATUS_OK;
}
