/* What a spec must be: https://prometheus.io/docs/concepts/data_model and its page on naming. */
#include "common/base/must.h"
#include "common/metrics/registry.h"

#include <ctype.h>
#include <string.h>

static bool name_is_good(const char *name)
{
    if (name == NULL || !islower((unsigned char)name[0]))
        return false;
    for (const char *c = name; *c != '\0'; c++)
        if (!islower((unsigned char)*c) && !isdigit((unsigned char)*c) && *c != '_')
            return false;
    return true;
}

static bool ends_with(const char *name, const char *end)
{
    size_t size = strlen(name), end_size = strlen(end);

    return size > end_size && strcmp(name + size - end_size, end) == 0;
}

static void check_buckets(const struct metrics_buckets *buckets)
{
    MUST(buckets->count > 0 && buckets->count <= METRICS_BUCKETS_MAX);
    for (size_t i = 1; i < buckets->count; i++)
        MUST(buckets->bounds[i - 1] < buckets->bounds[i]);
}

void metrics_check_spec(const struct metrics_spec *spec, size_t label_count)
{
    bool counter = spec->type == METRICS_COUNTER || spec->type == METRICS_REAL_COUNTER;

    MUST(name_is_good(spec->name));
    MUST(spec->help != NULL && strchr(spec->help, '\n') == NULL);
    MUST(counter == ends_with(spec->name, "_total"));
    /* These belong to the series of a histogram. */
    MUST(!ends_with(spec->name, "_bucket") && !ends_with(spec->name, "_sum") &&
         !ends_with(spec->name, "_count"));
    MUST((spec->type == METRICS_HISTOGRAM) == (spec->buckets != NULL));
    if (spec->buckets != NULL)
        check_buckets(spec->buckets);
    for (size_t i = 0; i < label_count; i++) {
        MUST(name_is_good(spec->labels[i]) && strcmp(spec->labels[i], "le") != 0);
        for (size_t j = 0; j < i; j++)
            MUST(strcmp(spec->labels[i], spec->labels[j]) != 0);
    }
}
