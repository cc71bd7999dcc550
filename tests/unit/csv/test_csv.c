/* common/csv: rows out of bytes, however they are cut. */
#include "common/csv/csv.h"
#include "tests/support/suite/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

/* Bytes that come `piece` at a time. */
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
    if (size > 0)
        memcpy(data, text->left.data, size);
    text->left.data += size;
    text->left.size -= size;
    *ret_size = size;
    return STATUS_OK;
}

/* Rows as "line[field|field]"; the last word is "ok" or the error's text. */
static void render(struct slice bytes, size_t piece, char *out, size_t size)
{
    struct text text = {bytes, piece};
    struct csv_source source = {text_read, NULL, &text};
    OWNED(csv_reader) reader = csv_reader_new(&source);
    struct error error = {0};
    bool found = true;
    size_t at = 0;

    out[0] = '\0';
    while (found) {
        struct csv_row row;

        if (csv_reader_next(reader, &row, &found, &error) != STATUS_OK) {
            ck_assert_int_eq(error.status, STATUS_REJECT);
            snprintf(out + at, size - at, "%s", error.text);
            return;
        }
        if (!found)
            break;
        at += (size_t)snprintf(out + at, size - at, "%llu[", (unsigned long long)row.line);
        for (size_t i = 0; i < row.count; i++)
            at += (size_t)snprintf(out + at, size - at, "%s%.*s", i > 0 ? "|" : "",
                                   SLICE_FORMAT(row.fields[i]));
        at += (size_t)snprintf(out + at, size - at, "]");
    }
    snprintf(out + at, size - at, "ok");
}

static const struct {
    const char *text;
    const char *rows;
} cases[] = {
    {"", "ok"},
    {"a", "1[a]ok"},
    {"a,b\nc,d\n", "1[a|b]2[c|d]ok"},
    {"a,b\r\nc,d\r\n", "1[a|b]2[c|d]ok"},
    {"a,b\rc,d", "1[a|b]2[c|d]ok"},
    {"a\rb,\nc\r\n\nd", "1[a]2[b|]3[c]5[d]ok"},
    {"a,\n,b\n,\n", "1[a|]2[|b]3[|]ok"},
    {"\n\n\na\n\nb\n", "4[a]6[b]ok"},
    {"\r\n\r\na\r\n", "3[a]ok"},
    {"\"a,b\",c\n", "1[a,b|c]ok"},
    {"\"a\nb\r\nc\",d\ne\n", "1[a\nb\r\nc|d]4[e]ok"},
    {"\"say \"\"no\"\"\"\n", "1[say \"no\"]ok"},
    {"\"\"\n", "1[]ok"},
    {" a , b \n", "1[ a | b ]ok"},
    {"5\" pipe,x\n", "1[5\" pipe|x]ok"},
    {"\xef\xbb\xbf"
     "a,b\n",
     "1[a|b]ok"},
    {"\xef\xbb\xbf\"a\",b\n", "1[a|b]ok"},
    {"\xff\xfe"
     "a",
     "csv: UTF-16; it must be UTF-8"},
    {"a\n\"b\nc\n", "1[a]csv: the quote of line 2 is never closed"},
    {"caf\xc3\xa9\n", "1[caf\xc3\xa9]ok"},
};

START_TEST(rows_are_read)
{
    static const size_t pieces[] = {1, 2, 3, 7, 1000};
    char out[512];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (size_t p = 0; p < sizeof pieces / sizeof pieces[0]; p++) {
            render(slice_of(cases[i].text), pieces[p], out, sizeof out);
            ck_assert_str_eq(out, cases[i].rows);
        }
}
END_TEST

/* Reads `bytes`, expecting an error that holds the text. */
static void expect_error(const char *bytes, size_t size, const char *text)
{
    struct text all = {{bytes, size}, size};
    struct csv_source source = {text_read, NULL, &all};
    OWNED(csv_reader) reader = csv_reader_new(&source);
    struct error error = {0};
    enum status status = STATUS_OK;
    struct csv_row row;
    bool found = true;

    while (status == STATUS_OK && found)
        status = csv_reader_next(reader, &row, &found, &error);
    ck_assert_int_eq(status, STATUS_REJECT);
    ck_assert_ptr_nonnull(strstr(error.text, text));
}

START_TEST(everything_is_bounded)
{
    enum { BYTES = 3 << 20 };
    char *bytes = malloc(BYTES);

    memset(bytes, 'x', BYTES);
    expect_error(bytes, BYTES, "is a quote not closed?");
    memset(bytes, ',', BYTES);
    expect_error(bytes, BYTES, "more than 1024 fields");
    for (size_t i = 0; i < BYTES; i++)
        bytes[i] = i % 60000 == 0 ? ',' : 'y';
    expect_error(bytes, BYTES, "more than 1048576 bytes");
    bytes[0] = '"'; /* swallows all that follows */
    for (size_t i = 1; i < BYTES; i++)
        bytes[i] = i % 50 == 0 ? '\n' : 'z';
    expect_error(bytes, BYTES, "line 1: a field of more than 65536 bytes");
    free(bytes);
}
END_TEST

enum { ROWS = 20000 };

static void write_gzip(const char *path, bool plain)
{
    gzFile file = gzopen(path, plain ? "wbT" : "wb");

    for (int i = 0; i < ROWS; i++)
        ck_assert_int_gt(gzprintf(file, "%d,\"merchant, %d\"\n", i, i * 7919), 0);
    ck_assert_int_eq(gzclose(file), Z_OK);
}

static int count_file(const char *path, struct error *error)
{
    OWNED(csv_reader) reader = NULL;
    struct csv_row row;
    bool found = true;
    int rows = 0;

    if (csv_reader_open(&reader, path, error) != STATUS_OK)
        return -1;
    while (csv_reader_next(reader, &row, &found, error) == STATUS_OK) {
        if (!found)
            return rows;
        ck_assert_uint_eq(row.line, (uint64_t)rows + 1);
        ck_assert_uint_eq(row.count, 2);
        rows++;
    }
    return -1;
}

START_TEST(files_are_plain_or_gzip)
{
    char path[] = "/tmp/csv_test_XXXXXX";
    int fd = mkstemp(path);
    struct error error = {0};

    ck_assert_int_ge(fd, 0);
    close(fd);
    write_gzip(path, false);
    ck_assert_int_eq(count_file(path, &error), ROWS);
    write_gzip(path, true);
    ck_assert_int_eq(count_file(path, &error), ROWS);
    unlink(path);
    ck_assert_int_eq(count_file(path, &error), -1);
    ck_assert_int_eq(error.status, STATUS_REJECT);
}
END_TEST

/* A cut archive must not look like a shorter file. */
START_TEST(a_cut_gzip_is_an_error)
{
    char path[] = "/tmp/csv_test_XXXXXX";
    int fd = mkstemp(path);
    struct error error = {0};

    ck_assert_int_ge(fd, 0);
    write_gzip(path, false);
    ck_assert_int_eq(ftruncate(fd, lseek(fd, 0, SEEK_END) / 2), 0);
    ck_assert_int_eq(count_file(path, &error), -1);
    ck_assert_int_eq(error.status, STATUS_REJECT);
    ck_assert_ptr_nonnull(strstr(error.text, "gzip"));
    close(fd);
    unlink(path);
}
END_TEST

SUITE_MAIN("csv", rows_are_read, everything_is_bounded, files_are_plain_or_gzip,
           a_cut_gzip_is_an_error);
