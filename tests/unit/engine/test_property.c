/* Random lessons and random bytes. The seed is printed; ENGINE_SEED in the environment repeats it.
 */
#include "common/base/buffer.h"
#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/engine/counts.h"
#include "common/engine/lesson.h"
#include "common/engine/user.h"
#include "common/engine/verdict.h"
#include "tests/support/suite/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LESSONS = 4000, NAME = 80 };

static struct random seeded(void)
{
    const char *given = getenv("ENGINE_SEED");
    uint64_t seed = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)clock_wall_us();
    struct random random;

    printf("ENGINE_SEED=%llu\n", (unsigned long long)seed);
    fflush(stdout);
    random_init(&random, seed);
    return random;
}

struct random_lesson {
    struct engine_features features;
    char shown[NAME];
    char category[NAME];
    struct engine_lesson lesson;
};

/* Some names too long, some empty, some reserved; more categories and merchants than fit. */
static void random_name(struct random *random, char *name)
{
    uint64_t kind = random_below(random, 100);

    if (kind == 0)
        snprintf(name, NAME, "%s", "uncategorized");
    else if (kind == 1)
        name[0] = '\0';
    else if (kind == 2)
        snprintf(name, NAME, "%065d", 1);
    else
        snprintf(name, NAME, "c%d", (int)random_below(random, kind < 20 ? 150 : 6));
}

static void random_lesson(struct random *random, struct random_lesson *ret)
{
    uint64_t merchants = random_below(random, 3) == 0 ? 2000 : 20;

    ret->features = (struct engine_features){.merchant_hash = random_below(random, merchants),
                                             .key_hash = random_below(random, 5),
                                             .mcc = (int32_t)random_below(random, 9999)};
    random_name(random, ret->shown);
    random_name(random, ret->category);
    ret->lesson = (struct engine_lesson){.features = &ret->features,
                                         .kind = (enum engine_feedback)random_below(random, 5),
                                         .shown = slice_of(ret->shown),
                                         .category = slice_of(ret->category),
                                         .rating = (int32_t)random_below(random, 8) - 1};
}

static void encode(const struct engine_user *user, struct buffer *bytes)
{
    buffer_reset(bytes);
    engine_user_encode(user, bytes);
    ck_assert(!bytes->overflow);
}

/* Through the bytes, as when another process takes over. */
static struct engine_user *reload(struct engine_user *user, struct buffer *bytes)
{
    struct engine_user *again = NULL;

    encode(user, bytes);
    ck_assert_int_eq(engine_user_decode(buffer_slice(bytes), &again, &(struct error){0}),
                     STATUS_OK);
    engine_user_free(user);
    return again;
}

/* One user is learnt in one go, the other is written and read again at random moments. */
START_TEST(replays_are_identical)
{
    struct random random = seeded();
    struct engine_user *one = engine_user_new();
    struct engine_user *other = engine_user_new();
    struct buffer bytes;
    struct buffer other_bytes;

    buffer_init(&bytes, ENGINE_USER_BYTES_MAX);
    buffer_init(&other_bytes, ENGINE_USER_BYTES_MAX);
    for (int i = 0; i < LESSONS; i++) {
        struct random_lesson lesson;
        struct engine_step step;
        struct engine_step other_step;

        random_lesson(&random, &lesson);
        engine_learn_user(one, &lesson.lesson, &step);
        engine_learn_user(other, &lesson.lesson, &other_step);
        ck_assert_int_eq(step.add_after, other_step.add_after);
        ck_assert_int_eq(step.take_after, other_step.take_after);
        ck_assert_int_eq(step.cell_after, other_step.cell_after);
        ck_assert_uint_eq(step.lessons, other_step.lessons);
        if (random_below(&random, 16) == 0) {
            other = reload(other, &other_bytes);
            encode(one, &bytes);
            ck_assert(slice_equal(buffer_slice(&bytes), buffer_slice(&other_bytes)));
        }
    }
    ck_assert_uint_le(engine_user_memory(one), 20 * 1024);
    buffer_done(&bytes);
    buffer_done(&other_bytes);
    engine_user_free(one);
    engine_user_free(other);
}
END_TEST

static void check_step(const struct engine_step *step)
{
    static const int32_t limit = ENGINE_UNIT * 5 / 2 + 1; /* 1 / (1 - .6) */

    ck_assert(step->add_after >= 0 && step->add_after <= limit);
    ck_assert(step->take_after >= 0 && step->take_after <= limit);
    ck_assert(step->cell_after >= 0 && step->cell_after <= limit);
    ck_assert(step->take_after <= step->take_before);
    ck_assert(step->add_after + step->take_after <= step->cell_after);
}

