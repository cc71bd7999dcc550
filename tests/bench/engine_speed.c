/* How fast one core computes features, answers, learns, and writes and reads a user's state; and
 * how large the states are. Made-up users, each with habits among Zipf-like merchants. */
#include "common/base/buffer.h"
#include "common/base/must.h"
#include "common/base/random.h"
#include "common/engine/counts.h"
#include "common/engine/lesson.h"
#include "common/engine/user.h"
#include "common/engine/verdict.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { USERS = 2000, MERCHANTS = 20000, EVENTS = 200000, ROUNDS = 5, TEXT = 48 };

#define TENANT SLICE_LITERAL("bench")

struct event {
    struct engine_input input;
    struct engine_features features;
    uint32_t user;
    uint32_t category;
};

struct world {
    size_t categories;
    char merchants[MERCHANTS][TEXT];
    char names[ENGINE_CATEGORIES_MAX][TEXT];
    struct event events[EVENTS];
    struct engine_user *users[USERS];
    struct engine_counts *counts;
};

static struct slice category(const struct world *world, size_t i)
{
    return slice_of(world->names[i]);
}

static void make_texts(struct world *world)
{
    static const char *const firsts[] = {"SQ *Corner", "Tesco", "PAYPAL *Blue", "Shell",
                                         "Cafe",       "Royal", "City",         "The Green"};
    static const char *const seconds[] = {"Stores", "Bakery", "Garage", "Books", "Market", "Taxis"};

    for (int i = 0; i < MERCHANTS; i++)
        snprintf(world->merchants[i], TEXT, "%s %s %c%c%c %04d", firsts[i % 8], seconds[i / 8 % 6],
                 'a' + i % 26, 'a' + i / 26 % 26, 'a' + i / 676, i % 10000);
    for (size_t i = 0; i < world->categories; i++)
        snprintf(world->names[i], TEXT, "Category number %zu", i);
}

static void make_events(struct world *world, struct random *random)
{
    for (int i = 0; i < EVENTS; i++) {
        struct event *event = &world->events[i];
        double x = random_unit(random);
        uint32_t merchant;

        event->user = (uint32_t)random_below(random, USERS);
        merchant = (uint32_t)(x * x * x * 40 + event->user * 7) % MERCHANTS;
        event->category = (merchant + (event->user % 5 == 0)) % (uint32_t)world->categories;
        event->input = (struct engine_input){.merchant = slice_of(world->merchants[merchant]),
                                             .currency = SLICE_LITERAL("EUR"),
                                             .amount_minor = (int64_t)random_below(random, 20000),
                                             .mcc = merchant % 2 ? 5411 : 0};
    }
}

/* CPU rather than wall time: what else the machine does is not ours. */
static int64_t cpu_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void rate(const char *what, int64_t began_us, size_t count)
{
    double seconds = (double)(cpu_us() - began_us) / 1e6;

    printf("%-28s %10.0f/s %8.0f ns\n", what, (double)count / seconds,
           seconds * 1e9 / (double)count);
}

static void learn_all(struct world *world)
{
    int64_t began = cpu_us();
    struct engine_step step;

    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < EVENTS; i++) {
            struct event *event = &world->events[i];
            struct engine_lesson lesson;

            engine_features(&event->input, &event->features);
            lesson = (struct engine_lesson){.features = &event->features,
                                            .kind = ENGINE_CORRECTION,
                                            .shown = category(world, 0),
                                            .category = category(world, event->category)};
            engine_learn_user(world->users[event->user], &lesson, &step);
        }
    }
    rate("learn, with features", began, (size_t)ROUNDS * EVENTS);
}

/* As a classifier that reads rows: each lesson adds to its subjects. */
static void count_all(struct world *world)
{
    int64_t began = cpu_us();
    size_t rows = 0;

    for (int i = 0; i < EVENTS; i++) {
        struct event *event = &world->events[i];
        struct engine_lesson lesson = {.features = &event->features,
                                       .kind = ENGINE_CORRECTION,
                                       .category = category(world, event->category)};
        struct engine_delta deltas[ENGINE_DELTAS_MAX];
        size_t count = engine_lesson_deltas(&lesson, deltas);

        for (size_t k = 0; k < count; k++, rows++) {
            struct engine_count row = {TENANT, deltas[k].subject, deltas[k].category, 0,
                                       deltas[k].units * (i % 50 + 1)};

            MUST(engine_counts_set(world->counts, &row));
        }
    }
    rate("counts set", began, rows);
    printf("%-28s %10zu bytes\n", "counts", engine_counts_bytes(world->counts));
}

static void classify_all(const struct world *world, bool users)
{
    const struct engine_tenant *tenant = engine_tenant(world->counts, TENANT);
    int64_t began = cpu_us();
    struct engine_verdict verdict;
    size_t right = 0;

    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < EVENTS; i++) {
            const struct event *event = &world->events[i];
            struct engine_view view = {.tenant = tenant,
                                       .user = users ? world->users[event->user] : NULL};
            struct engine_features features;

            engine_features(&event->input, &features);
            engine_classify(&view, &features, &verdict);
            right += slice_equal(verdict.category, category(world, event->category));
        }
    }
    rate(users ? "classify, with features" : "classify, no user", began, (size_t)ROUNDS * EVENTS);
    printf("%-28s %10.3f\n", "right", (double)right / ROUNDS / EVENTS);
}

static void features_all(const struct world *world)
{
    int64_t began = cpu_us();
    struct engine_features features;
    uint64_t sum = 0;

    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < EVENTS; i++) {
            engine_features(&world->events[i].input, &features);
            sum += features.merchant_hash;
        }
    }
    rate(sum == 0 ? "features?" : "features", began, (size_t)ROUNDS * EVENTS);
}

static void states_all(const struct world *world)
{
    struct buffer bytes[USERS];
    size_t size = 0;
    size_t memory = 0;
    int64_t began = cpu_us();

    for (int i = 0; i < USERS; i++) {
        buffer_init(&bytes[i], ENGINE_USER_BYTES_MAX);
        engine_user_encode(world->users[i], &bytes[i]);
    }
    rate("encode", began, USERS);
    began = cpu_us();
    for (int i = 0; i < USERS; i++) {
        struct error error = {0};
        struct engine_user *user;

        MUST(engine_user_decode(buffer_slice(&bytes[i]), &user, &error) == STATUS_OK);
        size += bytes[i].size;
        memory += engine_user_memory(user);
        engine_user_free(user);
    }
    rate("decode", began, USERS);
    printf("%-28s %10zu bytes encoded, %zu in memory\n", "a user", size / USERS, memory / USERS);
    for (int i = 0; i < USERS; i++)
        buffer_done(&bytes[i]);
}

static void run(size_t categories)
{
    struct world *world = must_alloc(sizeof *world);
    struct random random;

    printf("\n%zu categories, per second of CPU\n", categories);
    random_init(&random, 1);
    world->categories = categories;
    world->counts = engine_counts_new(64 << 20);
    for (int i = 0; i < USERS; i++)
        world->users[i] = engine_user_new();
    make_texts(world);
    make_events(world, &random);
    features_all(world);
    learn_all(world);
    count_all(world);
    classify_all(world, true);
    classify_all(world, false);
    states_all(world);
    for (int i = 0; i < USERS; i++)
        engine_user_free(world->users[i]);
    engine_counts_free(world->counts);
    free(world);
}

int main(void)
{
    run(16);
    run(63);
    return EXIT_SUCCESS;
}
