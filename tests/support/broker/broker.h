/* A real Apache Kafka broker (one KRaft process) for tests. deploy/local/setup must have fetched
 * it. Settings are those of deploy/local/kafka/server.properties, plus
 * group.min.session.timeout.ms=1000.
 *
 * A test that only uses Kafka takes broker_shared() and names its topics and groups with
 * broker_prefix(). A test that kills, stops or restarts it starts its own. */
#ifndef TRIBUTARY_TESTS_SUPPORT_BROKER_H
#define TRIBUTARY_TESTS_SUPPORT_BROKER_H

#include "common/base/owned.h"

#include <stddef.h>
#include <stdint.h>

struct broker;

enum { BROKER_PROXIES = 4 };

struct broker_options {
    const char *const *settings;     /* more "name=value" of server.properties; NULL-terminated */
    int proxy_ports[BROKER_PROXIES]; /* ports of proxies in front of it, the first 0 ends: each gets
                                        a listener of its own that is advertised as the proxy, so
                                        who bootstraps from a proxy stays on it */
};

/* Starts one and waits until it answers. options may be NULL. Never NULL. */
struct broker *broker_start(const struct broker_options *options);

/* The one of with_servers (TRIBUTARY_TEST_BROKER), else a new one of its own. Not to be stopped. */
struct broker *broker_shared(void);

/* Makes it the one that broker_shared() of this process and its children finds. */
void broker_share(const struct broker *broker);

/* Kills it (a shared one: leaves it) and removes its data. */
void broker_free(struct broker *broker);
OWNED_DEFINE(broker);

/* "127.0.0.1:port", for clients that go straight to it. */
const char *broker_address(const struct broker *broker);

/* Where the proxy of proxy_ports[index] must connect to: proxy_target(proxy, this). */
int broker_proxied_port(const struct broker *broker, size_t index);

/* A text that begins the names of one test: "t4711x2-". Another at each call; owned by broker. */
const char *broker_prefix(struct broker *broker);

void broker_stop(struct broker *broker);    /* SIGTERM and wait: a clean shutdown */
void broker_kill(struct broker *broker);    /* SIGKILL */
void broker_restart(struct broker *broker); /* same ports, same data; waits until it answers.
                                               Stops it first (broker_stop) if it runs */
void broker_pause(struct broker *broker);   /* SIGSTOP */
void broker_resume(struct broker *broker);  /* SIGCONT */

/* Requests by hand, independent of any client library. */
void broker_create_topic(struct broker *broker, const char *topic, int32_t partitions);
int64_t broker_end_offset(struct broker *broker, const char *topic, int32_t partition);

/* Tells it that this member has left its group, which the member does not know: until its next
 * heartbeat is answered, it and whoever gets its partitions both own them. */
void broker_evict(struct broker *broker, const char *group, const char *member);

/* How long the last start took until it answered, ms. */
int64_t broker_ready_ms(const struct broker *broker);

#endif
