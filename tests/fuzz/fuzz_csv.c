/* CSV files: csv_reader, and by it libcsv. However the bytes are cut, the rows are the same; and
 * rows that were read, written quoted, are read again as the same. */
#include "common/base/buffer.h"
#include "common/base/must.h"
#include "common/csv/csv.h"
#include "tests/fuzz/target.h"

enum { TEXT_MAX = 8 << 20 };

struct text {
    struct slice left;
    size_t piece;
};

static enum status text_read(void *context, char *data, size_t size, size_t *ret_size,
                             struct error *error)
{
    struct text *text = context;

    (void)error;
    size = size < text->piece ? size : text->piece;
    size = size < text->left.size ? size : text->left.size;
    *ret_size = size;
    if (size == 0)
        return STATUS_OK;
    memcpy(data, text->left.data, size);
    text->left.data += size;
    text->left.size -= size;
    return STATUS_OK;
}

static void write_field(struct slice field, struct buffer *out)
{
    buffer_append_byte(out, '"');
    for (size_t i = 0; i < field.size; i++) {
        if (field.data[i] == '"')
            buffer_append_byte(out, '"');
        buffer_append_byte(out, (uint8_t)field.data[i]);
    }
    buffer_append_byte(out, '"');
}

/* All rows with every field in quotes. False when the text is none. */
static bool rewrite(struct slice bytes, size_t piece, struct buffer *out)
{
    struct text text = {bytes, piece};
    struct csv_source source = {text_read, NULL, &text};
    struct csv_reader *reader = csv_reader_new(&source);
    struct error error = {0};
    enum status status = STATUS_OK;
    uint64_t line = 0;
    bool found = true;
    struct csv_row row;

    while (status == STATUS_OK && found) {
        status = csv_reader_next(reader, &row, &found, &error);
        if (status != STATUS_OK || !found)
            break;
        MUST(row.count > 0 && row.count <= CSV_FIELDS_MAX && row.line > line);
        line = row.line;
        for (size_t i = 0; i < row.count; i++) {
            if (i > 0)
                buffer_append_byte(out, ',');
            write_field(row.fields[i], out);
        }
        buffer_append_byte(out, '\n');
    }
    MUST(status == STATUS_OK || status == STATUS_REJECT);
    MUST(!out->overflow);
    csv_reader_free(reader);
    return status == STATUS_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct slice bytes = {(const char *)data, size};
    struct buffer whole, pieces, again;
    bool good;

    if (size > TEXT_MAX / 4)
        return 0;
    buffer_init(&whole, TEXT_MAX);
    buffer_init(&pieces, TEXT_MAX);
    buffer_init(&again, TEXT_MAX);
    good = rewrite(bytes, size + 1, &whole);
    MUST(rewrite(bytes, 1 + size % 7, &pieces) == good);
    MUST(slice_equal(buffer_slice(&whole), buffer_slice(&pieces)));
    if (good) {
        MUST(rewrite(buffer_slice(&whole), TEXT_MAX, &again));
        MUST(slice_equal(buffer_slice(&whole), buffer_slice(&again)));
    }
    buffer_done(&whole);
    buffer_done(&pieces);
    buffer_done(&again);
    return 0;
}
