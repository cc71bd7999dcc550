#include "producers/importer/importer.h"

#include "common/base/clock.h"
#include "common/base/hash.h"
#include "common/base/must.h"
#include "common/log/log.h"
#include "producers/importer/mapping.h"
#include "producers/importer/state_file.h"

#include <sys/stat.h>

struct importer {
    const struct importer_flags *flags; /* borrowed */
    struct csv_reader *reader;
    struct mapping *mapping;
    uint64_t file; /* hash of its name */
    struct feeder_place place;
    uint64_t saved; /* line */
    uint64_t total; /* rows to be posted */
    uint64_t given;
};

const struct setting importer_flag_table[] = {
    {.name = "map",
     SETTING_AT(TEXT, struct importer_flags, map),
     .fallback = MAPPING_DEFAULT,
     .help = "columns: COLUMN=FIELD,...; FIELD:=VALUE for all rows alike"},
    {.name = "label",
     SETTING_AT(TEXT, struct importer_flags, label),
     .fallback = "primary",
     .help = "column of the category that the user wants, if the file has it"},
    {.name = "resume",
     SETTING_AT(TEXT, struct importer_flags, resume),
     .help = "state file: goes on behind the line that it names, and keeps it"},
    {.name = "limit",
     SETTING_AT(INTEGER, struct importer_flags, limit),
     .fallback = "0",
     .max = INT64_MAX,
     .help = "rows to post at most; 0: all"},
};
const size_t importer_flag_count = sizeof importer_flag_table / sizeof importer_flag_table[0];

void importer_free(struct importer *importer)
{
    if (importer == NULL)
        return;
    csv_reader_free(importer->reader);
    mapping_free(importer->mapping);
    free(importer);
}

/* A file may have another's name, and the state of its import. */
static enum status check_place(const struct importer *importer, bool there, struct error *error)
{
    if (there || importer->place.at == 0)
        return STATUS_OK;
    return error_set(error, STATUS_REJECT,
                     "%.150s is the state of another file's import: line %llu differs",
                     importer->flags->resume, (unsigned long long)importer->place.at);
}

/* Those behind the place, which must be as it was; lines only grow. */
static enum status count_rows(struct importer *importer, const char *path, struct error *error)
{
    uint64_t limit = (uint64_t)importer->flags->limit;
    OWNED(csv_reader) reader = NULL;
    enum status status = csv_reader_open(&reader, path, error);
    bool found = true, header = true, there = false;
    struct csv_row row;

    while (status == STATUS_OK && found && (limit == 0 || importer->total < limit)) {
        status = csv_reader_next(reader, &row, &found, error);
        if (status != STATUS_OK || !found)
            break;
        importer->total += !header && row.line > importer->place.at;
        there = there || (row.line == importer->place.at &&
                          mapping_hash(importer->file, &row) == importer->place.check);
        header = false;
    }
    return status == STATUS_OK ? check_place(importer, there, error) : status;
}

static enum status open_file(struct importer *importer, const char *path, struct error *error)
{
    enum status status = csv_reader_open(&importer->reader, path, error);
    struct csv_row header;
    bool found = false;

    if (status == STATUS_OK)
        status = csv_reader_next(importer->reader, &header, &found, error);
    if (status != STATUS_OK)
        return status;
    if (!found)
        return error_set(error, STATUS_REJECT, "%.150s is empty", path);
    return mapping_bind(importer->mapping, &header, error);
}

/* A pipe's rows would be gone with the counting. Whether it is there is for the reader to say. */
static enum status check_regular(const char *path, struct error *error)
{
    struct stat found;

    if (stat(path, &found) != 0 || S_ISREG(found.st_mode))
        return STATUS_OK;
    return error_set(error, STATUS_REJECT,
                     "%.150s is no regular file, and is to be read twice: write it to one first",
                     path);
}

/* Of the name alone: the file may lie elsewhere the next time. */
static uint64_t file_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return hash_fnv1a(HASH_FNV_SEED, slice_of(slash == NULL ? path : slash + 1));
}

enum status importer_new(struct importer **ret_importer, const char *path,
                         const struct importer_flags *flags, struct error *error)
{
    OWNED(importer) importer = must_alloc(sizeof *importer);
    enum status status = check_regular(path, error);

    importer->flags = flags;
    importer->file = file_of(path);
    if (status == STATUS_OK)
        status = mapping_new(&importer->mapping, flags->map, flags->label, error);
    if (status == STATUS_OK && flags->resume != NULL)
        status = state_file_read(flags->resume, importer->file, &importer->place, error);
    if (status == STATUS_OK)
        status = open_file(importer, path, error);
    if (status == STATUS_OK)
        status = count_rows(importer, path, error);
    importer->saved = importer->place.at;
    if (status == STATUS_OK)
        *ret_importer = TAKE(importer);
    return status;
}

static enum feeder_next next(void *state, struct feeder_event *ret_event,
                             struct event_fault *ret_fault, struct error *error)
{
    struct importer *importer = state;
    struct csv_row row = {0};
    bool found = true;

    if (importer->given == importer->total)
        return FEEDER_END;
    do {
        if (csv_reader_next(importer->reader, &row, &found, error) != STATUS_OK)
            return FEEDER_FAILED;
    } while (found && row.line <= importer->place.at);
    if (!found) {
        (void)error_set(
            error, STATUS_FATAL, "the file changed while it was read: row %llu of %llu is gone",
            (unsigned long long)importer->given + 1, (unsigned long long)importer->total);
        return FEEDER_FAILED;
    }
    importer->given++;
    return mapping_apply(importer->mapping, &row, importer->file, clock_wall_us(), ret_event,
                         ret_fault)
               ? FEEDER_EVENT
               : FEEDER_REFUSED;
}

struct feeder_source importer_source(struct importer *importer)
{
    return (struct feeder_source){next, importer, importer->total};
}

struct feeder_place importer_place(const struct importer *importer)
{
    return importer->place;
}

void importer_reached(void *opaque, struct feeder_place place)
{
    struct importer *importer = opaque;
    struct error error = {0};

    if (importer->flags->resume == NULL || place.at == importer->saved)
        return;
    if (state_file_write(importer->flags->resume, importer->file, place, &error) != STATUS_OK)
        log_error_line(LOG_ERROR, "state_not_written", &error);
    else
        importer->saved = place.at;
}
