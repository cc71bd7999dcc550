#include "producers/importer/state_file.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum status state_file_read(const char *path, uint64_t file, struct feeder_place *ret_place,
                            struct error *error)
{
    FILE *stream = fopen(path, "re");
    struct feeder_place found = {0};
    uint64_t found_file = 0;
    int fields;

    if (stream == NULL && errno == ENOENT) {
        *ret_place = found;
        return STATUS_OK;
    }
    if (stream == NULL)
        return error_set(error, STATUS_REJECT, "%.150s: %s", path, strerror(errno));
    fields =
        fscanf(stream, "tributary-import 2 file %16" SCNx64 " line %18" SCNu64 " row %16" SCNx64,
               &found_file, &found.at, &found.check);
    fclose(stream);
    if (fields != 3)
        return error_set(error, STATUS_REJECT, "%.150s is no state of an import", path);
    if (found_file != file)
        return error_set(error, STATUS_REJECT, "%.150s is the state of another file's import",
                         path);
    *ret_place = found;
    return STATUS_OK;
}

enum status state_file_write(const char *path, uint64_t file, struct feeder_place place,
                             struct error *error)
{
    char next[PATH_MAX];
    FILE *stream;
    bool good;

    if (snprintf(next, sizeof next, "%s.new", path) >= (int)sizeof next)
        return error_set(error, STATUS_FATAL, "the path of the state is too long");
    stream = fopen(next, "we");
    if (stream == NULL)
        return error_set(error, STATUS_FATAL, "%.150s: %s", next, strerror(errno));
    good =
        fprintf(stream,
                "tributary-import 2\nfile %016" PRIx64 "\nline %" PRIu64 "\nrow %016" PRIx64 "\n",
                file, place.at, place.check) > 0 &&
        fflush(stream) == 0 && fdatasync(fileno(stream)) == 0;
    if (fclose(stream) != 0 || !good || rename(next, path) != 0)
        return error_set(error, STATUS_FATAL, "%.150s: %s", path, strerror(errno));
    return STATUS_OK;
}
