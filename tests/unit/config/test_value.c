/* Values as text: what is taken, what is refused, and that the canonical form reads back. */
#include "common/config/nearest.h"
#include "common/config/value.h"
#include "tests/support/suite/suite.h"

#include <stdlib.h>

static struct setting of_type(enum setting_type type)
{
    return (struct setting){
        .name = "x", .type = type, .help = "a test", .choices = "red|green|blue"};
}

union place {
    const char *text;
    int64_t integer;
    double real;
    bool boolean;
    int choice;
};

static bool accepts(const struct setting *setting, const char *text, union place *ret_place)
{
    struct error error = {0};
    enum status status = config_value_set(setting, text, ret_place, &error);

    ck_assert_int_eq(status, error.status);
    ck_assert(status == STATUS_OK || status == STATUS_REJECT);
    return status == STATUS_OK;
}

static const char *canonical(const struct setting *setting, const char *text)
{
    static char kept[8192];
    union place place = {0}, again = {0};
    struct buffer out;

    ck_assert_msg(accepts(setting, text, &place), "%s", text);
    buffer_init(&out, sizeof kept);
    config_value_write(setting, &place, &out);
    buffer_append_byte(&out, '\0');
    strcpy(kept, out.data);
    buffer_done(&out);
    ck_assert_msg(accepts(setting, kept, &again), "%s", kept);
    if (setting->type != SETTING_TEXT)
        ck_assert_mem_eq(&place, &again, sizeof place);
    return kept;
}

START_TEST(durations)
{
    struct setting setting = of_type(SETTING_DURATION);
    union place place;
    static const char *const bad[] = {"",      "5",    "s",   "-5s",  "5 s",
                                      "5S",    "1.5s", "5s ", "0x5s", "9223372036854775807s",
                                      "1m30s", "+5s"};

    ck_assert(accepts(&setting, "500ms", &place));
    ck_assert_int_eq(place.integer, 500);
    ck_assert(accepts(&setting, "2m", &place));
    ck_assert_int_eq(place.integer, 120000);
    ck_assert_str_eq(canonical(&setting, "60000ms"), "1m");
    ck_assert_str_eq(canonical(&setting, "1500ms"), "1500ms");
    ck_assert_str_eq(canonical(&setting, "36h"), "36h");
    ck_assert_str_eq(canonical(&setting, "48h"), "2d");
    ck_assert_str_eq(canonical(&setting, "0"), "0");
    ck_assert_str_eq(canonical(&setting, "0s"), "0");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!accepts(&setting, bad[i], &place), "%s", bad[i]);
}
END_TEST

START_TEST(sizes)
{
    struct setting setting = of_type(SETTING_SIZE);
    union place place;
    static const char *const bad[] = {"", "MiB", "-1", "1 MiB", "1M", "1mib", "8388608TiB", "1K"};

    ck_assert(accepts(&setting, "64MiB", &place));
    ck_assert_int_eq(place.integer, 67108864);
    ck_assert(accepts(&setting, "5MB", &place));
    ck_assert_int_eq(place.integer, 5000000);
    ck_assert_str_eq(canonical(&setting, "67108864"), "64MiB");
    ck_assert_str_eq(canonical(&setting, "1000B"), "1000");
    ck_assert_str_eq(canonical(&setting, "3kB"), "3000");
    ck_assert_str_eq(canonical(&setting, "0"), "0");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!accepts(&setting, bad[i], &place), "%s", bad[i]);
}
END_TEST

START_TEST(integers_and_ranges)
{
    struct setting setting = of_type(SETTING_INTEGER);
    union place place = {.integer = 7};
    struct error error = {0};
    static const char *const bad[] = {
        "",    "-", "1x", " 1", "1.0", "0x10", "9223372036854775808", "-9223372036854775809",
        "1e3", "+1"};

    ck_assert_str_eq(canonical(&setting, "9223372036854775807"), "9223372036854775807");
    ck_assert_str_eq(canonical(&setting, "-9223372036854775808"), "-9223372036854775808");
    ck_assert_str_eq(canonical(&setting, "-0"), "0");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!accepts(&setting, bad[i], &place), "%s", bad[i]);
    ck_assert_int_eq(place.integer, 7);
    setting.min = 1;
    setting.max = 24;
    ck_assert(accepts(&setting, "1", &place) && accepts(&setting, "24", &place));
    ck_assert(!accepts(&setting, "0", &place));
    ck_assert_int_eq(config_value_set(&setting, "25", &place, &error), STATUS_REJECT);
    ck_assert_str_eq(error.text, "25 is not in the range 1 to 24");
    setting.type = SETTING_DURATION;
    setting.max = 60000;
    error_clear(&error);
    ck_assert_int_eq(config_value_set(&setting, "2m", &place, &error), STATUS_REJECT);
    ck_assert_str_eq(error.text, "2m is not in the range 1ms to 1m");
}
END_TEST

