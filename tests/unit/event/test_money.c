/* common/event: money is exact, currencies are ISO 4217's. */
#include "common/base/random.h"
#include "common/event/currency.h"
#include "common/event/event.h"
#include "common/event/money.h"
#include "tests/support/suite/suite.h"

static int exponent_of(const char *code)
{
    int exponent = -1;

    return event_currency_exponent(slice_of(code), &exponent) ? exponent : -1;
}

START_TEST(currencies_have_their_exponents)
{
    static const struct {
        const char *code;
        int exponent;
    } known[] = {
        {"EUR", 2}, {"USD", 2}, {"GBP", 2}, {"AED", 2}, {"ZWG", 2}, {"ZWL", 2}, {"XCG", 2},
        {"JPY", 0}, {"KRW", 0}, {"BIF", 0}, {"XPF", 0}, {"ISK", 0}, {"BYR", 0}, {"KWD", 3},
        {"BHD", 3}, {"TND", 3}, {"CLF", 4}, {"UYW", 4}, {"MRU", 2}, {"BGN", 2}, {"HRK", 2},
    };
    static const char *const unknown[] = {
        "",    "E",   "EU",  "EURO", "eur", "Eur", "XXX", "XTS",
        "XAU", "XDR", "AAA", "ZZZ",  "EU ", " EU", "DD ", "\x80\xff\xff",
    };

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        ck_assert_msg(exponent_of(known[i].code) == known[i].exponent, "%s", known[i].code);
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
        ck_assert_msg(exponent_of(unknown[i]) == -1, "%s", unknown[i]);
}
END_TEST

START_TEST(every_listed_currency_is_found)
{
    int found[5] = {0}, exponent;
    char code[3];

    for (int i = 0; i < 26 * 26 * 26; i++) {
        code[0] = (char)('A' + i / 676);
        code[1] = (char)('A' + i / 26 % 26);
        code[2] = (char)('A' + i % 26);
        if (event_currency_exponent((struct slice){code, 3}, &exponent))
            found[exponent]++;
    }
    /* List one of 2026-01-01 has 17, 139, 7 and 2; beside them 14 that were withdrawn, one of them
     * without decimals. */
    ck_assert_int_eq(found[0], 17 + 1);
    ck_assert_int_eq(found[1], 0);
    ck_assert_int_eq(found[2], 139 + 13);
    ck_assert_int_eq(found[3], 7);
    ck_assert_int_eq(found[4], 2);
}
END_TEST

START_TEST(money_parses)
{
    static const struct {
        const char *text;
        int exponent;
        int64_t minor;
    } good[] = {
        {"12.3", 2, 1230},
        {"12.34", 2, 1234},
        {"-12.34", 2, -1234},
        {"12", 2, 1200},
        {"0", 2, 0},
        {"-0", 2, 0},
        {"-0.00", 2, 0},
        {"0.01", 2, 1},
        {"-0.01", 2, -1},
        {"007.50", 2, 750},
        {"500", 0, 500},
        {"1.234", 3, 1234},
        {"0.0001", 4, 1},
        {"10000000000.00", 2, 1000000000000},
        {"-10000000000", 2, -1000000000000},
        {"1000000000000", 0, 1000000000000},
        {"0000000000000000000000000000000000000000001.50", 2, 150},
    };

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        int64_t minor = -7;

        ck_assert_int_eq(event_money_parse(slice_of(good[i].text), good[i].exponent, &minor),
                         EVENT_MONEY_OK);
        ck_assert_int_eq(minor, good[i].minor);
    }
}
END_TEST

START_TEST(money_refuses)
{
    static const struct {
        const char *text;
        int exponent;
        enum event_money why;
    } bad[] = {
        {"", 2, EVENT_MONEY_FORMAT},
        {"-", 2, EVENT_MONEY_FORMAT},
        {"+1", 2, EVENT_MONEY_FORMAT},
        {"1.", 2, EVENT_MONEY_FORMAT},
        {".5", 2, EVENT_MONEY_FORMAT},
        {"-.5", 2, EVENT_MONEY_FORMAT},
        {"--1", 2, EVENT_MONEY_FORMAT},
        {"1e2", 2, EVENT_MONEY_FORMAT},
        {"1,5", 2, EVENT_MONEY_FORMAT},
        {"1 000", 2, EVENT_MONEY_FORMAT},
        {" 1", 2, EVENT_MONEY_FORMAT},
        {"1 ", 2, EVENT_MONEY_FORMAT},
        {"0x10", 2, EVENT_MONEY_FORMAT},
        {"1.2.3", 2, EVENT_MONEY_FORMAT},
        {"NaN", 2, EVENT_MONEY_FORMAT},
        {"\xd9\xa1", 2, EVENT_MONEY_FORMAT},
        {"12.345", 2, EVENT_MONEY_SCALE},
        {"12.340", 2, EVENT_MONEY_SCALE},
        {"1.0", 0, EVENT_MONEY_SCALE},
        {"1.2345", 3, EVENT_MONEY_SCALE},
        {"10000000000.01", 2, EVENT_MONEY_RANGE},
        {"-10000000000.01", 2, EVENT_MONEY_RANGE},
        {"1000000000001", 0, EVENT_MONEY_RANGE},
        {"9223372036854775808", 0, EVENT_MONEY_RANGE},
        {"18446744073709551617", 0, EVENT_MONEY_RANGE},
        {"99999999999999999999999999999999999999999999", 2, EVENT_MONEY_RANGE},
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int64_t minor = -7;

        ck_assert_msg(event_money_parse(slice_of(bad[i].text), bad[i].exponent, &minor) ==
                          bad[i].why,
                      "%s", bad[i].text);
        ck_assert_int_eq(minor, -7);
    }
}
END_TEST

START_TEST(money_round_trips)
{
    struct random random;

    random_init(&random, suite_seed());
    for (int round = 0; round < 20000; round++) {
        int exponent = (int)random_below(&random, 5);
        int64_t bound = INT64_C(1) << random_below(&random, 40), back;
        int64_t minor = (int64_t)random_below(&random, (uint64_t)bound * 2) - bound;
        char text[EVENT_MONEY_TEXT_SIZE];

        ck_assert_int_eq(
            event_money_parse(event_money_format(minor, exponent, text), exponent, &back),
            EVENT_MONEY_OK);
        ck_assert_int_eq(back, minor);
    }
}
END_TEST

START_TEST(money_formats)
{
    char text[EVENT_MONEY_TEXT_SIZE];

    ck_assert_str_eq(event_money_format(1230, 2, text).data, "12.30");
    ck_assert_str_eq(event_money_format(-5, 2, text).data, "-0.05");
    ck_assert_str_eq(event_money_format(0, 3, text).data, "0.000");
    ck_assert_str_eq(event_money_format(-500, 0, text).data, "-500");
    ck_assert_str_eq(event_money_format(INT64_MIN, 4, text).data, "-922337203685477.5808");
}
END_TEST

SUITE_MAIN("money", currencies_have_their_exponents, every_listed_currency_is_found, money_parses,
           money_refuses, money_round_trips, money_formats);
