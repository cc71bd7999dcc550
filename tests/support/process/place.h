/* Where a test's servers live: folders, ports, the user they run as, and waiting for them. */
#ifndef TRIBUTARY_TESTS_SUPPORT_PLACE_H
#define TRIBUTARY_TESTS_SUPPORT_PLACE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { PLACE_PATH_SIZE = 256 };

/* A new folder, owned by the unprivileged user when the caller is root, in TRIBUTARY_TEST_FOLDER
 * or /tmp. path has PLACE_PATH_SIZE bytes. Short enough for a unix socket inside. */
void place_make(const char *name, char *path);

/* Removes a folder and all in it. Only what place_make made: another path fails the test. */
void place_remove(const char *path);

/* Makes the folder path/name with the same owner. */
void place_make_inside(const char *path, const char *name);

/* Copies a folder with all in it, for the same owner; target must not exist. */
void place_copy(const char *source, const char *target);

/* Writes a text file, for the same owner. */
void place_write(const char *path, const char *text, mode_t mode);

/* The last bytes of a file as text; the caller frees it. Empty when there is no such file. */
char *place_read_end(const char *path, size_t limit);

/* A TCP port of 127.0.0.1 that nobody listens on, below the range of outgoing connections, so that
 * it stays free for a restart. */
int place_port(void);

/* True once something accepts on 127.0.0.1:port; false after timeout_ms. */
bool place_wait_port(int port, int timeout_ms);

/* Who unprivileged children run as when the caller is root ("postgres"); false when it is not. */
bool place_user(uid_t *ret_user, gid_t *ret_group);

void place_sleep_ms(int64_t ms);

/* Evaluates `condition` until it is true or timeout_ms have passed; its last value. */
#define EVENTUALLY(timeout_ms, condition)                                                          \
    ({                                                                                             \
        int64_t until_ms_ = place_steady_ms() + (timeout_ms);                                      \
        bool met_;                                                                                 \
                                                                                                   \
        while (!(met_ = (condition)) && place_steady_ms() < until_ms_)                             \
            place_sleep_ms(10);                                                                    \
        met_;                                                                                      \
    })
int64_t place_steady_ms(void);

#endif
