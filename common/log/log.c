#include "common/log/log.h"

#include "common/base/clock.h"
#include "common/log/limit.h"
#include "common/log/line.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

/* The one process-wide state of the code base; see log.h. */
static struct {
    enum log_level level;
    bool text;
    const char *component;
    int64_t pid;
    pthread_mutex_t mutex; /* guards limit */
    struct log_limit limit;
} log_state = {
    .level = LOG_INFO,
    .component = "tributary",
    .mutex = PTHREAD_MUTEX_INITIALIZER,
};

void log_open(const char *component, enum log_level level, enum log_format format)
{
    log_state.level = level;
    log_state.component = component;
    log_state.pid = getpid();
    log_state.text =
        format == LOG_FORMAT_TEXT || (format == LOG_FORMAT_AUTO && isatty(STDERR_FILENO));
}

bool log_enabled(enum log_level level)
{
    return level >= log_state.level;
}

static void log_emit(const struct log_line *event)
{
    int saved = errno;
    char line[LOG_LINE_BYTES];
    size_t size = log_state.text ? log_line_text(event, line) : log_line_json(event, line);

    while (write(STDERR_FILENO, line, size) < 0 && errno == EINTR)
        ;
    errno = saved;
}

/* Takes no lock and no memory: there may be neither. abort() raises the signal again behind it. */
static void on_abort(int number)
{
    struct error error = {.status = STATUS_FATAL, .text = "the line before says why"};

    (void)number;
    if (errno == ENOMEM)
        error = (struct error){.status = STATUS_FATAL, .code = "ENOMEM", .text = "out of memory"};
    log_emit(&(struct log_line){
        .wall_us = clock_wall_us(),
        .level = LOG_ERROR,
        .event = "aborted",
        .component = log_state.component,
        .pid = log_state.pid,
        .error = &error,
        .fields = &(const struct log_field){.key = NULL},
    });
}

void log_aborts(void)
{
    const struct sigaction action = {.sa_handler = on_abort, .sa_flags = (int)SA_RESETHAND};

    sigaction(SIGABRT, &action, NULL);
}

static bool log_pass(const char *event, uint64_t *ret_suppressed)
{
    bool pass;

    pthread_mutex_lock(&log_state.mutex);
    pass = log_limit_pass(&log_state.limit, event, clock_steady_ms(), ret_suppressed);
    pthread_mutex_unlock(&log_state.mutex);
    return pass;
}

void log_fields(enum log_level level, const char *event, const struct error *error,
                const struct log_field *fields)
{
    struct log_line line = {
        .level = level,
        .event = event,
        .component = log_state.component,
        .pid = log_state.pid,
        .error = error,
        .fields = fields,
    };

    if (!log_enabled(level) || !log_pass(event, &line.suppressed))
        return;
    line.wall_us = clock_wall_us();
    log_emit(&line);
}

void log_close(void)
{
    pthread_mutex_lock(&log_state.mutex);
    for (size_t i = 0; i < LOG_LIMIT_SLOTS; i++) {
        struct log_limit_slot *slot = &log_state.limit.slots[i];
        const struct log_field fields[] = {LOG_TEXT("of", slot->event), {.key = NULL}};

        if (slot->suppressed == 0)
            continue;
        log_emit(&(struct log_line){
            .wall_us = clock_wall_us(),
            .level = LOG_INFO,
            .event = "log_suppressed",
            .component = log_state.component,
            .pid = log_state.pid,
            .suppressed = slot->suppressed,
            .fields = fields,
        });
        slot->suppressed = 0;
    }
    pthread_mutex_unlock(&log_state.mutex);
}
