/* The registry: what a scrape looks like, and that it holds together while threads update it. */
#include "common/metrics/metrics.h"
#include "tests/support/suite/suite.h"

#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const struct metrics_spec requests = {.name = "requests_total",
                                             .type = METRICS_COUNTER,
                                             .help = "Requests \\ answered.",
                                             .labels = {"route", "code"}};
static const struct metrics_spec lag = {.name = "lag_records",
                                        .type = METRICS_GAUGE,
                                        .help = "Records behind | of us.",
                                        .labels = {"partition"}};
static const struct metrics_spec age = {
    .name = "age_seconds", .type = METRICS_REAL, .help = "Age."};
static const struct metrics_spec busy = {
    .name = "busy_seconds_total", .type = METRICS_REAL_COUNTER, .help = "Busy."};
static const double bounds[] = {.5, 1, 2.5};
static const struct metrics_buckets buckets = {bounds, 3};
static const struct metrics_spec latency = {.name = "latency_seconds",
                                            .type = METRICS_HISTOGRAM,
                                            .help = "Latency.",
                                            .labels = {"step"},
                                            .buckets = &buckets};

/* The scrape as a C string; the caller frees. */
static char *scrape(struct metrics *metrics)
{
    struct buffer out;

    buffer_init(&out, 1 << 20);
    metrics_write(metrics, &out);
    ck_assert(!out.overflow);
    buffer_append_byte(&out, '\0');
    return out.data;
}

static void check_scrape(struct metrics *metrics, const char *want)
{
    char *text = scrape(metrics);

    ck_assert_str_eq(text, want);
    free(text);
}

#define VALUES(...) ((const char *const[]){__VA_ARGS__})

START_TEST(scrape_is_the_text_format)
{
    struct metrics *metrics = metrics_new();
    struct metrics_histogram *histogram;

    metrics_register(metrics, &lag); /* no series yet: not shown */
    metrics_counter_add(
        metrics_counter(metrics_register(metrics, &requests), VALUES("/v1/\"x\"\\\n", "202")),
        UINT64_MAX);
    metrics_counter(metrics_register(metrics, &requests), VALUES("/", "400"));
    metrics_real_set(metrics_real(metrics_register(metrics, &age), NULL), 0.1);
    metrics_real_add(metrics_real(metrics_register(metrics, &busy), NULL), 1.5);
    histogram = metrics_histogram(metrics_register(metrics, &latency), VALUES("apply"));
    metrics_histogram_observe(histogram, .5); /* a bound belongs to its bucket */
    metrics_histogram_observe(histogram, .75);
    metrics_histogram_observe(histogram, 100);
    metrics_histogram_observe(histogram, NAN);
    check_scrape(metrics, "# HELP age_seconds Age.\n"
                          "# TYPE age_seconds gauge\n"
                          "age_seconds 0.1\n"
                          "# HELP busy_seconds_total Busy.\n"
                          "# TYPE busy_seconds_total counter\n"
                          "busy_seconds_total 1.5\n"
                          "# HELP latency_seconds Latency.\n"
                          "# TYPE latency_seconds histogram\n"
                          "latency_seconds_bucket{step=\"apply\",le=\"0.5\"} 1\n"
                          "latency_seconds_bucket{step=\"apply\",le=\"1\"} 2\n"
                          "latency_seconds_bucket{step=\"apply\",le=\"2.5\"} 2\n"
                          "latency_seconds_bucket{step=\"apply\",le=\"+Inf\"} 3\n"
                          "latency_seconds_sum{step=\"apply\"} 101.25\n"
                          "latency_seconds_count{step=\"apply\"} 3\n"
                          "# HELP requests_total Requests \\\\ answered.\n"
                          "# TYPE requests_total counter\n"
                          "requests_total{route=\"/v1/\\\"x\\\"\\\\\\n\",code=\"202\"} "
                          "18446744073709551615\n"
                          "requests_total{route=\"/\",code=\"400\"} 0\n");
    metrics_free(metrics);
    metrics_free(NULL);
}
END_TEST

START_TEST(special_values)
{
    struct metrics *metrics = metrics_new();
    struct metrics_real *real = metrics_real(metrics_register(metrics, &age), NULL);

    metrics_real_set(real, NAN);
    check_scrape(metrics, "# HELP age_seconds Age.\n# TYPE age_seconds gauge\nage_seconds NaN\n");
    metrics_real_set(real, -INFINITY);
    check_scrape(metrics, "# HELP age_seconds Age.\n# TYPE age_seconds gauge\nage_seconds -Inf\n");
    metrics_free(metrics);
}
END_TEST

