/* Published vectors, and what decoders refuse. */
#include "common/crypto/base64.h"
#include "common/crypto/digest.h"
#include "common/crypto/secret.h"
#include "common/crypto/siphash.h"
#include "common/crypto/uuid.h"
#include "common/crypto/webhook.h"
#include "tests/support/suite/suite.h"

#include <stdint.h>
#include <stdio.h>

/* The reference implementation's vectors for 64 bits: key 00 01 … 0f, input 00 01 … of each length
 * from 0 on. */
static const uint64_t siphash_vectors[] = {
    UINT64_C(0x726fdb47dd0e0e31), UINT64_C(0x74f839c593dc67fd), UINT64_C(0x0d6c8009d9a94f5a),
    UINT64_C(0x85676696d7fb7e2d), UINT64_C(0xcf2794e0277187b7), UINT64_C(0x18765564cd99a68d),
    UINT64_C(0xcbc9466e58fee3ce), UINT64_C(0xab0200f58b01d137), UINT64_C(0x93f5f5799a932462),
    UINT64_C(0x9e0082df0ba9e4b0), UINT64_C(0x7a5dbbc594ddb9f3), UINT64_C(0xf4b32f46226bada7),
    UINT64_C(0x751e8fbc860ee5fb), UINT64_C(0x14ea5627c0843d90), UINT64_C(0xf723ca908e7af2ee),
    UINT64_C(0xa129ca6149be45e5), UINT64_C(0x3f2acc7f57c29bdb), UINT64_C(0x699ae9f52cbe4794),
    UINT64_C(0x4bc1b3f0968dd39c), UINT64_C(0xbb6dc91da77961bd), UINT64_C(0xbed65cf21aa2ee98),
    UINT64_C(0xd0f2cbb02e3b67c7), UINT64_C(0x93536795e3a33e88), UINT64_C(0xa80c038ccd5ccec8),
    UINT64_C(0xb8ad50c6f649af94), UINT64_C(0xbce192de8a85b8ea), UINT64_C(0x17d835b85bbb15f3),
    UINT64_C(0x2f2e6163076bcfad), UINT64_C(0xde4daaaca71dc9a5), UINT64_C(0xa6a2506687956571),
    UINT64_C(0xad87a3535c49ef28), UINT64_C(0x32d892fad841c342), UINT64_C(0x7127512f72f27cce),
    UINT64_C(0xa7f32346f95978e3), UINT64_C(0x12e0b01abb051238), UINT64_C(0x15e034d40fa197ae),
    UINT64_C(0x314dffbe0815a3b4), UINT64_C(0x027990f029623981), UINT64_C(0xcadcd4e59ef40c4d),
    UINT64_C(0x9abfd8766a33735c), UINT64_C(0x0e3ea96b5304a7d0), UINT64_C(0xad0c42d6fc585992),
    UINT64_C(0x187306c89bc215a9), UINT64_C(0xd4a60abcf3792b95), UINT64_C(0xf935451de4f21df2),
    UINT64_C(0xa9538f0419755787), UINT64_C(0xdb9acddff56ca510), UINT64_C(0xd06c98cd5c0975eb),
    UINT64_C(0xe612a3cb9ecba951), UINT64_C(0xc766e62cfcadaf96), UINT64_C(0xee64435a9752fe72),
    UINT64_C(0xa192d576b245165a), UINT64_C(0x0a8787bf8ecb74b2), UINT64_C(0x81b3e73d20b49b6f),
    UINT64_C(0x7fa8220ba3b2ecea), UINT64_C(0x245731c13ca42499), UINT64_C(0xb78dbfaf3a8d83bd),
    UINT64_C(0xea1ad565322a1a0b), UINT64_C(0x60e61c23a3795013), UINT64_C(0x6606d7e446282b93),
    UINT64_C(0x6ca4ecb15c5f91e1), UINT64_C(0x9f626da15c9625f3), UINT64_C(0xe51b38608ef25f57),
    UINT64_C(0x958a324ceb064572),
};

