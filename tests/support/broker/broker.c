#include "tests/support/broker/broker.h"

#include "common/base/buffer.h"
#include "common/base/must.h"
#include "tests/support/broker/broker_request.h"
#include "tests/support/process/place.h"
#include "tests/support/process/process.h"

#include <string.h>
#include <unistd.h>

#define SETTINGS_OF_ALL TRIBUTARY_SOURCE "/deploy/local/kafka/"

enum { START_MS = 60000, STOP_MS = 30000, TOPIC_MS = 20000 };
enum { FILE_LIMIT = 1 << 16, PREFIXES = 64, PREFIX_SIZE = 32, ADDRESS_SIZE = 32 };

struct broker {
    bool shared;
    int port;
    int controller_port;
    int proxied_ports[BROKER_PROXIES]; /* listeners behind the proxies */
    char address[ADDRESS_SIZE];
    char prefixes[PREFIXES][PREFIX_SIZE];
    size_t prefix_count;

    /* Of one's own: */
    char folder[PLACE_PATH_SIZE];
    char log_path[PLACE_PATH_SIZE + 16];
    char jars[PLACE_PATH_SIZE]; /* the folder of them */
    struct process *process;    /* NULL while it is down */
    int64_t ready_ms;
};

/* The same rule as in deploy/local/lib.sh. */
static void find_kafka(char *path, size_t size)
{
    const char *cache = getenv("TRIBUTARY_CACHE");
    const char *home = getenv("XDG_CACHE_HOME");

    if (cache != NULL && cache[0] != '\0')
        snprintf(path, size, "%s/kafka-4.3.1", cache);
    else if (geteuid() == 0)
        snprintf(path, size, "/var/cache/tributary/kafka-4.3.1");
    else if (home != NULL && home[0] != '\0')
        snprintf(path, size, "%s/tributary/kafka-4.3.1", home);
    else
        snprintf(path, size, "%s/.cache/tributary/kafka-4.3.1", getenv("HOME"));
    if (access(path, R_OK) != 0)
        process_fail(NULL, "no Kafka in %s: run deploy/local/setup", path);
}

static void inside(const struct broker *broker, const char *name, char *path, size_t size)
{
    snprintf(path, size, "%s/%s", broker->folder, name);
}

/* A file of deploy/local/kafka into the broker's folder, with more at its end. */
static void put_file(const struct broker *broker, const char *name, struct slice more)
{
    char path[PLACE_PATH_SIZE + 32];
    struct buffer text;
    char *base;

    snprintf(path, sizeof path, SETTINGS_OF_ALL "%s", name);
    base = place_read_end(path, FILE_LIMIT);
    if (base[0] == '\0')
        process_fail(NULL, "no %s", path);
    buffer_init(&text, 2 * FILE_LIMIT);
    buffer_append_text(&text, base);
    buffer_append_slice(&text, more);
    buffer_append_byte(&text, 0);
    MUST(!text.overflow);
    inside(broker, name, path, sizeof path);
    place_write(path, text.data, 0644);
    buffer_done(&text);
    free(base);
}

static void write_listeners(struct broker *broker, const struct broker_options *options,
                            struct buffer *out)
{
    buffer_format(out, "listeners=PLAIN://127.0.0.1:%d,CONTROLLER://127.0.0.1:%d", broker->port,
                  broker->controller_port);
    for (int i = 0; i < BROKER_PROXIES && options->proxy_ports[i] != 0; i++) {
        broker->proxied_ports[i] = place_port();
        buffer_format(out, ",PROXIED%d://127.0.0.1:%d", i, broker->proxied_ports[i]);
    }
    buffer_format(out, "\nadvertised.listeners=PLAIN://127.0.0.1:%d", broker->port);
    for (int i = 0; i < BROKER_PROXIES && options->proxy_ports[i] != 0; i++)
        buffer_format(out, ",PROXIED%d://127.0.0.1:%d", i, options->proxy_ports[i]);
    buffer_append_text(out, "\n");
}

static void write_settings(struct broker *broker, const struct broker_options *options)
{
    struct buffer text;

    buffer_init(&text, FILE_LIMIT);
    write_listeners(broker, options, &text);
    buffer_format(&text, "controller.quorum.voters=1@127.0.0.1:%d\n", broker->controller_port);
    buffer_format(&text, "log.dirs=%s/data\n", broker->folder);
    buffer_append_text(&text, "group.min.session.timeout.ms=1000\n");
    for (size_t i = 0; options->settings != NULL && options->settings[i] != NULL; i++)
        buffer_format(&text, "%s\n", options->settings[i]);
    MUST(!text.overflow);
    put_file(broker, "server.properties", buffer_slice(&text));
    put_file(broker, "log4j2.properties", (struct slice){0});
    put_file(broker, "jvm.options", (struct slice){0});
    buffer_done(&text);
}

