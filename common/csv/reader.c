/* libcsv pushes fields out of whatever it is given; given one line at a time, it never pushes more
 * than one row, and the line's number is known. */
#include "common/csv/csv.h"

#include "common/base/buffer.h"
#include "common/base/must.h"

#include <csv.h>

enum { CHUNK_BYTES = 64 * 1024 };

struct place {
    size_t at;
    size_t size;
};

struct csv_reader {
    struct csv_source source;
    struct csv_parser parser;
    char *chunk;
    size_t size; /* of the chunk */
    size_t at;   /* of it that is used */
    bool begun;  /* the byte order mark is behind us */
    bool ended;  /* the source */
    bool over;   /* nothing more will come */
    bool after_return;
    uint64_t line;

    /* The row under way. */
    struct buffer text;
    struct place *places;
    struct slice *fields;
    size_t count;
    bool too_many;
    bool complete;
    uint64_t row_line; /* 0: no row has begun */
};

static void *grow_field(void *old, size_t size)
{
    return size > CSV_FIELD_BYTES_MAX ? NULL : realloc(old, size);
}

/* Blanks belong to a field. */
static int no_blank(unsigned char byte)
{
    (void)byte;
    return 0;
}

struct csv_reader *csv_reader_new(const struct csv_source *source)
{
    struct csv_reader *reader = must_alloc(sizeof *reader);

    reader->source = *source;
    reader->line = 1;
    reader->chunk = must_alloc(CHUNK_BYTES);
    reader->places = must_alloc(CSV_FIELDS_MAX * sizeof *reader->places);
    reader->fields = must_alloc(CSV_FIELDS_MAX * sizeof *reader->fields);
    buffer_init(&reader->text, CSV_ROW_BYTES_MAX);
    MUST(csv_init(&reader->parser, 0) == 0);
    csv_set_realloc_func(&reader->parser, grow_field);
    csv_set_space_func(&reader->parser, no_blank);
    csv_set_blk_size(&reader->parser, 4096);
    return reader;
}

void csv_reader_free(struct csv_reader *reader)
{
    if (reader == NULL)
        return;
    if (reader->source.close != NULL)
        reader->source.close(reader->source.context);
    csv_free(&reader->parser);
    buffer_done(&reader->text);
    free(reader->chunk);
    free(reader->places);
    free(reader->fields);
    free(reader);
}

static void take_field(void *data, size_t size, void *context)
{
    struct csv_reader *reader = context;

    if (reader->count == CSV_FIELDS_MAX) {
        reader->too_many = true;
        return;
    }
    reader->places[reader->count++] = (struct place){reader->text.size, size};
    buffer_append(&reader->text, data, size);
}

static void take_row(int byte, void *context)
{
    struct csv_reader *reader = context;

    (void)byte;
    reader->complete = true;
}

static enum status begin(struct csv_reader *reader, struct error *error)
{
    const struct slice start = {reader->chunk, reader->size};

    reader->begun = true;
    if (start.size >= 3 && memcmp(start.data, "\xef\xbb\xbf", 3) == 0)
        reader->at = 3;
    if (start.size >= 2 &&
        (memcmp(start.data, "\xff\xfe", 2) == 0 || memcmp(start.data, "\xfe\xff", 2) == 0))
        return error_set(error, STATUS_REJECT, "csv: UTF-16; it must be UTF-8");
    return STATUS_OK;
}

/* A full chunk, or what is left: the start must not be cut within the mark. */
static enum status fill(struct csv_reader *reader, struct error *error)
{
    enum status status = STATUS_OK;

    reader->at = reader->size = 0;
    while (reader->size < CHUNK_BYTES && !reader->ended && status == STATUS_OK) {
        size_t size = 0;

        status = reader->source.read(reader->source.context, reader->chunk + reader->size,
                                     CHUNK_BYTES - reader->size, &size, error);
        reader->size += size;
        reader->ended = size == 0;
    }
    if (status == STATUS_OK && !reader->begun)
        status = begin(reader, error);
    return status;
}

static enum status check_row(const struct csv_reader *reader, uint64_t line, struct error *error)
{
    if (reader->too_many)
        return error_set(error, STATUS_REJECT, "csv: line %llu has more than %d fields",
                         (unsigned long long)line, CSV_FIELDS_MAX);
    if (reader->text.overflow)
        return error_set(error, STATUS_REJECT, "csv: line %llu has more than %d bytes",
                         (unsigned long long)line, CSV_ROW_BYTES_MAX);
    return STATUS_OK;
}

/* Up to the next line break, or the end of the chunk. */
static size_t segment(const struct csv_reader *reader)
{
    const char *start = reader->chunk + reader->at;
    size_t size = reader->size - reader->at;
    const char *end = memchr(start, '\n', size), *cr;

    if (end != NULL)
        size = (size_t)(end - start) + 1;
    cr = memchr(start, '\r', size);
    return cr == NULL ? size : (size_t)(cr - start) + 1;
}

/* A line feed that is alone right behind a return belongs to it. */
static void count_line(struct csv_reader *reader, const char *start, size_t size)
{
    char last = start[size - 1];

    if (last == '\r' || (last == '\n' && !(size == 1 && reader->after_return)))
        reader->line++;
    reader->after_return = last == '\r';
}

static enum status feed(struct csv_reader *reader, struct error *error)
{
    const char *start = reader->chunk + reader->at;
    size_t size = segment(reader);

    if (reader->row_line == 0 && *start != '\r' && *start != '\n')
        reader->row_line = reader->line;
    if (csv_parse(&reader->parser, start, size, take_field, take_row, reader) != size)
        return error_set(error, STATUS_REJECT,
                         "csv: line %llu: a field of more than %d bytes; is a quote not closed?",
                         (unsigned long long)reader->row_line, CSV_FIELD_BYTES_MAX);
    reader->at += size;
    count_line(reader, start, size);
    return check_row(reader, reader->row_line, error);
}

static enum status finish(struct csv_reader *reader, struct error *error)
{
    reader->over = true;
    /* Strict only here: within the text a stray quote is a character. */
    (void)csv_set_opts(&reader->parser, CSV_STRICT | CSV_STRICT_FINI);
    if (csv_fini(&reader->parser, take_field, take_row, reader) != 0)
        return error_set(error, STATUS_REJECT, "csv: the quote of line %llu is never closed",
                         (unsigned long long)reader->row_line);
    return check_row(reader, reader->row_line, error);
}

static enum status advance(struct csv_reader *reader, struct error *error)
{
    enum status status = STATUS_OK;

    while (status == STATUS_OK && !reader->complete && !reader->over) {
        if (reader->at < reader->size)
            status = feed(reader, error);
        else if (!reader->ended)
            status = fill(reader, error);
        else
            status = finish(reader, error);
    }
    if (status != STATUS_OK)
        reader->over = true;
    return status;
}

enum status csv_reader_next(struct csv_reader *reader, struct csv_row *ret_row, bool *ret_found,
                            struct error *error)
{
    enum status status;

    buffer_reset(&reader->text);
    reader->count = 0;
    reader->complete = false;
    reader->row_line = 0;
    status = advance(reader, error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < reader->count; i++)
        reader->fields[i] = (struct slice){
            reader->places[i].size == 0 ? "" : reader->text.data + reader->places[i].at,
            reader->places[i].size};
    *ret_found = reader->complete;
    *ret_row = (struct csv_row){reader->row_line, reader->fields, reader->count};
    return STATUS_OK;
}
