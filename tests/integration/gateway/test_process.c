/* A gateway among what the system gives a process: descriptors and ports. */
#include "tests/support/gateway/door.h"
#include "tests/support/gateway/gateway.h"
#include "tests/support/http/peer.h"
#include "tests/support/process/place.h"
#include "tests/support/suite/suite.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

enum { DESCRIPTORS = 256, CLIENTS = 200, FREE = 64 };

#define POST                                                                                       \
    "POST /v1/transactions HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer " GATEWAY_ACME       \
    "\r\nContent-Type: application/json\r\nContent-Length: 93\r\n\r\n"                             \
    "{\"id\":\"t\",\"user\":\"u\",\"amount\":\"-12.34\",\"currency\":\"EUR\","                     \
    "\"occurred_at\":\"2026-02-28T09:00:00Z\"}"

/* Open in that process. */
static int descriptors_of(pid_t process)
{
    char path[64];
    int count = 0;
    DIR *folder;

    snprintf(path, sizeof path, "/proc/%d/fd", (int)process);
    folder = opendir(path);
    ck_assert_ptr_nonnull(folder);
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count - 2; /* . and .. */
}

static char *log_of(const struct door *door, const char *member)
{
    char path[PLACE_PATH_SIZE];

    snprintf(path, sizeof path, "%s/%s.log", fleet_folder(door->fleet), member);
    return place_read_end(path, 16384);
}

static double counter(const struct door *door, const char *name)
{
    char metric[96];

    snprintf(metric, sizeof metric, "tributary_gateway_http_%s_total", name);
    return fleet_metric(door->fleet, "gateway", metric, NULL);
}

/* The producer must be able to connect again, whoever waits outside. */
START_TEST(clients_leave_descriptors_free)
{
    const struct rlimit limit = {DESCRIPTORS, DESCRIPTORS};
    struct peer clients[CLIENTS];
    struct door door;
    char *text;

    door_open(&door, broker_shared(), NULL);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    door_start(&door);
    for (int i = 0; i < CLIENTS; i++) {
        peer_init(&clients[i], (uint16_t)door.port, 10000);
        ck_assert_int_ge(clients[i].fd, 0);
    }
    ck_assert(EVENTUALLY(10000, counter(&door, "accept_pauses") > 0 ||
                                    counter(&door, "connections_accepted") >= CLIENTS));
    ck_assert_int_le(descriptors_of(fleet_pid(door.fleet, "gateway")), DESCRIPTORS - FREE);
    ck_assert(peer_send_text(&clients[0], POST));
    ck_assert_int_eq(peer_answer(&clients[0], false).status, 202);
    text = log_of(&door, "gateway");
    ck_assert_msg(strstr(text, "connections_capped") != NULL, "%s", text);
    free(text);
    for (int i = 0; i < CLIENTS; i++)
        peer_done(&clients[i]);
    door_close(&door);
}
END_TEST

SUITE_MAIN_TIMEOUT("gateway/process", 60, clients_leave_descriptors_free);
