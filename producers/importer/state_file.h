/* How far an import came: a small file, replaced as a whole. What lies up to its line was accepted
 * or refused for good, so going on behind it loses nothing; what is posted a second time has the
 * same ids.
 *
 *     tributary-import 1
 *     file 1f3a5c7e9b2d4f60      of the ids made for this file
 *     line 76826 */
#ifndef TRIBUTARY_IMPORTER_STATE_FILE_H
#define TRIBUTARY_IMPORTER_STATE_FILE_H

#include "common/base/status.h"

#include <stdint.h>

/* *ret_line is 0 where there is no such file yet. REJECT when it is that of another file, or none
 * of ours. */
MUST_CHECK enum status state_file_read(const char *path, uint64_t file, uint64_t *ret_line,
                                       struct error *error);
MUST_CHECK enum status state_file_write(const char *path, uint64_t file, uint64_t line,
                                        struct error *error);

#endif