START_TEST(series_vanish_when_removed)
{
    struct metrics *metrics = metrics_new();
    struct metrics_family *family = metrics_register(metrics, &lag);
    struct metrics_gauge *first = metrics_gauge(family, VALUES("3"));

    metrics_gauge_set(first, -7);
    metrics_gauge_set(metrics_gauge(family, VALUES("4")), 9);
    ck_assert_ptr_eq(metrics_gauge(family, VALUES("3")), first); /* made twice */
    metrics_remove(family, VALUES("3"));
    metrics_gauge_add(first, 1);
    check_scrape(metrics, "# HELP lag_records Records behind | of us.\n"
                          "# TYPE lag_records gauge\n"
                          "lag_records{partition=\"3\"} -6\n"
                          "lag_records{partition=\"4\"} 9\n");
    metrics_remove(family, VALUES("3"));
    check_scrape(metrics, "# HELP lag_records Records behind | of us.\n"
                          "# TYPE lag_records gauge\n"
                          "lag_records{partition=\"4\"} 9\n");
    metrics_remove(family, VALUES("4"));
    check_scrape(metrics, "");
    ck_assert_int_eq(metrics_gauge_value(metrics_gauge(family, VALUES("3"))), 0);
    metrics_free(metrics);
}
END_TEST

START_TEST(registering_twice_is_one)
{
    struct metrics *metrics = metrics_new();
    struct metrics_spec same = lag;

    ck_assert_ptr_eq(metrics_register(metrics, &lag), metrics_register(metrics, &same));
    metrics_free(metrics);
}
END_TEST

START_TEST(many_series)
{
    struct metrics *metrics = metrics_new();
    struct metrics_family *family = metrics_register(metrics, &lag);
    char value[16], *text;

    for (int i = 0; i < 300; i++) {
        snprintf(value, sizeof value, "%d", i);
        metrics_gauge_set(metrics_gauge(family, VALUES(value)), i);
    }
    for (int i = 0; i < 300; i += 2) {
        snprintf(value, sizeof value, "%d", i);
        metrics_remove(family, VALUES(value));
    }
    text = scrape(metrics);
    ck_assert_ptr_nonnull(strstr(text, "lag_records{partition=\"299\"} 299\n"));
    ck_assert_ptr_null(strstr(text, "partition=\"298\""));
    free(text);
    metrics_free(metrics);
}
END_TEST

static void set_from_collector(void *context)
{
    struct metrics *metrics = context;
    struct metrics_family *family = metrics_register(metrics, &age);

    metrics_real_set(metrics_real(family, NULL), 42);
}

START_TEST(collectors_run_before_a_scrape)
{
    struct metrics *metrics = metrics_new();

    metrics_add_collector(metrics, set_from_collector, metrics);
    check_scrape(metrics, "# HELP age_seconds Age.\n# TYPE age_seconds gauge\nage_seconds 42\n");
    metrics_free(metrics);
}
END_TEST

static double value_of(const char *text, const char *name)
{
    char line[96];
    const char *at;

    snprintf(line, sizeof line, "\n%s ", name);
    at = strstr(text, line);
    ck_assert_msg(at != NULL, "%s", name);
    return strtod(at + strlen(line), NULL);
}

START_TEST(process_tells_the_truth)
{
    struct metrics *metrics = metrics_new();
    char *text, *again;
    int fd;

    metrics_add_process(metrics, "analytics", "1.2.3");
    text = scrape(metrics);
    ck_assert_ptr_nonnull(
        strstr(text, "\ntributary_build_info{component=\"analytics\",version=\"1.2.3\"} 1\n"));
    ck_assert_double_ge(value_of(text, "process_resident_memory_bytes"), 1 << 20);
    ck_assert_double_ge(value_of(text, "process_virtual_memory_bytes"),
                        value_of(text, "process_resident_memory_bytes"));
    ck_assert_double_ge(value_of(text, "process_threads"), 1);
    ck_assert_double_ge(value_of(text, "process_max_fds"), 16);
    ck_assert_double_ge(value_of(text, "process_cpu_seconds_total"), 0);
    ck_assert_double_le(value_of(text, "process_cpu_seconds_total"), 60);
    ck_assert_double_le(value_of(text, "process_start_time_seconds"), (double)time(NULL) + 2);
    ck_assert_double_ge(value_of(text, "process_start_time_seconds"), (double)time(NULL) - 60);
    fd = dup(0);
    again = scrape(metrics);
    ck_assert_double_eq(value_of(again, "process_open_fds"),
                        value_of(text, "process_open_fds") + 1);
    close(fd);
    free(text);
    free(again);
    metrics_free(metrics);
}
END_TEST

START_TEST(markdown_lists_all)
{
    struct metrics *metrics = metrics_new();
    struct buffer out;

    metrics_register(metrics, &requests);
    metrics_register(metrics, &lag);
    buffer_init(&out, 4096);
    metrics_write_markdown(metrics, &out);
    buffer_append_byte(&out, '\0');
    ck_assert_str_eq(out.data,
                     "| metric | type | labels | meaning |\n|---|---|---|---|\n"
                     "| `lag_records` | gauge | `partition` | Records behind \\| of us. |\n"
                     "| `requests_total` | counter | `route`, `code` | Requests \\ answered. |\n");
    buffer_done(&out);
    metrics_free(metrics);
}
END_TEST

