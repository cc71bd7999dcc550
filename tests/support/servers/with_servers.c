/* with_servers [--broker] [--postgres] [--redis] -- COMMAND...
 *
 * Runs the command with the named servers up, for all tests that ask for shared ones
 * (broker_shared, …), and exits as it does. What runs already around it (with_servers within
 * with_servers) is not started again. Nothing outlives it: servers end with it, however it ends,
 * and the folder of all tests' temporary folders is removed (unless TRIBUTARY_TEST_KEEP is set). */
#include "common/base/must.h"
#include "tests/support/broker/broker.h"
#include "tests/support/database/database.h"
#include "tests/support/process/place.h"
#include "tests/support/process/process.h"
#include "tests/support/redis_server/redis_server.h"

#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { EXIT_USAGE = 2, EXIT_CANNOT_RUN = 127, STOP_MS = 60000, LOOK_MS = 20 };

struct wanted {
    bool broker;
    bool postgres;
    bool redis;
};

static bool is_set(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && value[0] != '\0';
}

/* The index of the command; 0 when the arguments are wrong. */
static int read_arguments(int argc, char **argv, struct wanted *ret_wanted)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--broker") == 0)
            ret_wanted->broker = true;
        else if (strcmp(argv[i], "--postgres") == 0)
            ret_wanted->postgres = true;
        else if (strcmp(argv[i], "--redis") == 0)
            ret_wanted->redis = true;
        else
            return strcmp(argv[i], "--") == 0 && i + 1 < argc ? i + 1 : 0;
    }
    return 0;
}

/* Passes SIGINT and SIGTERM on; its exit code. */
static int run(const char *const *command)
{
    const struct timespec look = {.tv_nsec = LOOK_MS * 1000000};
    OWNED(process) process = NULL;
    sigset_t passed;
    int signal_number;

    sigemptyset(&passed);
    sigaddset(&passed, SIGINT);
    sigaddset(&passed, SIGTERM);
    sigprocmask(SIG_BLOCK, &passed, NULL);
    process = process_start(&(struct process_options){.argv = command});
    while (process_running(process)) {
        signal_number = sigtimedwait(&passed, NULL, &look);
        if (signal_number > 0 && process_running(process))
            process_signal(process, signal_number);
    }
    return process_wait(process, STOP_MS);
}

static int run_with(const struct wanted *wanted, const char *const *command)
{
    OWNED(redis_server) redis = wanted->redis ? redis_server_start(NULL) : NULL;
    OWNED(database) database = wanted->postgres ? database_start(NULL) : NULL;
    OWNED(broker) broker = wanted->broker ? broker_start(NULL) : NULL;

    if (redis != NULL)
        redis_server_share(redis);
    if (database != NULL)
        database_share(database);
    if (broker != NULL)
        broker_share(broker);
    return run(command);
}

static int run_in_folder(const struct wanted *wanted, const char *const *command)
{
    char folder[PLACE_PATH_SIZE];
    int code;

    place_make("tests", folder);
    setenv("TRIBUTARY_TEST_FOLDER", folder, 1);
    code = run_with(wanted, command);
    if (!is_set("TRIBUTARY_TEST_KEEP"))
        place_remove(folder);
    return code;
}

int main(int argc, char **argv)
{
    struct wanted wanted = {0};
    int command = read_arguments(argc, argv, &wanted);

    if (command == 0) {
        fprintf(stderr, "usage: with_servers [--broker] [--postgres] [--redis] -- COMMAND...\n");
        return EXIT_USAGE;
    }
    wanted.broker = wanted.broker && !is_set("TRIBUTARY_TEST_BROKER");
    wanted.postgres = wanted.postgres && !is_set("TRIBUTARY_TEST_POSTGRES");
    wanted.redis = wanted.redis && !is_set("TRIBUTARY_TEST_REDIS");
    if (is_set("TRIBUTARY_TEST_FOLDER") && !wanted.broker && !wanted.postgres && !wanted.redis) {
        execvp(argv[command], argv + command);
        return EXIT_CANNOT_RUN;
    }
    return run_in_folder(&wanted, (const char *const *)(argv + command));
}
