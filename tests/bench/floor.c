#include "tests/bench/floor.h"

#include "common/base/must.h"
#include "tests/bench/cpu.h"
#include "tests/bench/gateway_load.h"
#include "tests/support/process/place.h"
#include "tests/support/process/process.h"

#include <string.h>

enum { CONNECTIONS = 64, BODY_BYTES = 336, RUN_MS = 1000, START_MS = 10000, LOG_BYTES = 256 };

struct floor {
    char folder[PLACE_PATH_SIZE];
    struct process *process;
    int port;
    char request[512 + BODY_BYTES];
};

static int printed_port(const char *log)
{
    char *text = place_read_end(log, LOG_BYTES);
    int port = (int)strtol(text, NULL, 10);

    free(text);
    return port;
}

struct floor *floor_start(void)
{
    struct floor *floor = must_alloc(sizeof *floor);
    char log[PLACE_PATH_SIZE + 8];
    const char *const argv[] = {TRIBUTARY_BIN "/bench-http-floor", NULL};
    const struct process_options options = {.argv = argv, .log_path = log};

    place_make("floor", floor->folder);
    snprintf(log, sizeof log, "%s/log", floor->folder);
    snprintf(floor->request, sizeof floor->request,
             "POST /v1/transactions HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\n"
             "Authorization: Bearer trb_0123456789abcdef0123456789abcdef\r\n"
             "Content-Length: %d\r\n\r\n%*s",
             BODY_BYTES, BODY_BYTES, "x");
    floor->process = process_start(&options);
    MUST(EVENTUALLY(START_MS, (floor->port = printed_port(log)) != 0));
    return floor;
}

void floor_free(struct floor *floor)
{
    if (floor == NULL)
        return;
    process_free(floor->process);
    place_remove(floor->folder);
    free(floor);
}

double floor_measure(const struct floor *floor)
{
    const struct slice request = {floor->request, strlen(floor->request)};
    const struct load load = {.port = floor->port,
                              .connections = CONNECTIONS,
                              .requests = &request,
                              .request_count = 1,
                              .duration_ms = RUN_MS};
    double before = cpu_seconds(process_pid(floor->process));
    struct load_outcome outcome = load_run(&load);

    return (double)outcome.answers / (cpu_seconds(process_pid(floor->process)) - before);
}

double floor_factor(const struct floor *floor)
{
    return floor_measure(floor) / FLOOR_THEN;
}