/* A bad spec is a programming error: it aborts, in a process of its own. */
static void must_abort(const struct metrics_spec *spec)
{
    struct metrics *metrics = metrics_new();

    ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr));
    metrics_register(metrics, &lag);
    metrics_register(metrics, spec);
    metrics_free(metrics);
}

static const struct metrics_spec bad_specs[] = {
    {.name = "Bad", .type = METRICS_GAUGE, .help = ""},
    {.name = "9bad", .type = METRICS_GAUGE, .help = ""},
    {.name = "bad-name", .type = METRICS_GAUGE, .help = ""},
    {.name = "", .type = METRICS_GAUGE, .help = ""},
    {.name = "requests", .type = METRICS_COUNTER, .help = ""},
    {.name = "a_total", .type = METRICS_GAUGE, .help = ""},
    {.name = "a_count", .type = METRICS_GAUGE, .help = ""},
    {.name = "no_help", .type = METRICS_GAUGE},
    {.name = "no_buckets", .type = METRICS_HISTOGRAM, .help = ""},
    {.name = "label", .type = METRICS_GAUGE, .help = "", .labels = {"le"}},
    {.name = "label", .type = METRICS_GAUGE, .help = "", .labels = {"__x"}},
    {.name = "label", .type = METRICS_GAUGE, .help = "", .labels = {"x", "x"}},
    {.name = "lag_records", .type = METRICS_REAL, .help = "Records behind | of us."},
};

START_TEST(bad_specs_abort)
{
    for (size_t i = 0; i < sizeof bad_specs / sizeof bad_specs[0]; i++) {
        pid_t pid = fork();
        int status = 0;

        if (pid == 0) {
            must_abort(&bad_specs[i]);
            _exit(0);
        }
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "spec %zu", i);
    }
}
END_TEST

enum { WRITERS = 3, ROUNDS = 20000 };

struct race {
    struct metrics *metrics;
    struct metrics_counter *counter;
    struct metrics_histogram *histogram;
    struct metrics_real *real;
    atomic_int running;
};

static void *update(void *context)
{
    struct race *race = context;
    struct metrics_family *family = metrics_register(race->metrics, &lag);
    char value[32];

    snprintf(value, sizeof value, "%p", (void *)&value);
    for (int i = 0; i < ROUNDS; i++) {
        metrics_counter_add(race->counter, 1);
        metrics_histogram_observe(race->histogram, i % 4);
        metrics_real_add(race->real, 0.5);
        if (i % 50 == 0)
            metrics_gauge_set(metrics_gauge(family, VALUES(value)), i);
        if (i % 50 == 25)
            metrics_remove(family, VALUES(value));
    }
    atomic_fetch_sub(&race->running, 1);
    return NULL;
}

/* Buckets never fall from one bound to the next, nor +Inf from _count, nor counts over time. */
static void check_consistent(const char *text, double *last)
{
    double low = value_of(text, "latency_seconds_bucket{step=\"x\",le=\"0.5\"}");
    double high = value_of(text, "latency_seconds_bucket{step=\"x\",le=\"2.5\"}");
    double all = value_of(text, "latency_seconds_bucket{step=\"x\",le=\"+Inf\"}");
    double count = value_of(text, "latency_seconds_count{step=\"x\"}");

    ck_assert_double_le(low, high);
    ck_assert_double_le(high, all);
    ck_assert_double_eq(all, count);
    ck_assert_double_ge(count, *last);
    *last = count;
}

START_TEST(scrapes_hold_while_threads_update)
{
    struct race race = {.metrics = metrics_new(), .running = WRITERS};
    pthread_t threads[WRITERS];
    double last = 0;
    char *text;

    race.counter = metrics_counter(metrics_register(race.metrics, &requests), VALUES("/", "200"));
    race.histogram = metrics_histogram(metrics_register(race.metrics, &latency), VALUES("x"));
    race.real = metrics_real(metrics_register(race.metrics, &busy), NULL);
    for (int i = 0; i < WRITERS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, update, &race), 0);
    while (atomic_load(&race.running) > 0) {
        text = scrape(race.metrics);
        check_consistent(text, &last);
        free(text);
    }
    for (int i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    text = scrape(race.metrics);
    ck_assert_double_eq(value_of(text, "latency_seconds_count{step=\"x\"}"), WRITERS * ROUNDS);
    ck_assert_double_eq(value_of(text, "latency_seconds_sum{step=\"x\"}"),
                        WRITERS * ROUNDS / 4 * 6);
    ck_assert_uint_eq(metrics_counter_value(race.counter), WRITERS * ROUNDS);
    ck_assert_double_eq(metrics_real_value(race.real), WRITERS * ROUNDS * 0.5);
    free(text);
    metrics_free(race.metrics);
}
END_TEST

SUITE_MAIN("metrics", scrape_is_the_text_format, special_values, series_vanish_when_removed,
           registering_twice_is_one, many_series, collectors_run_before_a_scrape,
           process_tells_the_truth, markdown_lists_all, bad_specs_abort,
           scrapes_hold_while_threads_update);
