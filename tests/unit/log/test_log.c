/* The log as a process has it: on file descriptor 2, from several threads. */
#include "common/log/log.h"
#include "tests/support/suite/suite.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 4, LINES = 200 };

/* stderr becomes a file without a name; the tests run in processes of their own. */
static int capture(void)
{
    int fd = open("/tmp", O_TMPFILE | O_RDWR | O_APPEND, 0600);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(dup2(fd, STDERR_FILENO), STDERR_FILENO);
    return fd;
}

static char *captured(int fd)
{
    static char text[1 << 20];
    ssize_t size = pread(fd, text, sizeof text - 1, 0);

    ck_assert_int_ge(size, 0);
    text[size] = '\0';
    return text;
}

static size_t count(const char *text, const char *part)
{
    size_t found = 0;

    for (; (text = strstr(text, part)) != NULL; text += strlen(part))
        found++;
    return found;
}

START_TEST(lines_reach_stderr)
{
    int fd = capture();
    struct error error = {0};
    char *text;

    (void)error_set(&error, STATUS_REJECT, "no such key");
    log_open("gateway", LOG_INFO, LOG_FORMAT_AUTO); /* a file is no terminal: JSON */
    log_write(LOG_DEBUG, "not_seen");
    log_write(LOG_INFO, "ready");
    log_write(LOG_WARN, "slow", LOG_INT("wait_ms", 12), LOG_TEXT("on", "kafka"));
    log_error_line(LOG_ERROR, "stopped", &error);
    log_error_line(LOG_ERROR, "stopped", &error, LOG_BOOL("again", false));
    text = captured(fd);
    ck_assert_uint_eq(count(text, "\n"), 4);
    ck_assert_uint_eq(count(text, "{\"ts\":\"20"), 4);
    ck_assert_ptr_null(strstr(text, "not_seen"));
    ck_assert_ptr_nonnull(strstr(text, "\"level\":\"info\",\"event\":\"ready\",\"component\":"
                                       "\"gateway\",\"pid\":"));
    ck_assert_ptr_nonnull(strstr(text, ",\"wait_ms\":12,\"on\":\"kafka\"}\n"));
    ck_assert_ptr_nonnull(strstr(text, ",\"error\":\"no such key\"}\n"));
    ck_assert_ptr_nonnull(strstr(text, ",\"error\":\"no such key\",\"again\":false}\n"));
}
END_TEST

START_TEST(format_can_be_text)
{
    int fd = capture();

    log_open("gateway", LOG_DEBUG, LOG_FORMAT_TEXT);
    ck_assert(log_enabled(LOG_DEBUG));
    log_write(LOG_DEBUG, "turn", LOG_REAL("share", 0.25));
    ck_assert_ptr_nonnull(strstr(captured(fd), " DEBUG gateway: turn share=0.25\n"));
}
END_TEST

START_TEST(works_before_it_is_opened)
{
    int fd = capture();

    log_write(LOG_INFO, "early");
    ck_assert_uint_eq(count(captured(fd), "\"event\":\"early\""), 1);
}
END_TEST

START_TEST(close_tells_the_rest)
{
    int fd = capture();
    char *text;

    log_open("gateway", LOG_INFO, LOG_FORMAT_JSON);
    for (int i = 0; i < LOG_BURST + 5; i++)
        log_write(LOG_WARN, "again");
    log_close();
    text = captured(fd);
    /* A second may have passed in between; all are told either way. */
    if (count(text, "\"event\":\"again\"") == LOG_BURST)
        ck_assert_ptr_nonnull(
            strstr(text, "\"event\":\"log_suppressed\",\"component\":\"gateway\""));
    log_close();
    ck_assert_uint_le(count(captured(fd), "log_suppressed"), 1);
}
END_TEST

static void *write_lines(void *argument)
{
    static const char *const names[THREADS] = {"t0", "t1", "t2", "t3"};
    const int *thread = argument;

    for (int i = 0; i < LINES; i++)
        log_write(LOG_INFO, names[*thread], LOG_INT("i", i),
                  LOG_TEXT("pad", "0123456789012345678901234567890123456789"));
    return NULL;
}

static uint64_t sum_suppressed(const char *text)
{
    static const char key[] = "\"suppressed\":";
    uint64_t sum = 0;

    for (; (text = strstr(text, key)) != NULL; text += sizeof key - 1)
        sum += strtoull(text + sizeof key - 1, NULL, 10);
    return sum;
}

/* Lines are whole, and written + suppressed = asked for. */
START_TEST(threads_share_it)
{
    int fd = capture();
    pthread_t threads[THREADS];
    int numbers[THREADS];
    char *text;
    size_t written = 0;

    log_open("gateway", LOG_INFO, LOG_FORMAT_JSON);
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        ck_assert_int_eq(pthread_create(&threads[i], NULL, write_lines, &numbers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    log_close();
    text = captured(fd);
    ck_assert_uint_eq(count(text, "\n"), count(text, "}\n{") + 1);
    written = count(text, "\"pad\":\"0123456789012345678901234567890123456789\"}\n");
    ck_assert_uint_ge(written, THREADS * LOG_BURST);
    ck_assert_uint_eq(written + sum_suppressed(text), THREADS * LINES);
}
END_TEST

/* What a child that aborts with this errno has written. */
static char *last_words(int code)
{
    int fd = capture(), status;
    pid_t child = fork();

    if (child == 0) {
        log_open("learner", LOG_INFO, LOG_FORMAT_JSON);
        log_aborts();
        errno = code;
        abort();
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    return captured(fd);
}

START_TEST(an_abort_has_a_last_line)
{
    char *text = last_words(ENOMEM);

    ck_assert_uint_eq(count(text, "\n"), 1);
    ck_assert_ptr_nonnull(strstr(text, "\"event\":\"aborted\",\"component\":\"learner\""));
#ifndef __SANITIZE_THREAD__ /* which hides errno from handlers */
    ck_assert_ptr_nonnull(strstr(text, "\"error\":\"out of memory\""));
#endif
    text = last_words(0);
    ck_assert_uint_eq(count(text, "aborted"), 1);
    ck_assert_ptr_null(strstr(text, "memory"));
}
END_TEST

SUITE_MAIN("log", lines_reach_stderr, format_can_be_text, works_before_it_is_opened,
           close_tells_the_rest, threads_share_it, an_abort_has_a_last_line);
