/* common/json: what is written reads back. */
#include "common/base/random.h"
#include "common/json/json.h"
#include "tests/support/suite/suite.h"

#include <jansson.h>
#include <math.h>

START_TEST(the_writer_places_commas)
{
    struct buffer out;
    struct json_writer writer;

    buffer_init(&out, 4096);
    json_writer_init(&writer, &out);
    json_write_object_begin(&writer);
    json_write_key(&writer, "a");
    json_write_array_begin(&writer);
    json_write_integer(&writer, -5);
    json_write_object_begin(&writer);
    json_write_object_end(&writer);
    json_write_array_begin(&writer);
    json_write_array_end(&writer);
    json_write_null(&writer);
    json_write_boolean(&writer, true);
    json_write_array_end(&writer);
    json_write_key_slice(&writer, SLICE_LITERAL("b\""));
    json_write_text(&writer, "x");
    json_write_key(&writer, "c");
    json_write_raw(&writer, SLICE_LITERAL("[1]"));
    json_write_object_end(&writer);
    ck_assert(slice_equal(buffer_slice(&out),
                          SLICE_LITERAL("{\"a\":[-5,{},[],null,true],\"b\\\"\":\"x\",\"c\":[1]}")));
    buffer_done(&out);
}
END_TEST

START_TEST(text_is_escaped)
{
    struct buffer out;
    struct json_writer writer;

    buffer_init(&out, 4096);
    json_writer_init(&writer, &out);
    json_write_string(&writer, SLICE_LITERAL("\x00\x01\b\f\n\r\t\"\\/\x7f\xc3\xa9"));
    json_write_string(&writer, SLICE_LITERAL("a\xff\xed\xa0\x80\xc3"));
    json_write_string(&writer, (struct slice){NULL, 0});
    ck_assert(slice_equal(
        buffer_slice(&out),
        SLICE_LITERAL("\"\\u0000\\u0001\\b\\f\\n\\r\\t\\\"\\\\/\\u007f\xc3\xa9\","
                      "\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\",\"\"")));
    buffer_done(&out);
}
END_TEST

START_TEST(fractions_are_short_and_read_back)
{
    struct buffer out;
    struct json_writer writer;

    buffer_init(&out, 4096);
    json_writer_init(&writer, &out);
    json_write_float(&writer, 0.1f);
    json_write_double(&writer, 0.1);
    json_write_double(&writer, 1.0 / 3);
    json_write_float(&writer, 1);
    json_write_double(&writer, (double)INFINITY);
    json_write_float(&writer, NAN);
    ck_assert(
        slice_equal(buffer_slice(&out), SLICE_LITERAL("0.1,0.1,0.3333333333333333,1,null,null")));
    buffer_done(&out);
}
END_TEST

START_TEST(any_bytes_become_json)
{
    struct random random;
    struct buffer out;

    random_init(&random, suite_seed());
    buffer_init(&out, 4096);
    for (int round = 0; round < 2000; round++) {
        char bytes[32];
        size_t size = random_below(&random, sizeof bytes);
        struct json_writer writer;
        json_t *json;

        for (size_t i = 0; i < size; i++)
            bytes[i] = (char)(1 + random_below(&random, 255));
        buffer_reset(&out);
        json_writer_init(&writer, &out);
        json_write_string(&writer, (struct slice){bytes, size});
        json = json_loadb(out.data, out.size, JSON_DECODE_ANY, NULL);
        ck_assert_ptr_nonnull(json);
        json_decref(json);
    }
    buffer_done(&out);
}
END_TEST

SUITE_MAIN("json writer", the_writer_places_commas, text_is_escaped,
           fractions_are_short_and_read_back, any_bytes_become_json);
