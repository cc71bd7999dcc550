#include "common/outbox/outbox.h"
#include "tests/support/suite/suite.h"

#include <string.h>

static const char *id_text(const char *kind, int64_t user_key, const char *subject, char *text)
{
    crypto_uuid_format(outbox_id(crypto_uuid_dns, kind, user_key, slice_of(subject)), text);
    return text;
}

/* Computed with Python's uuid: uuid5(uuid5(NAMESPACE_DNS, kind), "256/t1"). They never change. */
START_TEST(ids_are_for_ever)
{
    char text[CRYPTO_UUID_TEXT_SIZE];

    ck_assert_str_eq(id_text("transaction.review", 256, "t1", text),
                     "52c11607-5cb8-53f4-bd8d-2ca2f454a22a");
    ck_assert_str_eq(id_text("transaction.large", 256, "t1", text),
                     "2b7cebdd-1e02-5bba-8acf-ce5669d8a974");
}
END_TEST

START_TEST(no_two_users_share_a_subject)
{
    char a[CRYPTO_UUID_TEXT_SIZE], b[CRYPTO_UUID_TEXT_SIZE];

    ck_assert_str_ne(id_text("k", 1, "2/t", a), id_text("k", 12, "t", b));
    ck_assert_str_ne(id_text("k", 1, "1/t", a), id_text("k", 11, "t", b));
    ck_assert_str_ne(id_text("k", 1, "t", a), id_text("k", 2, "t", b));
}
END_TEST

START_TEST(a_payload_is_json)
{
    struct json_writer writer;
    struct buffer out;

    buffer_init(&out, OUTBOX_PAYLOAD_BYTES);
    outbox_payload_begin(&writer, &out, "test.told", 0);
    json_write_key(&writer, "a");
    json_write_integer(&writer, 1);
    outbox_payload_end(&writer);
    buffer_append_byte(&out, '\0');
    ck_assert_str_eq(out.data,
                     "{\"type\":\"test.told\",\"timestamp\":\"1970-01-01T00:00:00.000000Z\","
                     "\"data\":{\"a\":1}}");
    buffer_done(&out);
}
END_TEST

SUITE_MAIN("outbox", ids_are_for_ever, no_two_users_share_a_subject, a_payload_is_json);
