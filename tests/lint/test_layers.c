/* Who may know whom: includes point downwards only, and each library of the outside has one folder.
 */
#include "tests/lint/sources.h"
#include "tests/support/suite/suite.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* A folder, its layer, and the folders of its own layer that it may know all the same. */
struct place {
    const char *folder;
    int layer;
    const char *also[2];
};

enum {
    LAYER_BASE,
    LAYER_TOOLS,
    LAYER_DOMAIN,
    LAYER_LIBRARIES,
    LAYER_ROWS,
    LAYER_WORKER,
    LAYER_KINDS,
    LAYER_MAINS
};

static const struct place places[] = {
    {"common/base", LAYER_BASE, {NULL}},
    {"common/log", LAYER_TOOLS, {"common/config"}},
    {"common/config", LAYER_TOOLS, {NULL}},
    {"common/metrics", LAYER_TOOLS, {NULL}},
    {"common/json", LAYER_TOOLS, {NULL}},
    {"common/event", LAYER_DOMAIN, {NULL}},
    {"common/taxonomy", LAYER_DOMAIN, {NULL}},
    {"common/engine", LAYER_DOMAIN, {"common/taxonomy"}},
    {"common/codec", LAYER_LIBRARIES, {NULL}},
    {"common/kafka", LAYER_LIBRARIES, {NULL}},
    {"common/postgres", LAYER_LIBRARIES, {NULL}},
    {"common/redis", LAYER_LIBRARIES, {NULL}},
    {"common/loop", LAYER_LIBRARIES, {NULL}},
    {"common/crypto", LAYER_LIBRARIES, {NULL}},
    {"common/http", LAYER_LIBRARIES, {"common/loop"}},
    {"common/client", LAYER_LIBRARIES, {"common/loop"}},
    {"common/csv", LAYER_LIBRARIES, {NULL}},
    {"common/users", LAYER_ROWS, {NULL}},
    {"common/weights", LAYER_ROWS, {NULL}},
    {"common/outbox", LAYER_ROWS, {NULL}},
    {"common/worker", LAYER_WORKER, {NULL}},
    {"common/sink", LAYER_KINDS, {NULL}},
    {"common/transform", LAYER_KINDS, {NULL}},
    {"producers", LAYER_MAINS, {NULL}},
    {"consumers", LAYER_MAINS, {NULL}},
    {"operator", LAYER_MAINS, {NULL}},
    {"deploy", LAYER_MAINS, {NULL}},
};

/* Headers of libraries, by how they begin, and their one folder. */
static const struct {
    const char *header;
    const char *folder;
} libraries[] = {
    {"librdkafka/", "common/kafka"}, {"avro.h", "common/codec"},   {"avro/", "common/codec"},
    {"jansson.h", "common/codec"},   {"libpq", "common/postgres"}, {"hiredis", "common/redis"},
    {"event2/", "common/loop"},      {"event.h", "common/loop"},   {"curl/", "common/client"},
    {"openssl/", "common/crypto"},   {"yajl/", "common/json"},     {"ini.h", "common/config"},
    {"csv.h", "common/csv"},         {"zlib.h", "common/csv"},
};

static const char *const product[] = {"common",   "producers", "consumers",
                                      "operator", "deploy",    NULL};

static bool within(const char *path, const char *folder)
{
    size_t size = strlen(folder);

    return strncmp(path, folder, size) == 0 && (path[size] == '/' || path[size] == '\0');
}

static const struct place *place_of(const char *path)
{
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        if (within(path, places[i].folder))
            return &places[i];
    return NULL;
}

/* The folder below consumers/ or producers/, which may not know its neighbours. */
static bool same_program(const char *a, const char *b)
{
    const char *a_end = strchr(strchr(a, '/') + 1, '/'), *b_end = strchr(strchr(b, '/') + 1, '/');

    return a_end != NULL && b_end != NULL && a_end - a == b_end - b &&
           strncmp(a, b, (size_t)(a_end - a)) == 0;
}

static bool may_know(const struct place *from, const struct place *to, const char *path,
                     const char *header)
{
    if (from == to)
        return from->layer < LAYER_MAINS || within(path, "operator") ||
               same_program(path, header) || strstr(header, "/feeder/") != NULL;
    if (from->layer > to->layer)
        return true;
    for (size_t i = 0; i < 2 && from->also[i] != NULL; i++)
        if (strcmp(from->also[i], to->folder) == 0)
            return true;
    return false;
}

static void check_own(int *faults, const struct source_line *line, const char *header)
{
    const struct place *from = place_of(line->path), *to = place_of(header);

    if (from == NULL || to == NULL) {
        printf("%s:%zu: %s is in no layer\n", line->path, line->number,
               from == NULL ? line->path : header);
        (*faults)++;
    } else if (!may_know(from, to, line->path, header)) {
        printf("%s:%zu: must not know %s\n", line->path, line->number, header);
        (*faults)++;
    }
}

static void check_library(int *faults, const struct source_line *line, const char *header)
{
    for (size_t i = 0; i < sizeof libraries / sizeof libraries[0]; i++)
        if (strncmp(header, libraries[i].header, strlen(libraries[i].header)) == 0 &&
            !within(line->path, libraries[i].folder)) {
            printf("%s:%zu: <%s> belongs to %s alone\n", line->path, line->number, header,
                   libraries[i].folder);
            (*faults)++;
        }
}

static void check_include(void *context, const struct source_line *line)
{
    char header[256], mark;

    if (sscanf(line->text, "#include %c%255[^\">]", &mark, header) != 2)
        return;
    if (mark == '"')
        check_own(context, line, header);
    else
        check_library(context, line, header);
}

START_TEST(includes_point_downwards)
{
    int faults = 0;

    ck_assert_uint_gt(sources_walk(product, check_include, &faults), 100);
    ck_assert_int_eq(faults, 0);
}
END_TEST

/* The rule itself can fail. */
START_TEST(a_fault_is_found)
{
    const struct source_line bad[] = {
        {"common/base/x.c", "#include \"common/kafka/consumer.h\"", 1},
        {"common/kafka/x.c", "#include \"common/postgres/postgres.h\"", 1},
        {"common/worker/x.c", "#include <libpq-fe.h>", 1},
        {"consumers/learner/x.c", "#include \"consumers/analytics/sums.h\"", 1},
        {"common/http/x.c", "#include \"nowhere.h\"", 1},
    };
    int faults = 0;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        check_include(&faults, &bad[i]);
    ck_assert_int_eq(faults, 5);
}
END_TEST

SUITE_MAIN("lint/layers", includes_point_downwards, a_fault_is_found);
