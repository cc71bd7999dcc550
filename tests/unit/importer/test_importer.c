/* producers/importer: the file that is read twice. */
#include "producers/importer/importer.h"
#include "producers/importer/mapping.h"
#include "tests/support/suite/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { ROWS = 20000 }; /* more than a reader takes ahead */

static const struct importer_flags usual = {.map = MAPPING_DEFAULT};

static void write_rows(int fd, int rows)
{
    ck_assert_int_gt(dprintf(fd, "date,user,amount,merchant\n"), 0);
    for (int i = 0; i < rows; i++)
        ck_assert_int_gt(dprintf(fd, "2026-01-01,u%d,-12.34,shop\n", i), 0);
}

/* What comes when all was taken. */
static enum feeder_next drain(struct importer *importer, uint64_t *ret_events, struct error *error)
{
    struct feeder_source source = importer_source(importer);
    struct feeder_event event;
    struct event_fault fault;
    enum feeder_next next;

    *ret_events = 0;
    do {
        next = source.next(source.state, &event, &fault, error);
        *ret_events += next == FEEDER_EVENT;
    } while (next == FEEDER_EVENT || next == FEEDER_REFUSED); /* the last may be torn */
    return next;
}

START_TEST(a_pipe_is_refused)
{
    struct importer *importer = NULL;
    struct error error = {0};
    char path[32];
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    write_rows(ends[1], 10);
    close(ends[1]);
    snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
    ck_assert_int_eq(importer_new(&importer, path, &usual, &error), STATUS_REJECT);
    ck_assert_ptr_nonnull(strstr(error.text, "regular file"));
    close(ends[0]);
}
END_TEST

START_TEST(a_file_that_shrinks_is_a_failure)
{
    char path[] = "/tmp/importer_test_XXXXXX";
    struct importer *importer = NULL;
    struct error error = {0};
    int fd = mkstemp(path);
    uint64_t events;

    ck_assert_int_ge(fd, 0);
    write_rows(fd, ROWS);
    for (int shrunk = 0; shrunk < 2; shrunk++) {
        ck_assert_int_eq(importer_new(&importer, path, &usual, &error), STATUS_OK);
        ck_assert_uint_eq(importer_source(importer).total, ROWS);
        ck_assert_int_eq(shrunk ? ftruncate(fd, 100) : 0, 0);
        ck_assert_int_eq(drain(importer, &events, &error), shrunk ? FEEDER_FAILED : FEEDER_END);
        ck_assert_int_eq(events == ROWS, !shrunk);
        importer_free(importer);
    }
    ck_assert_int_eq(error.status, STATUS_FATAL);
    ck_assert_ptr_nonnull(strstr(error.text, "changed"));
    close(fd);
    unlink(path);
}
END_TEST

SUITE_MAIN("importer/file", a_pipe_is_refused, a_file_that_shrinks_is_a_failure);