static void launch(struct broker *broker)
{
    char path[PLACE_PATH_SIZE + 16];
    /* It lives for seconds: compiling thoroughly does not pay. */
    const char *const argv[] = {"java",
                                "@jvm.options",
                                "-XX:TieredStopAtLevel=1",
                                "-XX:-UsePerfData",
                                "-Dlog4j2.configurationFile=log4j2.properties",
                                "-cp",
                                path,
                                "kafka.Kafka",
                                "server.properties",
                                NULL};
    const struct process_options options = {
        .argv = argv,
        .log_path = broker->log_path,
        .folder = broker->folder,
        .unprivileged = true,
    };
    int64_t begun_ms = place_steady_ms();

    snprintf(path, sizeof path, "%s/*", broker->jars);
    broker->process = process_start(&options);
    if (!EVENTUALLY(START_MS,
                    broker_request_ready(broker->port) || !process_running(broker->process)) ||
        !process_running(broker->process))
        process_fail(broker->log_path, "the broker does not answer");
    broker->ready_ms = place_steady_ms() - begun_ms;
}

struct broker *broker_start(const struct broker_options *options)
{
    static const struct broker_options defaults;
    struct broker *broker = must_alloc(sizeof *broker);
    char kafka[PLACE_PATH_SIZE - 16];
    char formatted[PLACE_PATH_SIZE];
    char data[PLACE_PATH_SIZE + 16];

    broker->port = place_port();
    broker->controller_port = place_port();
    snprintf(broker->address, sizeof broker->address, "127.0.0.1:%d", broker->port);
    find_kafka(kafka, sizeof kafka);
    snprintf(broker->jars, sizeof broker->jars, "%s/libs", kafka);
    snprintf(formatted, sizeof formatted, "%s/formatted", kafka);
    place_make("kafka", broker->folder);
    inside(broker, "kafka.log", broker->log_path, sizeof broker->log_path);
    inside(broker, "data", data, sizeof data);
    place_copy(formatted, data);
    write_settings(broker, options == NULL ? &defaults : options);
    launch(broker);
    return broker;
}

struct broker *broker_shared(void)
{
    const char *address = getenv("TRIBUTARY_TEST_BROKER");
    struct broker *broker;

    if (address == NULL || address[0] == '\0')
        return broker_start(NULL);
    broker = must_alloc(sizeof *broker);
    broker->shared = true;
    snprintf(broker->address, sizeof broker->address, "%s", address);
    if (sscanf(address, "127.0.0.1:%d", &broker->port) != 1)
        process_fail(NULL, "TRIBUTARY_TEST_BROKER is %s", address);
    return broker;
}

void broker_share(const struct broker *broker)
{
    setenv("TRIBUTARY_TEST_BROKER", broker->address, 1);
}

void broker_free(struct broker *broker)
{
    if (broker == NULL)
        return;
    process_free(broker->process);
    if (!broker->shared)
        place_remove(broker->folder);
    free(broker);
}

const char *broker_address(const struct broker *broker)
{
    return broker->address;
}

int broker_proxied_port(const struct broker *broker, size_t index)
{
    MUST(index < BROKER_PROXIES && broker->proxied_ports[index] != 0);
    return broker->proxied_ports[index];
}

const char *broker_prefix(struct broker *broker)
{
    char *prefix = broker->prefixes[broker->prefix_count];

    MUST(broker->prefix_count < PREFIXES);
    snprintf(prefix, PREFIX_SIZE, "t%dx%llx%zu-", (int)getpid(),
             (unsigned long long)place_steady_ms() & 0xffffff, broker->prefix_count++);
    return prefix;
}

static struct process *own_process(struct broker *broker)
{
    if (broker->shared)
        process_fail(NULL, "this broker is shared: start one of your own to stop it");
    if (broker->process == NULL)
        process_fail(NULL, "this broker is down already");
    return broker->process;
}

static void forget_process(struct broker *broker)
{
    process_free(broker->process);
    broker->process = NULL;
}

void broker_stop(struct broker *broker)
{
    process_terminate(own_process(broker), STOP_MS);
    forget_process(broker);
}

void broker_kill(struct broker *broker)
{
    process_kill(own_process(broker));
    forget_process(broker);
}

void broker_restart(struct broker *broker)
{
    if (broker->process != NULL)
        broker_stop(broker);
    launch(broker);
}

void broker_pause(struct broker *broker)
{
    process_pause(own_process(broker));
}

void broker_resume(struct broker *broker)
{
    process_resume(own_process(broker));
}

void broker_create_topic(struct broker *broker, const char *topic, int32_t partitions)
{
    int code = broker_request_create(broker->port, topic, partitions);
    int64_t offset;

    if (code != 0)
        process_fail(NULL, "create topic %s: Kafka's error %d", topic, code);
    /* It is there when its last partition has a leader. */
    if (!EVENTUALLY(TOPIC_MS,
                    broker_request_end(broker->port, topic, partitions - 1, &offset) == 0))
        process_fail(NULL, "topic %s has no leader", topic);
}

int64_t broker_end_offset(struct broker *broker, const char *topic, int32_t partition)
{
    int64_t offset = 0;
    int code = -1;

    if (!EVENTUALLY(TOPIC_MS,
                    (code = broker_request_end(broker->port, topic, partition, &offset)) == 0))
        process_fail(NULL, "end of %s/%d: Kafka's error %d", topic, (int)partition, code);
    return offset;
}

void broker_evict(struct broker *broker, const char *group, const char *member)
{
    int code = broker_request_leave(broker->port, group, member);

    if (code != 0)
        process_fail(NULL, "eviction of %s from %s: Kafka's error %d", member, group, code);
}

int64_t broker_ready_ms(const struct broker *broker)
{
    return broker->ready_ms;
}
