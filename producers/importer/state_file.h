/* How far an import came: a small file, replaced as a whole. What lies up to its line was accepted
 * or refused for good, so going on behind it loses nothing; what is posted a second time has the
 * same ids.
 *
 *     tributary-import 2
 *     file 1f3a5c7e9b2d4f60      its name
 *     line 76826
 *     row 09c2d1b7a6e5f483       what is on that line: another file may have the name */
#ifndef TRIBUTARY_IMPORTER_STATE_FILE_H
#define TRIBUTARY_IMPORTER_STATE_FILE_H

#include "common/base/status.h"
#include "producers/feeder/marks.h"

/* ret_place->at is 0 where there is no such file yet. REJECT when it is that of another file, or
 * none of ours. */
MUST_CHECK enum status state_file_read(const char *path, uint64_t file,
                                       struct feeder_place *ret_place, struct error *error);
MUST_CHECK enum status state_file_write(const char *path, uint64_t file, struct feeder_place place,
                                        struct error *error);

#endif
