/* The standard process_* metrics, with the names and meanings of the official client libraries. */
#include "common/metrics/registry.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const struct metrics_spec build_info = {
    .name = "tributary_build_info",
    .type = METRICS_GAUGE,
    .help = "Always 1; the labels say what runs.",
    .labels = {"component", "version"},
};

static const struct metrics_spec cpu_seconds = {
    .name = "process_cpu_seconds_total",
    .type = METRICS_REAL_COUNTER,
    .help = "User and system CPU time spent, in seconds.",
};

static const struct metrics_spec start_seconds = {
    .name = "process_start_time_seconds",
    .type = METRICS_REAL,
    .help = "When the process started, in seconds since 1970.",
};

static const struct metrics_spec resident_bytes = {
    .name = "process_resident_memory_bytes",
    .type = METRICS_GAUGE,
    .help = "Resident memory size in bytes.",
};

static const struct metrics_spec virtual_bytes = {
    .name = "process_virtual_memory_bytes",
    .type = METRICS_GAUGE,
    .help = "Virtual memory size in bytes.",
};

static const struct metrics_spec open_fds = {
    .name = "process_open_fds",
    .type = METRICS_GAUGE,
    .help = "Open file descriptors.",
};

static const struct metrics_spec max_fds = {
    .name = "process_max_fds",
    .type = METRICS_GAUGE,
    .help = "Most file descriptors that may be open.",
};

static const struct metrics_spec threads = {
    .name = "process_threads",
    .type = METRICS_GAUGE,
    .help = "Threads of the process.",
};

/* The begin of a file of /proc; empty when it cannot be read. */
static void read_proc(const char *path, char *text, size_t capacity)
{
    FILE *file = fopen(path, "re");
    size_t size = file == NULL ? 0 : fread(text, 1, capacity - 1, file);

    text[size] = '\0';
    if (file != NULL)
        fclose(file);
}

/* Field `number` (from 1, at least 3) of /proc/self/stat: proc(5). The name in field 2 may hold
 * blanks and brackets, so fields are counted from its last bracket. */
static long long stat_field(const char *text, int number)
{
    const char *at = strrchr(text, ')');

    for (int i = 2; at != NULL && i < number; i++) {
        at = strchr(at, ' ');
        at = at == NULL ? NULL : at + 1;
    }
    return at == NULL ? 0 : strtoll(at, NULL, 10);
}

/* Seconds since 1970 at which the machine started. */
static double boot_seconds(void)
{
    char line[512];
    FILE *file = fopen("/proc/stat", "re");
    double seconds = 0;

    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "btime ", 6) == 0)
            seconds = (double)strtoll(line + 6, NULL, 10);
    if (file != NULL)
        fclose(file);
    return seconds;
}

static int64_t count_fds(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int64_t count = -3; /* ".", ".." and the folder's own */

    if (folder == NULL)
        return 0;
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count;
}

static double cpu_time(void)
{
    struct rusage usage;

    if (getrusage(RUSAGE_SELF, &usage) != 0)
        return 0;
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void collect(void *context)
{
    struct metrics_process *process = context;
    int64_t page_bytes = sysconf(_SC_PAGESIZE);
    struct rlimit limit = {0};
    char text[1024], *rest;

    read_proc("/proc/self/stat", text, sizeof text);
    metrics_gauge_set(process->threads, stat_field(text, 20));
    read_proc("/proc/self/statm", text, sizeof text);
    metrics_gauge_set(process->virtual_bytes, strtoll(text, &rest, 10) * page_bytes);
    metrics_gauge_set(process->resident_bytes, strtoll(rest, NULL, 10) * page_bytes);
    metrics_gauge_set(process->open_fds, count_fds());
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
        metrics_gauge_set(process->max_fds, (int64_t)limit.rlim_cur);
    metrics_real_set(process->cpu_seconds, cpu_time());
}

static void set_start(struct metrics_process *process)
{
    char text[1024];

    read_proc("/proc/self/stat", text, sizeof text);
    metrics_real_set(process->start_seconds,
                     boot_seconds() + (double)stat_field(text, 22) / (double)sysconf(_SC_CLK_TCK));
}

void metrics_add_process(struct metrics *metrics, const char *component, const char *version)
{
    struct metrics_process *process = &metrics->process;
    const char *const labels[] = {component, version};

    metrics_gauge_set(metrics_gauge(metrics_register(metrics, &build_info), labels), 1);
    process->cpu_seconds = metrics_real(metrics_register(metrics, &cpu_seconds), NULL);
    process->start_seconds = metrics_real(metrics_register(metrics, &start_seconds), NULL);
    process->resident_bytes = metrics_gauge(metrics_register(metrics, &resident_bytes), NULL);
    process->virtual_bytes = metrics_gauge(metrics_register(metrics, &virtual_bytes), NULL);
    process->open_fds = metrics_gauge(metrics_register(metrics, &open_fds), NULL);
    process->max_fds = metrics_gauge(metrics_register(metrics, &max_fds), NULL);
    process->threads = metrics_gauge(metrics_register(metrics, &threads), NULL);
    set_start(process);
    metrics_add_collector(metrics, collect, process);
}
