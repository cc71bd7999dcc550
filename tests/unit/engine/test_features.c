#include "common/engine/features.h"
#include "tests/support/suite/suite.h"

#include <inttypes.h>
#include <string.h>

static struct engine_features features_of(struct slice merchant, struct slice description)
{
    struct engine_input input = {.merchant = merchant, .description = description};
    struct engine_features features;

    engine_features(&input, &features);
    return features;
}

static const struct {
    const char *text;
    const char *merchant;
} texts[] = {
    {"TESCO STORES 3297", "tesco stores"},
    {"tesco stores-2933", "tesco stores"},
    {"SQ *Joe's Coffee", "joes coffee"},
    {"PAYPAL *EBAY UK", "ebay uk"},
    {"TST* 99 Bar", "bar"},
    {"POS PURCHASE CARD 1234 Shell", "shell"},
    {"12/03 VISA DEBIT LIDL GB", "lidl gb"},
    {"Card Factory", "card factory"},
    {"o2 uk pbb", "o2 uk pbb"},
    {"bp snax 24 weoley castle", "bp snax weoley castle"},
    {"REF A123B SHOP", "ref shop"},
    {"SHOP 12MAR B7", "shop b7"},
    {"7 11", "7 11"},
    {"365", "365"},
    {"PAYPAL", "paypal"},
    {"PAYPAL *", "paypal"},
    {"visa", "visa"},
    {"B&Q", "b&q"},
    {"Caf\xc3\xa9 Zo\xc3\xab 12", "caf\xc3\xa9 zo\xc3\xab"},
    {"***", ""},
    {"'", ""},
    {"", ""},
    {" \t\n ", ""},
};

START_TEST(merchants_are_normalised)
{
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct engine_features features =
            features_of(slice_of(texts[i].text), (struct slice){NULL, 0});
        struct slice merchant = {features.merchant, features.merchant_size};

        ck_assert_msg(slice_equal(merchant, slice_of(texts[i].merchant)), "\"%s\": \"%.*s\"",
                      texts[i].text, SLICE_FORMAT(merchant));
        ck_assert_msg((features.merchant_hash == 0) == (texts[i].merchant[0] == '\0'), "%s",
                      texts[i].text);
    }
}
END_TEST

/* They stand in databases. */
START_TEST(hashes_never_change)
{
    struct engine_features features =
        features_of(SLICE_LITERAL("TESCO STORES 3297"), (struct slice){NULL, 0});

    ck_assert_uint_eq(features.merchant_hash, UINT64_C(0x4ea0ce74ea6f7a51));
    ck_assert_uint_eq(features.key_hash, UINT64_C(0xdb8aeb9b5b68cd94));
    ck_assert_uint_eq(engine_merchant_hash(SLICE_LITERAL("sq *JOE'S coffee")),
                      UINT64_C(0x5dbe83837e41734e));
}
END_TEST

START_TEST(keys_join_branches)
{
    struct slice none = {NULL, 0};
    struct engine_features one = features_of(SLICE_LITERAL("The Grocer Leeds"), none);
    struct engine_features other = features_of(SLICE_LITERAL("grocer york"), none);

    ck_assert_uint_eq(one.key_hash, other.key_hash);
    ck_assert_uint_ne(one.merchant_hash, other.merchant_hash);
    ck_assert_uint_ne(features_of(SLICE_LITERAL("grocer"), none).merchant_hash, other.key_hash);
    ck_assert_uint_eq(features_of(SLICE_LITERAL("www.lidl.de"), none).key_hash,
                      features_of(SLICE_LITERAL("lidl 44"), none).key_hash);
}
END_TEST

START_TEST(description_stands_in)
{
    struct engine_features features = features_of(SLICE_LITERAL(" * "), SLICE_LITERAL("Rent May"));

    ck_assert_uint_eq(features.merchant_hash, engine_merchant_hash(SLICE_LITERAL("rent may")));
    features = features_of(SLICE_LITERAL("Shop"), SLICE_LITERAL("Rent May"));
    ck_assert_uint_eq(features.merchant_hash, engine_merchant_hash(SLICE_LITERAL("shop")));
}
END_TEST

START_TEST(long_texts_are_cut)
{
    char text[4096];
    struct engine_features features;
    struct engine_features cut;

    for (size_t i = 0; i < sizeof text; i++)
        text[i] = i % 2 == 0 ? (char)('a' + i / 2 % 26) : ' ';
    features = features_of((struct slice){text, sizeof text}, (struct slice){NULL, 0});
    cut = features_of((struct slice){text, ENGINE_TEXT_READ}, (struct slice){NULL, 0});
    ck_assert_uint_eq(features.merchant_hash, cut.merchant_hash);
    ck_assert_uint_eq(features.merchant_size, ENGINE_MERCHANT_SIZE);
    memset(text, 'x', ENGINE_TEXT_READ);
    memcpy(text + ENGINE_MERCHANT_SIZE - 1, "\xc3\xa9", 2);
    features = features_of((struct slice){text, sizeof text}, (struct slice){NULL, 0});
    ck_assert_uint_eq(features.merchant_size, ENGINE_MERCHANT_SIZE - 1);
}
END_TEST

START_TEST(amounts_fall_into_buckets)
{
    static const struct {
        int64_t amount;
        int32_t bucket;
    } amounts[] = {
        {0, 0},          {1, 1},   {2, 2},      {3, 2},          {1024, 11},
        {INT64_MAX, 31}, {-1, 33}, {-1024, 43}, {INT64_MIN, 63},
    };

    for (size_t i = 0; i < sizeof amounts / sizeof amounts[0]; i++) {
        struct engine_input input = {.amount_minor = amounts[i].amount};
        struct engine_features features;

        engine_features(&input, &features);
        ck_assert_int_eq(features.amount_bucket, amounts[i].bucket);
        ck_assert_int_eq(features.amount_minor, amounts[i].amount);
    }
}
END_TEST

START_TEST(odd_codes_are_none)
{
    static const int32_t odd[] = {0, -1, 10000, INT32_MIN, INT32_MAX};
    struct engine_input input = {.mcc = 5411};
    struct engine_features features;

    engine_features(&input, &features);
    ck_assert_int_eq(features.mcc, 5411);
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        input.mcc = odd[i];
        engine_features(&input, &features);
        ck_assert_int_eq(features.mcc, 0);
    }
}
END_TEST

SUITE_MAIN("engine", merchants_are_normalised, hashes_never_change, keys_join_branches,
           description_stands_in, long_texts_are_cut, amounts_fall_into_buckets,
           odd_codes_are_none);
