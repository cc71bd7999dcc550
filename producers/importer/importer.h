/* Posts the rows of a CSV file, plain or gzip, as transactions through the gateway. The first row
 * names the columns (mapping.h). Rows without an id of their own get one of the file's name, the
 * line and what is on it, so that importing twice, or going on after a crash, has the effect of
 * once, and next month's file of the same name is another. */
#ifndef TRIBUTARY_IMPORTER_IMPORTER_H
#define TRIBUTARY_IMPORTER_IMPORTER_H

#include "producers/feeder/feeder.h"

struct importer_flags {
    const char *map;
    const char *label;
    const char *resume; /* state file; NULL: none is kept */
    int64_t limit;      /* rows; 0: all */
};

extern const struct setting importer_flag_table[];
extern const size_t importer_flag_count;

struct importer;

/* Reads the file once to count its rows, then opens it at the first row to be posted. */
MUST_CHECK enum status importer_new(struct importer **ret_importer, const char *path,
                                    const struct importer_flags *flags, struct error *error);
void importer_free(struct importer *importer);
OWNED_DEFINE(importer);

/* To be given to feeder_run. */
struct feeder_source importer_source(struct importer *importer);

/* The row behind which it begins. */
struct feeder_place importer_place(const struct importer *importer);

/* For struct feeder_options; opaque is the importer. */
void importer_reached(void *opaque, struct feeder_place place);

/* The exit code for main. */
int importer_main(int argc, char **argv);

#endif