static void check_verdict(const struct engine_verdict *verdict)
{
    ck_assert(verdict->category.size > 0 && verdict->category.size <= ENGINE_CATEGORY_SIZE);
    ck_assert(verdict->confidence >= 0 && verdict->confidence <= 1 + 1e-9);
    ck_assert(verdict->global_confidence >= 0 && verdict->global_confidence <= 1 + 1e-9);
    ck_assert((verdict->decided_by == ENGINE_NONE) == (verdict->confidence == 0));
    ck_assert_uint_le(verdict->reason_count, ENGINE_REASONS_MAX);
    for (size_t i = 0; i < verdict->reason_count; i++) {
        ck_assert(verdict->reasons[i].confidence > 0 && verdict->reasons[i].confidence <= 1);
        ck_assert(verdict->reasons[i].evidence >= 0);
    }
}

START_TEST(bounds_hold)
{
    struct random random = seeded();
    OWNED(engine_user) user = engine_user_new();
    OWNED(engine_counts) counts = engine_counts_new(1 << 18);

    for (int i = 0; i < LESSONS; i++) {
        struct random_lesson lesson;
        struct engine_delta deltas[ENGINE_DELTAS_MAX];
        struct engine_step step;
        struct engine_verdict verdict;
        struct engine_view view = {.user = user};
        size_t size;

        random_lesson(&random, &lesson);
        engine_learn_user(user, &lesson.lesson, &step);
        check_step(&step);
        size = engine_lesson_deltas(&lesson.lesson, deltas);
        ck_assert_int_eq(size > 0, step.learnt);
        for (size_t k = 0; k < size; k++) {
            struct engine_count row = {SLICE_LITERAL("t"), deltas[k].subject, deltas[k].category,
                                       (uint16_t)random_below(&random, 3),
                                       deltas[k].units * (int64_t)random_below(&random, 9)};

            (void)engine_counts_set(counts, &row);
        }
        lesson.features.amount_minor = (int64_t)random_below(&random, 3) - 1;
        view.tenant = engine_tenant(counts, SLICE_LITERAL("t"));
        engine_classify(&view, &lesson.features, &verdict);
        check_verdict(&verdict);
    }
    ck_assert_uint_le(engine_counts_bytes(counts), 1 << 18);
}
END_TEST

/* A good state with some bytes changed: refused, or a state like any other. */
START_TEST(any_bytes_are_safe)
{
    struct random random = seeded();
    OWNED(engine_user) user = engine_user_new();
    struct buffer bytes;
    struct buffer again;
    int accepted = 0;

    buffer_init(&bytes, ENGINE_USER_BYTES_MAX);
    buffer_init(&again, ENGINE_USER_BYTES_MAX);
    for (int i = 0; i < LESSONS; i++) {
        struct random_lesson lesson;
        struct engine_step step;
        struct engine_user *changed = NULL;

        random_lesson(&random, &lesson);
        if (i % 8 == 0)
            engine_learn_user(user, &lesson.lesson, &step);
        encode(user, &bytes);
        for (uint64_t k = random_below(&random, 3); k > 0 && bytes.size > 0; k--)
            bytes.data[random_below(&random, bytes.size)] = (char)random_below(&random, 256);
        if (random_below(&random, 4) == 0)
            bytes.size = random_below(&random, bytes.size + 1);
        if (engine_user_decode(buffer_slice(&bytes), &changed, &(struct error){0}) != STATUS_OK)
            continue;
        accepted++;
        encode(changed, &again);
        ck_assert(bytes.size == 0 || slice_equal(buffer_slice(&bytes), buffer_slice(&again)));
        engine_learn_user(changed, &lesson.lesson, &step);
        engine_user_free(changed);
    }
    ck_assert_int_gt(accepted, LESSONS / 10);
    buffer_done(&bytes);
    buffer_done(&again);
}
END_TEST

/* Any text gives features, the same each time. */
START_TEST(any_text_gives_features)
{
    struct random random = seeded();

    for (int i = 0; i < LESSONS; i++) {
        char text[300];
        struct engine_input input = {.merchant = {text, random_below(&random, sizeof text)}};
        struct engine_features one;
        struct engine_features other;

        for (size_t k = 0; k < input.merchant.size; k++)
            text[k] = random_below(&random, 2) ? (char)random_below(&random, 256)
                                               : "aZ 0*'&."[random_below(&random, 8)];
        engine_features(&input, &one);
        engine_features(&input, &other);
        ck_assert_uint_eq(one.merchant_hash, other.merchant_hash);
        ck_assert_uint_le(one.merchant_size, ENGINE_MERCHANT_SIZE);
        ck_assert((one.merchant_hash == 0) == (one.key_hash == 0));
        input.merchant = (struct slice){one.merchant, one.merchant_size};
        engine_features(&input, &other);
        ck_assert_uint_le(other.merchant_size, one.merchant_size);
    }
}
END_TEST

SUITE_MAIN_TIMEOUT("engine", 60, replays_are_identical, bounds_hold, any_bytes_are_safe,
                   any_text_gives_features);
