#include "tests/support/process/place.h"

#include "common/base/clock.h"
#include "common/base/must.h"
#include "tests/support/process/process.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pwd.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char made_here[] = "/tributary-";

/* Linux gives outgoing connections ports from 32768 on. */
enum { PORT_FIRST = 10000, PORT_COUNT = 22000, PORT_TRIES = 1000 };
enum { COPY_WAIT_MS = 20000, REMOVE_DESCRIPTORS = 16 };

static void give_to_user(const char *path)
{
    uid_t user;
    gid_t group;

    if (place_user(&user, &group) && chown(path, user, group) != 0)
        process_fail(NULL, "chown %s: %s", path, strerror(errno));
}

void place_make(const char *name, char *path)
{
    const char *above = getenv("TRIBUTARY_TEST_FOLDER");
    int size = snprintf(path, PLACE_PATH_SIZE, "%s%s%s-XXXXXX", above == NULL ? "/tmp" : above,
                        made_here, name);

    if (size >= PLACE_PATH_SIZE || mkdtemp(path) == NULL || chmod(path, 0755) != 0)
        process_fail(NULL, "make folder %s: %s", path, strerror(errno));
    give_to_user(path);
}

void place_make_inside(const char *path, const char *name)
{
    char inside[PLACE_PATH_SIZE];

    snprintf(inside, sizeof inside, "%s/%s", path, name);
    if (mkdir(inside, 0755) != 0)
        process_fail(NULL, "make folder %s: %s", inside, strerror(errno));
    give_to_user(inside);
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

void place_remove(const char *path)
{
    if (strstr(path, made_here) == NULL)
        process_fail(NULL, "%s is no folder of a test", path);
    if (nftw(path, remove_entry, REMOVE_DESCRIPTORS, FTW_DEPTH | FTW_PHYS) != 0 && errno != ENOENT)
        process_fail(NULL, "remove %s: %s", path, strerror(errno));
}

void place_copy(const char *source, const char *target)
{
    const char *const argv[] = {"cp", "-r", source, target, NULL};
    const struct process_options options = {.argv = argv, .unprivileged = true};

    if (process_run(&options, COPY_WAIT_MS) != 0)
        process_fail(NULL, "copy %s to %s", source, target);
}

void place_write(const char *path, const char *text, mode_t mode)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    size_t size = strlen(text);

    if (file < 0 || write(file, text, size) != (ssize_t)size || close(file) != 0)
        process_fail(NULL, "write %s: %s", path, strerror(errno));
    give_to_user(path);
}

char *place_read_end(const char *path, size_t limit)
{
    char *text = must_alloc(limit + 1);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    off_t end;
    ssize_t size;

    if (file < 0)
        return text;
    end = lseek(file, 0, SEEK_END);
    size = pread(file, text, limit, end > (off_t)limit ? end - (off_t)limit : 0);
    text[size < 0 ? 0 : size] = '\0';
    close(file);
    return text;
}

static struct sockaddr_in address_of(int port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
}

static bool port_is_free(int port)
{
    struct sockaddr_in address = address_of(port);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool good;

    MUST(listener >= 0);
    good = bind(listener, (const struct sockaddr *)&address, sizeof address) == 0;
    close(listener);
    return good;
}

int place_port(void)
{
    for (int i = 0; i < PORT_TRIES; i++) {
        uint32_t random;
        int port;

        MUST(getrandom(&random, sizeof random, 0) == sizeof random);
        port = PORT_FIRST + (int)(random % PORT_COUNT);
        if (port_is_free(port))
            return port;
    }
    process_fail(NULL, "no free port");
}

static bool port_accepts(int port)
{
    struct sockaddr_in address = address_of(port);
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool good;

    MUST(client >= 0);
    good = connect(client, (const struct sockaddr *)&address, sizeof address) == 0;
    close(client);
    return good;
}

bool place_wait_port(int port, int timeout_ms)
{
    return EVENTUALLY(timeout_ms, port_accepts(port));
}

bool place_user(uid_t *ret_user, gid_t *ret_group)
{
    const struct passwd *entry;

    if (geteuid() != 0)
        return false;
    entry = getpwnam("postgres");
    if (entry == NULL)
        entry = getpwnam("nobody");
    if (entry == NULL)
        process_fail(NULL, "neither a user postgres nor nobody to run servers as");
    *ret_user = entry->pw_uid;
    *ret_group = entry->pw_gid;
    return true;
}

void place_sleep_ms(int64_t ms)
{
    struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        continue;
}

int64_t place_steady_ms(void)
{
    return clock_steady_ms();
}