START_TEST(siphash_is_the_reference)
{
    struct crypto_siphash *siphash = NULL, *other = NULL;
    struct error error = {0};
    char bytes[64];

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)i;
    ck_assert_int_eq(crypto_siphash_new(&siphash, (struct slice){bytes, 16}, &error), STATUS_OK);
    ck_assert_int_eq(crypto_siphash_new(&other, (struct slice){bytes + 1, 16}, &error), STATUS_OK);
    for (size_t round = 0; round < 2; round++)
        for (size_t i = 0; i < 64; i++) {
            ck_assert_uint_eq(crypto_siphash(siphash, (struct slice){bytes, i}),
                              siphash_vectors[i]);
            ck_assert_uint_ne(crypto_siphash(other, (struct slice){bytes, i}), siphash_vectors[i]);
        }
    ck_assert_uint_eq(crypto_siphash(siphash, (struct slice){NULL, 0}), siphash_vectors[0]);
    crypto_siphash_free(siphash);
    crypto_siphash_free(other);
    crypto_siphash_free(NULL);
}
END_TEST

static const char *hex(struct crypto_sha256 digest)
{
    static char text[2 * CRYPTO_SHA256_BYTES + 1];

    for (size_t i = 0; i < CRYPTO_SHA256_BYTES; i++)
        sprintf(text + 2 * i, "%02x", digest.bytes[i]);
    return text;
}

START_TEST(sha256_of_fips)
{
    ck_assert_str_eq(hex(crypto_sha256(SLICE_LITERAL("abc"))),
                     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    ck_assert_str_eq(hex(crypto_sha256((struct slice){NULL, 0})),
                     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}
END_TEST

/* RFC 4231, test cases 1, 2 and 6; the parts may be cut anywhere. */
START_TEST(hmac_of_the_rfc)
{
    const struct slice whole[] = {SLICE_LITERAL("what do ya want for nothing?")};
    const struct slice cut[] = {
        SLICE_LITERAL("what do ya "), {NULL, 0}, SLICE_LITERAL("want for nothing?")};
    const struct slice hi[] = {SLICE_LITERAL("Hi There")};
    const struct slice large[] = {
        SLICE_LITERAL("Test Using Larger Than Block-Size Key - Hash Key First")};
    char key[131];

    memset(key, 0x0b, 20);
    ck_assert_str_eq(hex(crypto_hmac_sha256((struct slice){key, 20}, hi, 1)),
                     "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    ck_assert_str_eq(hex(crypto_hmac_sha256(SLICE_LITERAL("Jefe"), whole, 1)),
                     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    ck_assert_str_eq(hex(crypto_hmac_sha256(SLICE_LITERAL("Jefe"), cut, 3)),
                     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof key);
    ck_assert_str_eq(hex(crypto_hmac_sha256((struct slice){key, sizeof key}, large, 1)),
                     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}
END_TEST

START_TEST(uuids)
{
    char text[CRYPTO_UUID_TEXT_SIZE];
    struct crypto_uuid uuid;
    static const char *const bad[] = {"",
                                      "2ed6657d-e927-568b-95e1-2665a8aea6a",
                                      "2ed6657d-e927-568b-95e1-2665a8aea6a22",
                                      "2ed6657de-927-568b-95e1-2665a8aea6a2",
                                      "2ed6657d-e927-568b-95e1-2665a8aea6ag",
                                      "2ed6657d+e927-568b-95e1-2665a8aea6a2"};

    /* RFC 9562, A.4 */
    crypto_uuid_format(crypto_uuid5(crypto_uuid_dns, SLICE_LITERAL("www.example.com")), text);
    ck_assert_str_eq(text, "2ed6657d-e927-568b-95e1-2665a8aea6a2");
    uuid = crypto_uuid5(crypto_uuid_url, SLICE_LITERAL("budget"));
    crypto_uuid_format(crypto_uuid5(uuid, SLICE_LITERAL("t:u:2026-02")), text);
    ck_assert_str_eq(text, "e5f32472-372c-54cf-89a1-7b3970bd291b");
    ck_assert(crypto_uuid_parse(SLICE_LITERAL("E5F32472-372c-54cf-89a1-7b3970bd291b"), &uuid));
    crypto_uuid_format(uuid, text);
    ck_assert_str_eq(text, "e5f32472-372c-54cf-89a1-7b3970bd291b");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!crypto_uuid_parse(slice_of(bad[i]), &uuid), "%s", bad[i]);
}
END_TEST

START_TEST(base64_of_the_rfc)
{
    static const char *const pairs[][2] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
    };
    struct buffer out;

    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        buffer_init(&out, 64);
        crypto_base64_encode(slice_of(pairs[i][0]), &out);
        ck_assert(slice_equal(buffer_slice(&out), slice_of(pairs[i][1])));
        buffer_reset(&out);
        ck_assert(crypto_base64_decode(slice_of(pairs[i][1]), &out));
        ck_assert(slice_equal(buffer_slice(&out), slice_of(pairs[i][0])));
        buffer_done(&out);
    }
}
END_TEST

START_TEST(base64_refuses)
{
    static const char *const bad[] = {
        "=",        "==",    "====",   "Z",     "Zg",   "Zg=",  "Zh==",       "Zm9=", "Z===",
        "Zg==Zg==", "Zm 9v", "Zm9v\n", " Zm9v", "Zm9-", "Zm9_", "Z\xc3\xa9v", "=g==", "Zm9vYg=a",
    };
    struct buffer out;

    buffer_init(&out, 64);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!crypto_base64_decode(slice_of(bad[i]), &out) && out.size == 0, "%s", bad[i]);
    ck_assert(!crypto_base64_decode(SLICE_LITERAL("Zm9\0"), &out));
    out.limit = 2;
    ck_assert(!crypto_base64_decode(SLICE_LITERAL("Zm9v"), &out));
    buffer_done(&out);
}
END_TEST

