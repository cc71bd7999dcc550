#include "common/base/buffer.h"
#include "common/engine/lesson.h"
#include "common/engine/user.h"
#include "tests/support/suite/suite.h"

#include <stdio.h>
#include <string.h>

static struct engine_step teach(struct engine_user *user, uint64_t merchant, const char *category)
{
    struct engine_features features = {.merchant_hash = merchant};
    struct engine_lesson lesson = {
        .features = &features, .kind = ENGINE_CORRECTION, .category = slice_of(category)};
    struct engine_step step;

    engine_learn_user(user, &lesson, &step);
    return step;
}

/* What a correction would find. */
static int32_t units(const struct buffer *bytes, uint64_t merchant, const char *category)
{
    struct engine_user *user = NULL;
    struct engine_step step;

    ck_assert_int_eq(engine_user_decode(buffer_slice(bytes), &user, &(struct error){0}), STATUS_OK);
    step = teach(user, merchant, category);
    engine_user_free(user);
    return step.add_before;
}

static void encode(const struct engine_user *user, struct buffer *bytes)
{
    buffer_init(bytes, ENGINE_USER_BYTES_MAX);
    engine_user_encode(user, bytes);
    ck_assert(!bytes->overflow);
}

START_TEST(no_bytes_are_a_new_user)
{
    struct engine_user *user = NULL;
    struct error error = {0};

    ck_assert_int_eq(engine_user_decode((struct slice){NULL, 0}, &user, &error), STATUS_OK);
    ck_assert_uint_eq(engine_user_lessons(user), 0);
    engine_user_free(user);
    engine_user_free(NULL);
}
END_TEST

START_TEST(a_state_survives_its_bytes)
{
    OWNED(engine_user) user = engine_user_new();
    OWNED(engine_user) again = NULL;
    struct error error = {0};
    struct buffer first;
    struct buffer second;

    teach(user, 1, "Food");
    teach(user, 2, "Travel");
    teach(user, 1, "Home");
    encode(user, &first);
    ck_assert_int_eq(engine_user_decode(buffer_slice(&first), &again, &error), STATUS_OK);
    ck_assert_uint_eq(engine_user_lessons(again), 3);
    encode(again, &second);
    ck_assert(slice_equal(buffer_slice(&first), buffer_slice(&second)));
    ck_assert_int_eq(units(&second, 1, "Home"), ENGINE_UNIT);
    ck_assert_int_eq(units(&second, 2, "Travel"), ENGINE_UNIT);
    ck_assert_int_eq(units(&second, 2, "Food"), 0);
    buffer_done(&first);
    buffer_done(&second);
}
END_TEST

/* The bytes of version 1, so that a change of the format is noticed. */
START_TEST(the_format_is_pinned)
{
    static const unsigned char expected[] = {
        1, 1, 0,   0,   0,                       /* version, lessons */
        1, 4, 'F', 'o', 'o', 'd',                /* labels */
        0, 4, 0,   0,   0,   4,                  /* slow, fast */
        1, 0, 8,   7,   6,   5,   4, 3, 2, 1, 1, /* cells, merchant, labels */
        0, 0, 4,   1,                            /* label, units, times */
    };
    OWNED(engine_user) user = engine_user_new();
    struct buffer bytes;

    teach(user, UINT64_C(0x0102030405060708), "Food");
    encode(user, &bytes);
    ck_assert_uint_eq(bytes.size, sizeof expected);
    ck_assert_mem_eq(bytes.data, expected, sizeof expected);
    buffer_done(&bytes);
}
END_TEST

static void expect_reject(const char *data, size_t size)
{
    struct engine_user *user = NULL;
    struct error error = {0};

    ck_assert_int_eq(engine_user_decode((struct slice){data, size}, &user, &error), STATUS_REJECT);
    ck_assert_ptr_null(user);
    ck_assert(error.text[0] != '\0');
}