START_TEST(reals)
{
    struct setting setting = of_type(SETTING_REAL);
    union place place;
    static const char *const bad[] = {"", "nan", "inf", "0x1p3", "1e999", "1,5", "1 ", "e", "--1"};

    ck_assert_str_eq(canonical(&setting, "0.1"), "0.1");
    ck_assert_str_eq(canonical(&setting, "1e-7"), "1e-07");
    ck_assert_str_eq(canonical(&setting, "0.30000000000000004"), "0.30000000000000004");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!accepts(&setting, bad[i], &place), "%s", bad[i]);
    setting.max = 1;
    ck_assert(accepts(&setting, "1", &place));
    ck_assert(!accepts(&setting, "1.0000001", &place));
    ck_assert(!accepts(&setting, "-0.1", &place));
}
END_TEST

START_TEST(booleans_and_choices)
{
    struct setting boolean = of_type(SETTING_BOOLEAN), choice = of_type(SETTING_CHOICE);
    union place place;
    struct error error = {0};

    ck_assert_str_eq(canonical(&boolean, "yes"), "true");
    ck_assert_str_eq(canonical(&boolean, "0"), "false");
    ck_assert(!accepts(&boolean, "", &place) && !accepts(&boolean, "TRUE!", &place));
    ck_assert(accepts(&choice, "blue", &place));
    ck_assert_int_eq(place.choice, 2);
    ck_assert_str_eq(canonical(&choice, "red"), "red");
    ck_assert(!accepts(&choice, "gree", &place) && !accepts(&choice, "red|green", &place));
    ck_assert(!accepts(&choice, "", &place));
    ck_assert_int_eq(config_value_set(&choice, "pink", &place, &error), STATUS_REJECT);
    ck_assert_str_eq(error.text, "\"pink\" is not of type red or green or blue");
}
END_TEST

START_TEST(texts)
{
    struct setting setting = of_type(SETTING_TEXT);
    union place place;
    char *big = calloc(1, CONFIG_TEXT_BYTES + 2);
    static const char *const bad[] = {";x", "a ;b", "a\nb", "a\x1b", "\x7f"};

    ck_assert_str_eq(canonical(&setting, "a;b # c=d [e]"), "a;b # c=d [e]");
    ck_assert_str_eq(canonical(&setting, ""), "");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!accepts(&setting, bad[i], &place), "%s", bad[i]);
    memset(big, 'x', CONFIG_TEXT_BYTES);
    ck_assert(accepts(&setting, big, &place));
    big[CONFIG_TEXT_BYTES] = 'x';
    ck_assert(!accepts(&setting, big, &place));
    free(big);
    setting.max = 3;
    ck_assert(accepts(&setting, "abc", &place) && !accepts(&setting, "abcd", &place));
}
END_TEST

START_TEST(secrets_are_not_told)
{
    struct setting setting = of_type(SETTING_TEXT);
    struct error error = {0};
    const char *place = NULL;

    setting.flags = SETTING_SECRET;
    ck_assert_int_eq(config_value_set(&setting, "a ;b\n", &place, &error), STATUS_OK);
    setting.max = 4;
    ck_assert_int_eq(config_value_set(&setting, "hunter2", &place, &error), STATUS_REJECT);
    ck_assert_ptr_null(strstr(error.text, "hunter"));
}
END_TEST

START_TEST(distances)
{
    ck_assert_uint_eq(config_distance("", ""), 0);
    ck_assert_uint_eq(config_distance("brokers", "brokers"), 0);
    ck_assert_uint_eq(config_distance("broker", "brokers"), 1);
    ck_assert_uint_eq(config_distance("borkers", "brokers"), 1);
    ck_assert_uint_eq(config_distance("kitten", "sitting"), 3);
    ck_assert_uint_eq(config_distance("", "abc"), 3);
    ck_assert(config_is_near("kafak", config_distance("kafak", "kafka")));
    ck_assert(!config_is_near("http", config_distance("http", "smtp")));
    ck_assert(!config_is_near("redis", config_distance("redis", "admin")));
}
END_TEST

SUITE_MAIN("config value", durations, sizes, integers_and_ranges, reals, booleans_and_choices,
           texts, secrets_are_not_told, distances);