START_TEST(base64_round_trips)
{
    char data[257];
    struct buffer text, back;

    ck_assert_int_eq(crypto_random(data, sizeof data, &(struct error){0}), STATUS_OK);
    for (size_t size = 0; size <= sizeof data; size++) {
        buffer_init(&text, 1024);
        buffer_init(&back, 1024);
        crypto_base64_encode((struct slice){data, size}, &text);
        ck_assert(crypto_base64_decode(buffer_slice(&text), &back));
        ck_assert(slice_equal(buffer_slice(&back), (struct slice){data, size}));
        buffer_done(&text);
        buffer_done(&back);
    }
}
END_TEST

START_TEST(secrets_compare_and_end)
{
    char a[32] = {0}, b[32] = {0};

    ck_assert_int_eq(crypto_random(a, sizeof a, &(struct error){0}), STATUS_OK);
    ck_assert_int_eq(crypto_random(b, sizeof b, &(struct error){0}), STATUS_OK);
    ck_assert(!crypto_equal((struct slice){a, 32}, (struct slice){b, 32}));
    ck_assert(crypto_equal((struct slice){a, 32}, (struct slice){a, 32}));
    ck_assert(!crypto_equal((struct slice){a, 32}, (struct slice){a, 31}));
    ck_assert(crypto_equal((struct slice){NULL, 0}, (struct slice){a, 0}));
    crypto_wipe(a, sizeof a);
    memset(b, 0, sizeof b);
    ck_assert_mem_eq(a, b, sizeof a);
}
END_TEST

START_TEST(webhook_is_the_published_one)
{
    struct crypto_webhook_key key;
    char signature[CRYPTO_WEBHOOK_SIGNATURE_SIZE];
    struct error error = {0};
    static const char *const secrets[] = {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                                          "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"};

    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(crypto_webhook_key_parse(slice_of(secrets[i]), &key, &error), STATUS_OK);
        ck_assert_uint_eq(key.size, 24);
        crypto_webhook_sign(&key, SLICE_LITERAL("msg_p5jXN8AQM9LWM0D4loKWxJek"), 1614265330,
                            SLICE_LITERAL("{\"test\": 2432232314}"), signature);
        ck_assert_str_eq(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
END_TEST

START_TEST(webhook_secrets_are_checked)
{
    struct crypto_webhook_key key;
    char text[128];
    struct buffer out;

    for (size_t size = 0; size <= 66; size++) {
        static const char bytes[66];
        struct error error = {0};
        bool good = size >= 24 && size <= 64;

        buffer_init(&out, sizeof text);
        crypto_base64_encode((struct slice){bytes, size}, &out);
        ck_assert_int_eq(crypto_webhook_key_parse(buffer_slice(&out), &key, &error),
                         good ? STATUS_OK : STATUS_REJECT);
        ck_assert(good || strstr(error.text, "AAAA") == NULL);
        buffer_done(&out);
    }
    ck_assert_int_eq(crypto_webhook_key_parse(SLICE_LITERAL("whsec_not base64 at all, is it not"),
                                              &key, &(struct error){0}),
                     STATUS_REJECT);
}
END_TEST

SUITE_MAIN("crypto", siphash_is_the_reference, sha256_of_fips, hmac_of_the_rfc, uuids,
           base64_of_the_rfc, base64_refuses, base64_round_trips, secrets_compare_and_end,
           webhook_is_the_published_one, webhook_secrets_are_checked);