START_TEST(cut_and_longer_bytes_are_refused)
{
    OWNED(engine_user) user = engine_user_new();
    struct buffer bytes;

    teach(user, 1, "Food");
    teach(user, 2, "Travel");
    encode(user, &bytes);
    for (size_t size = 1; size < bytes.size; size++)
        expect_reject(bytes.data, size);
    buffer_append_byte(&bytes, 0);
    expect_reject(bytes.data, bytes.size);
    bytes.data[0] = 2;
    expect_reject(bytes.data, bytes.size - 1);
    buffer_done(&bytes);
}
END_TEST

START_TEST(bad_fields_are_refused)
{
    static const struct {
        size_t at;
        char value;
    } faults[] = {
        {0, 0},  {5, 49}, {6, 0},  {6, 65}, {18, 1}, /* version, counts, sizes, 257 cells */
        {27, 0}, {27, 5}, {28, 1},                   /* labels of a cell, label's number */
        {30, 0},                                     /* no units */
    };
    OWNED(engine_user) user = engine_user_new();
    struct buffer bytes;

    teach(user, 1, "Food");
    encode(user, &bytes);
    ck_assert_uint_eq(bytes.size, 32);
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        char copy[32];

        memcpy(copy, bytes.data, sizeof copy);
        copy[faults[i].at] = faults[i].value;
        expect_reject(copy, sizeof copy);
    }
    memset(bytes.data + 19, 0, 8);
    expect_reject(bytes.data, bytes.size);
    buffer_done(&bytes);
}
END_TEST

/* One state has one encoding: nothing stands in it twice. */
START_TEST(doubles_are_refused)
{
    static const char labels[] = "\1\0\0\0\0\2\1a\0\4\0\0\0\4\1a\0\4\0\0\0\4\0";
    static const char cells[] = "\1\0\0\0\0\1\1a\0\4\0\0\0\4\2\0"
                                "\7\0\0\0\0\0\0\0\1\0\0\4\1"
                                "\7\0\0\0\0\0\0\0\1\0\0\4\1";
    char apart[sizeof cells];
    struct engine_user *user = NULL;

    expect_reject(labels, sizeof labels);
    expect_reject(cells, sizeof cells - 1);
    memcpy(apart, cells, sizeof cells);
    apart[16] = 8;
    ck_assert_int_eq(
        engine_user_decode((struct slice){apart, sizeof apart - 1}, &user, &(struct error){0}),
        STATUS_OK);
    engine_user_free(user);
}
END_TEST

START_TEST(a_low_rating_evicts_nothing)
{
    OWNED(engine_user) user = engine_user_new();
    struct engine_features features = {.merchant_hash = 9999};
    struct engine_lesson lesson = {
        .features = &features, .kind = ENGINE_RATING, .shown = SLICE_LITERAL("Food"), .rating = 1};
    struct engine_step step;
    struct buffer bytes;

    for (uint64_t i = 1; i <= ENGINE_USER_CELLS_MAX; i++)
        teach(user, i, "Food");
    engine_learn_user(user, &lesson, &step);
    ck_assert(step.learnt);
    encode(user, &bytes);
    ck_assert_int_eq(units(&bytes, 1, "Food"), ENGINE_UNIT);
    buffer_done(&bytes);
}
END_TEST

START_TEST(an_emptied_cell_goes)
{
    OWNED(engine_user) user = engine_user_new();
    struct engine_features features = {.merchant_hash = 1};
    struct engine_lesson lesson = {
        .features = &features, .kind = ENGINE_RATING, .shown = SLICE_LITERAL("Food"), .rating = 1};
    struct engine_step step;
    struct buffer bytes;

    teach(user, 1, "Food");
    engine_learn_user(user, &lesson, &step);
    engine_learn_user(user, &lesson, &step);
    ck_assert_int_eq(step.cell_after, 0);
    encode(user, &bytes);
    ck_assert_int_eq(units(&bytes, 1, "Food"), 0);
    buffer_done(&bytes);
}
END_TEST

