/* What a fleet sees of a process: GET /readyz (503 for the first 100 ms), /metrics, SIGTERM;
 * anything posted comes back. The argument "fail" ends it with 3, "print" prints COLOUR and ends.
 */
#include "common/base/clock.h"
#include "common/base/must.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READY_AFTER_MS = 100, EXIT_TERMINATED = 5, EXIT_FAILED = 3 };

static void end(int signal_number)
{
    (void)signal_number;
    _exit(EXIT_TERMINATED);
}

static const char metrics[] = "# HELP events_total Events.\n"
                              "# TYPE events_total counter\n"
                              "events_total{partition=\"3\",group=\"a\"} 40\n"
                              "events_total{partition=\"33\",group=\"a\"} 1.5\n"
                              "events_total_more 7\n"
                              "up 1\n";

static void answer(int client, int status, const char *body)
{
    dprintf(client, "HTTP/1.1 %d Any\r\nContent-Length: %zu\r\n\r\n%s", status, strlen(body), body);
}

static void serve(int client, bool ready)
{
    char request[4096];
    ssize_t size = recv(client, request, sizeof request - 1, 0);
    const char *body;

    if (size <= 0)
        return;
    request[size] = '\0';
    body = strstr(request, "\r\n\r\n");
    if (strncmp(request, "GET /readyz ", 12) == 0)
        answer(client, ready ? 200 : 503, "");
    else if (strncmp(request, "GET /metrics ", 13) == 0)
        answer(client, 200, metrics);
    else if (strncmp(request, "POST ", 5) == 0 && body != NULL)
        answer(client, 202, body + 4);
    else
        answer(client, 404, "");
}

static int run(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int on = 1;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    int64_t ready_ms = clock_steady_ms() + READY_AFTER_MS;

    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    MUST(bind(listener, (const struct sockaddr *)&address, sizeof address) == 0);
    MUST(listen(listener, 16) == 0);
    for (;;) {
        int client = accept(listener, NULL, NULL);

        serve(client, clock_steady_ms() >= ready_ms);
        close(client);
    }
}

int main(int argc, char **argv)
{
    const char *port = getenv("TRIBUTARY_WORKER_ADMIN_PORT");
    const char *colour = getenv("COLOUR");

    signal(SIGTERM, end);
    printf("colour %s\n", colour == NULL ? "none" : colour);
    fflush(stdout);
    if (argc > 1 && strcmp(argv[1], "print") == 0)
        return EXIT_SUCCESS;
    if (port == NULL || (argc > 1 && strcmp(argv[1], "fail") == 0))
        return EXIT_FAILED;
    return run((int)strtol(port, NULL, 10));
}
