/* common/base: the values that others depend on (hashes, times) and the limits of the buffers. */
#include "common/base/arena.h"
#include "common/base/buffer.h"
#include "common/base/hash.h"
#include "common/base/random.h"
#include "common/base/status.h"
#include "common/base/timestamp.h"
#include "tests/support/suite/suite.h"

START_TEST(murmur2_is_javas)
{
    /* Values of org.apache.kafka.common.utils.Utils.murmur2. */
    ck_assert_uint_eq(hash_murmur2(SLICE_LITERAL("kafka")), 0xd067cf64);
    ck_assert_uint_eq(hash_murmur2(SLICE_LITERAL("")), 0x106e08d9);
    ck_assert_uint_eq(hash_murmur2(SLICE_LITERAL("1234")), 0x9fc97b14);
    ck_assert_uint_eq(hash_murmur2(SLICE_LITERAL("giberish123456789")), 0x8f552b0c);
    ck_assert_int_eq(hash_partition(SLICE_LITERAL("u1"), 6), 4);
    ck_assert_int_eq(hash_partition(SLICE_LITERAL("u2"), 6), 0);
    ck_assert_int_eq(hash_partition(SLICE_LITERAL("user-1"), 12), 8);
    ck_assert_int_eq(hash_partition(SLICE_LITERAL("42"), 12), 4);
}
END_TEST

START_TEST(timestamps_parse_and_print)
{
    char text[TIMESTAMP_TEXT_SIZE];
    int64_t us = -1;

    ck_assert(timestamp_parse(SLICE_LITERAL("1970-01-01T00:00:00Z"), &us));
    ck_assert_int_eq(us, 0);
    ck_assert(timestamp_parse(SLICE_LITERAL("2024-02-29T23:59:59.1234567+01:30"), &us));
    timestamp_format(us, text);
    ck_assert_str_eq(text, "2024-02-29T22:29:59.123456Z");
    ck_assert(timestamp_parse(SLICE_LITERAL("1969-12-31T23:59:59.999999Z"), &us));
    ck_assert_int_eq(us, -1);
    ck_assert_int_eq(timestamp_day(us), -1);
    ck_assert_int_eq(timestamp_month(us), 1969 * 12 + 11);
}
END_TEST

START_TEST(timestamps_refuse)
{
    static const char *const bad[] = {
        "",
        "2026-02-30T00:00:00Z",
        "2025-02-29T00:00:00Z",
        "2026-01-01T00:00:00",
        "2026-01-01 00:00:00Z",
        "2026-01-01T00:00:60Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00.1234567890Z",
        "2026-01-01T00:00:00Zx",
        "2026-13-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "2026-01-01T00:00:00+25:00",
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t us = 42;

        ck_assert_msg(!timestamp_parse(slice_of(bad[i]), &us), "%s", bad[i]);
        ck_assert_int_eq(us, 42);
    }
}
END_TEST

START_TEST(days_round_trip)
{
    char text[TIMESTAMP_TEXT_SIZE];

    for (int64_t day = -800000; day < 2900000; day += 997) {
        int64_t us = day * INT64_C(86400000000) + 5, back;

        timestamp_format(us, text);
        if (day >= -719162 && day < 2932897) {
            ck_assert(timestamp_parse(slice_of(text), &back));
            ck_assert_int_eq(us, back);
        }
    }
}
END_TEST

START_TEST(buffer_keeps_its_limit)
{
    struct buffer buffer;

    buffer_init(&buffer, 10);
    buffer_append_text(&buffer, "12345");
    buffer_append_text(&buffer, "6789012");
    ck_assert(buffer.overflow);
    ck_assert_uint_eq(buffer.size, 5);
    buffer_append_text(&buffer, "x");
    ck_assert_uint_eq(buffer.size, 5);
    buffer_reset(&buffer);
    buffer_format(&buffer, "%d-%s", 12, "ab");
    ck_assert(!buffer.overflow);
    ck_assert(slice_equal(buffer_slice(&buffer), SLICE_LITERAL("12-ab")));
    buffer_consume(&buffer, 3);
    ck_assert(slice_equal(buffer_slice(&buffer), SLICE_LITERAL("ab")));
    buffer_done(&buffer);
}
END_TEST

START_TEST(arena_keeps_its_limit)
{
    struct arena *arena = arena_new(200000);
    size_t got = 0;

    while (arena_alloc(arena, 1000) != NULL)
        got++;
    ck_assert_uint_ge(got, 190);
    ck_assert_uint_le(got, 200);
    arena_reset(arena);
    ck_assert_ptr_nonnull(arena_alloc(arena, 100000));
    ck_assert_ptr_null(arena_alloc(arena, 200000));
    ck_assert_ptr_null(arena_zalloc(arena, SIZE_MAX / 2, 3));
    arena_free(arena);
}
END_TEST

START_TEST(the_lowest_error_stays)
{
    struct error error = {0};

    ck_assert_int_eq(error_set_code(&error, STATUS_RETRY, "08006", "a\nb"), STATUS_RETRY);
    ck_assert_int_eq(error_set(&error, STATUS_FATAL, "above"), STATUS_FATAL);
    ck_assert_str_eq(error.text, "a b");
    ck_assert_str_eq(error.code, "08006");
    ck_assert_int_eq(error.status, STATUS_RETRY);
}
END_TEST

START_TEST(backoff_is_bounded)
{
    struct random random;

    random_init(&random, 7);
    for (unsigned attempt = 0; attempt < 100; attempt++) {
        int64_t wait = random_backoff_ms(&random, 100, 5000, attempt);

        ck_assert_int_ge(wait, 1);
        ck_assert_int_le(wait, 5000);
    }
}
END_TEST

SUITE_MAIN("base", murmur2_is_javas, timestamps_parse_and_print, timestamps_refuse, days_round_trip,
           buffer_keeps_its_limit, arena_keeps_its_limit, the_lowest_error_stays,
           backoff_is_bounded);