START_TEST(the_oldest_cell_falls_out)
{
    OWNED(engine_user) user = engine_user_new();
    struct buffer bytes;

    for (uint64_t i = 1; i <= ENGINE_USER_CELLS_MAX; i++)
        teach(user, i, "Food");
    teach(user, 1, "Food");
    teach(user, 1000, "Food");
    encode(user, &bytes);
    ck_assert_int_gt(units(&bytes, 1, "Food"), ENGINE_UNIT);
    ck_assert_int_eq(units(&bytes, 2, "Food"), 0);
    ck_assert_int_eq(units(&bytes, 3, "Food"), ENGINE_UNIT);
    ck_assert_int_eq(units(&bytes, 1000, "Food"), ENGINE_UNIT);
    buffer_done(&bytes);
}
END_TEST

START_TEST(the_weakest_label_of_a_cell_falls_out)
{
    static const char *const names[] = {"a", "b", "c", "d", "e"};
    OWNED(engine_user) user = engine_user_new();
    struct buffer bytes;

    for (size_t i = 0; i < 5; i++)
        teach(user, 1, names[i]);
    encode(user, &bytes);
    ck_assert_int_eq(units(&bytes, 1, "a"), 0);
    ck_assert_int_gt(units(&bytes, 1, "b"), 0);
    ck_assert_int_eq(units(&bytes, 1, "e"), ENGINE_UNIT);
    buffer_done(&bytes);
}
END_TEST

START_TEST(the_least_used_category_falls_out)
{
    OWNED(engine_user) user = engine_user_new();
    struct buffer bytes;
    char name[16];

    for (int i = 0; i < ENGINE_USER_LABELS_MAX; i++) {
        snprintf(name, sizeof name, "c%d", i);
        teach(user, (uint64_t)i + 1, name);
    }
    teach(user, 1, "c0");
    teach(user, 99, "one more");
    encode(user, &bytes);
    ck_assert_int_eq(units(&bytes, 2, "c1"), 0);
    ck_assert_int_eq(units(&bytes, 2, "one more"), 0);
    ck_assert_int_gt(units(&bytes, 1, "c0"), ENGINE_UNIT);
    ck_assert_int_eq(units(&bytes, 99, "one more"), ENGINE_UNIT);
    buffer_done(&bytes);
}
END_TEST

/* Full in every respect: all cells of four labels, all names of 64 bytes. */
START_TEST(the_largest_user_fits)
{
    OWNED(engine_user) user = engine_user_new();
    struct buffer bytes;
    char name[ENGINE_CATEGORY_SIZE + 1];

    memset(name, 'x', sizeof name);
    name[ENGINE_CATEGORY_SIZE] = '\0';
    for (int i = 0; i < ENGINE_USER_CELLS_MAX * ENGINE_CELL_LABELS_MAX; i++) {
        name[0] = (char)('A' + i % ENGINE_USER_LABELS_MAX);
        teach(user, (uint64_t)(i / ENGINE_CELL_LABELS_MAX) + 1, name);
    }
    encode(user, &bytes);
    ck_assert_uint_gt(bytes.size, ENGINE_USER_BYTES_MAX - 1024);
    ck_assert_uint_le(engine_user_memory(user), 20 * 1024);
    buffer_done(&bytes);
    buffer_init(&bytes, 100);
    engine_user_encode(user, &bytes);
    ck_assert(bytes.overflow);
    buffer_done(&bytes);
}
END_TEST

SUITE_MAIN("engine", no_bytes_are_a_new_user, a_state_survives_its_bytes, the_format_is_pinned,
           cut_and_longer_bytes_are_refused, bad_fields_are_refused, doubles_are_refused,
           a_low_rating_evicts_nothing, an_emptied_cell_goes, the_oldest_cell_falls_out,
           the_weakest_label_of_a_cell_falls_out, the_least_used_category_falls_out,
           the_largest_user_fits);
