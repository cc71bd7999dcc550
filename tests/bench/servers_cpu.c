#include "tests/bench/servers_cpu.h"

#include "tests/bench/cpu.h"
#include "tests/support/process/process.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { CHILDREN = 256, DEPTH = 4 };

static void read_line(pid_t pid, const char *name, char *line, int size)
{
    char path[64];
    FILE *file;

    line[0] = '\0';
    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    file = fopen(path, "r");
    if (file == NULL)
        return;
    if (fgets(line, size, file) == NULL)
        line[0] = '\0';
    fclose(file);
}

static void add(struct servers_cpu *sum, pid_t pid)
{
    char program[64], title[256];

    read_line(pid, "comm", program, sizeof program);
    if (strncmp(program, "java", 4) == 0) {
        sum->broker += cpu_seconds(pid);
    } else if (strncmp(program, "redis-server", 12) == 0) {
        sum->redis += cpu_seconds(pid);
    } else if (strncmp(program, "postgres", 8) == 0) {
        read_line(pid, "cmdline", title, sizeof title);
        if (strstr(title, "walwriter") != NULL)
            sum->wal_writer += cpu_seconds(pid);
    }
}

static void add_children(struct servers_cpu *sum, pid_t parent, int depth)
{
    pid_t pids[CHILDREN];
    size_t count = depth == 0 ? 0 : process_children(parent, pids, CHILDREN);

    for (size_t i = 0; i < count; i++) {
        add(sum, pids[i]);
        add_children(sum, pids[i], depth - 1);
    }
}

struct servers_cpu servers_cpu_now(void)
{
    struct servers_cpu sum = {.load = cpu_seconds(getpid())};

    add_children(&sum, getppid(), DEPTH);
    return sum;
}

struct servers_cpu servers_cpu_since(const struct servers_cpu *before, int64_t events)
{
    struct servers_cpu now = servers_cpu_now();
    double scale = 1e6 / (double)events;

    return (struct servers_cpu){.broker = (now.broker - before->broker) * scale,
                                .redis = (now.redis - before->redis) * scale,
                                .wal_writer = (now.wal_writer - before->wal_writer) * scale,
                                .load = (now.load - before->load) * scale};
}

void servers_cpu_print(const struct servers_cpu *since)
{
    printf(
        "    apart: broker %.2f us an event, Redis %.2f, WAL writer %.2f, load and reader %.2f\n",
        since->broker, since->redis, since->wal_writer, since->load);
}
