#include "common/kafka/client.h"

#include "common/base/clock.h"
#include "common/base/must.h"
#include "common/kafka/conf.h"
#include "common/kafka/kafka_error.h"

#include <limits.h>
#include <pthread.h>
#include <time.h>

enum { SYSLOG_ERROR = 3, SYSLOG_WARNING = 4 };

static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    const struct kafka_client *client = rk == NULL ? NULL : rd_kafka_opaque(rk);

    if (client != NULL && client->observer.log != NULL)
        client->observer.log(client->observer.opaque, level, facility, text);
}

static int on_stats(rd_kafka_t *rk, char *json, size_t size, void *opaque)
{
    const struct kafka_client *client = opaque;

    (void)rk;
    if (client->observer.stats != NULL)
        client->observer.stats(client->observer.opaque, (struct slice){json, size});
    return 0; /* the library frees json */
}

static void on_error(rd_kafka_t *rk, int code, const char *reason, void *opaque)
{
    struct kafka_client *client = opaque;
    rd_kafka_resp_err_t err = (rd_kafka_resp_err_t)code;

    (void)rk;
    if (client->observer.log != NULL)
        client->observer.log(client->observer.opaque, SYSLOG_ERROR, kafka_error_name(err), reason);
    if (err == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
        client->connected = false;
    if (client->trouble.status == STATUS_FATAL)
        return;
    error_clear(&client->trouble);
    error_set_code(&client->trouble, kafka_error_status(err), kafka_error_name(err), "kafka: %s",
                   reason);
}

static void warn(const struct kafka_client *client, const struct kafka_settings *settings)
{
    const char *warning = kafka_conf_warning(settings, rd_kafka_version());

    if (warning != NULL && client->observer.log != NULL)
        client->observer.log(client->observer.opaque, SYSLOG_WARNING, "SETTINGS", warning);
}

enum status kafka_client_open(struct kafka_client *client, const struct kafka_settings *settings,
                              rd_kafka_type_t type, rd_kafka_conf_t *conf, struct error *error)
{
    char reason[160];

    rd_kafka_conf_set_opaque(conf, client);
    rd_kafka_conf_set_log_cb(conf, on_log);
    rd_kafka_conf_set_error_cb(conf, on_error);
    if (client->observer.stats != NULL)
        rd_kafka_conf_set_stats_cb(conf, on_stats);
    client->rk = rd_kafka_new(type, conf, reason, sizeof reason);
    if (client->rk == NULL) {
        rd_kafka_conf_destroy(conf);
        return error_set(error, STATUS_FATAL, "kafka refuses its settings: %s", reason);
    }
    /* To the main queue, which the poll of every kind of client serves. */
    MUST(rd_kafka_set_log_queue(client->rk, NULL) == RD_KAFKA_RESP_ERR_NO_ERROR);
    warn(client, settings);
    return STATUS_OK;
}

struct ending {
    struct kafka_client *client;
    void (*release)(struct kafka_client *client);
};

static void *end(void *opaque)
{
    struct ending ending = *(struct ending *)opaque;

    free(opaque);
    rd_kafka_destroy_flags(ending.client->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    ending.release(ending.client);
    return NULL;
}

static struct timespec deadline_of(int64_t timeout_ms)
{
    int64_t at_ms = clock_steady_ms() + timeout_ms;

    return (struct timespec){.tv_sec = at_ms / 1000, .tv_nsec = at_ms % 1000 * 1000000};
}

bool kafka_client_close(struct kafka_client *client, void (*release)(struct kafka_client *client),
                        int64_t timeout_ms)
{
    struct ending *ending = must_alloc(sizeof *ending);
    struct timespec deadline = deadline_of(timeout_ms);
    pthread_t thread;

    /* The caller's observer may be gone while the thread still ends the client. */
    client->observer = (struct kafka_observer){0};
    *ending = (struct ending){client, release};
    MUST(pthread_create(&thread, NULL, end, ending) == 0);
    if (pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC, &deadline) == 0)
        return true;
    pthread_detach(thread);
    return false;
}

int kafka_client_timeout(int64_t timeout_ms)
{
    if (timeout_ms < 0)
        return 0;
    return timeout_ms > INT_MAX ? INT_MAX : (int)timeout_ms;
}

int64_t kafka_client_remaining(int64_t deadline_ms)
{
    int64_t left = deadline_ms - clock_steady_ms();

    return left < 0 ? 0 : left;
}
