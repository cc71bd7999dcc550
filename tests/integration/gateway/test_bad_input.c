/* Requests that must be refused, and how: keys, media types, JSON and meaning. Nothing of them
 * comes into the log, no answer repeats them, and the gateway goes on. */
#include "tests/support/gateway/door.h"
#include "tests/support/gateway/gateway.h"
#include "tests/support/http/peer.h"
#include "tests/support/suite/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WAIT_MS = 10000, BIG_BYTES = 70000 };

#define AUTH         "Authorization: Bearer " GATEWAY_ACME "\r\n"
#define JSON         "Content-Type: application/json\r\n"
#define LINES        "Content-Type: application/x-ndjson\r\n"
#define REST         "\"amount\":\"1.00\",\"currency\":\"EUR\",\"occurred_at\":\"2026-02-28T09:00:00Z\""
#define GOOD         "{\"id\":\"canary\",\"user\":\"canary\"," REST "}"
#define WITH(fields) "{\"id\":\"canary\",\"user\":\"canary\"," fields "}"
#define WHEN(time)   WITH("\"amount\":\"1.00\",\"currency\":\"EUR\",\"occurred_at\":\"" time "\"")
#define MONEY(amount, currency)                                                                    \
    WITH("\"amount\":" amount ",\"currency\":" currency ",\"occurred_at\":\"2026-02-28T09:00:"     \
         "00Z\"")

struct row {
    const char *name;
    const char *headers;
    const char *body;
    int status;
    const char *text; /* in the answer */
};

static const struct row rows[] = {
    /* B34, B36, B37: whoever it is not. */
    {"no key", JSON, GOOD, 401, "unauthorized"},
    {"unknown key", JSON "Authorization: Bearer nobody.0123456789abcdef0123456789abcdef\r\n", GOOD,
     401, "unauthorized"},
    {"wrong secret", JSON "Authorization: Bearer acme-1.0123456789abcdef0123456789abcdee\r\n", GOOD,
     401, "unauthorized"},
    {"secret of another key",
     JSON "Authorization: Bearer acme-1.fedcba9876543210fedcba9876543210\r\n", GOOD, 401,
     "unauthorized"},
    {"two keys", JSON AUTH AUTH, GOOD, 401, "unauthorized"},
    {"two keys, the first wrong", JSON "Authorization: Bearer x.y\r\n" AUTH, GOOD, 401,
     "unauthorized"},
    {"basic", JSON "Authorization: Basic YWNtZS0xOjAxMjM=\r\n", GOOD, 401, "unauthorized"},
    {"a token with alg none", JSON "Authorization: Bearer eyJhbGciOiJub25lIn0.e30.\r\n", GOOD, 401,
     "unauthorized"},
    {"not ASCII", JSON "Authorization: Bearer acme-1.\xc3\xa9\r\n", GOOD, 401, "unauthorized"},
    /* B35: the tenant is nobody's to say. */
    {"a tenant in the body", JSON AUTH, WITH("\"tenant\":\"other\"," REST), 422,
     "\"reason\":\"unknown_field\",\"pointer\":\"/tenant\""},
    /* B33, B32 */
    {"no content type", AUTH, GOOD, 415, "unsupported_media_type"},
    {"text", AUTH "Content-Type: text/plain\r\n", GOOD, 415, "unsupported_media_type"},
    {"UTF-16", AUTH "Content-Type: application/json; charset=utf-16\r\n", GOOD, 415,
     "unsupported_media_type"},
    {"two types", AUTH JSON JSON, GOOD, 415, "unsupported_media_type"},
    {"gzip", AUTH JSON "Content-Encoding: gzip\r\n", GOOD, 415, "unsupported_encoding"},
    /* B42 .. B47 */
    {"a key twice", JSON AUTH, WITH("\"id\":\"x\"," REST), 400, "json_duplicate_key"},
    {"deep", JSON AUTH, "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
     400, "json_depth"},
    {"NaN", JSON AUTH, MONEY("NaN", "\"EUR\""), 400, "json_syntax"},
    {"Infinity", JSON AUTH, MONEY("Infinity", "\"EUR\""), 400, "json_syntax"},
    {"01", JSON AUTH, MONEY("01", "\"EUR\""), 400, "json_syntax"},
    {"0x10", JSON AUTH, MONEY("0x10", "\"EUR\""), 400, "json_syntax"},
    {"a trailing comma", JSON AUTH, "[" GOOD ",]", 400, "json_syntax"},
    {"a comment", JSON AUTH, "/* x */" GOOD, 400, "json_syntax"},
    {"single quotes", JSON AUTH, "{'id':'canary'}", 400, "json_syntax"},
    {"a BOM", JSON AUTH, "\xef\xbb\xbf" GOOD, 400, "json_syntax"},
    {"nothing", JSON AUTH, "", 400, "json_syntax"},
    {"blanks", JSON AUTH, " \n", 400, "json_syntax"},
    {"two documents", JSON AUTH, GOOD GOOD, 400, "json_syntax"},
    {"a number", JSON AUTH, "7", 400, "wrong_type"},
    {"a string", JSON AUTH, "\"canary\"", 400, "wrong_type"},
    {"null", JSON AUTH, "null", 400, "wrong_type"},
    {"invalid UTF-8", JSON AUTH, WITH("\"merchant\":\"\xff\"," REST), 400, "json_utf8"},
    {"overlong", JSON AUTH, WITH("\"merchant\":\"\xc0\xaf\"," REST), 400, "json_utf8"},
    {"a lone surrogate", JSON AUTH, WITH("\"merchant\":\"\\ud800\"," REST), 400, "json_escape"},
    {"an escaped NUL", JSON AUTH, WITH("\"merchant\":\"\\u0000\"," REST), 400, "json_escape"},
    {"a raw control", JSON AUTH, WITH("\"merchant\":\"\x01\"," REST), 400, "json_"},
    /* B48 */
    {"an unknown field", JSON AUTH, WITH("\"colour\":\"canary\"," REST), 422,
     "\"pointer\":\"/colour\""},
    {"a missing field", JSON AUTH, "{\"id\":\"x\"," REST "}", 422,
     "\"reason\":\"missing\",\"pointer\":\"/user\""},
    {"null for text", JSON AUTH, WITH("\"merchant\":null," REST), 422, "\"pointer\":\"/merchant\""},
    {"a number for text", JSON AUTH, "{\"id\":7,\"user\":\"u\"," REST "}", 422,
     "\"pointer\":\"/id\""},
    {"an object for text", JSON AUTH, WITH("\"merchant\":{\"a\":1}," REST), 422,
     "\"pointer\":\"/merchant\""},
    {"text for metadata", JSON AUTH, WITH("\"metadata\":\"x\"," REST), 422,
     "\"pointer\":\"/metadata\""},
    {"a number in metadata", JSON AUTH, WITH("\"metadata\":{\"a/b\":1}," REST), 422,
     "\"pointer\":\"/metadata/a~1b\""},
    /* B49 */
    {"no items", JSON AUTH, "[]", 422, "\"reason\":\"empty\""},
    {"no lines", LINES AUTH, "\n\n", 422, "\"reason\":\"empty\""},
    {"bad lines only", LINES AUTH, "x\ny\n", 422, "\"accepted\":0,\"rejected\":2"},
    {"an array in lines", LINES AUTH, "[" GOOD "]\n", 422, "wrong_type"},
    /* B44, B50 */
    {"a number as amount", JSON AUTH, MONEY("1.00", "\"EUR\""), 422, "\"pointer\":\"/amount\""},
    {"three decimals", JSON AUTH, MONEY("\"1.001\"", "\"EUR\""), 422, "amount_scale"},
    {"yen with decimals", JSON AUTH, MONEY("\"1.0\"", "\"JPY\""), 422, "amount_scale"},
    {"an exponent", JSON AUTH, MONEY("\"1e3\"", "\"EUR\""), 422, "amount_format"},
    {"an empty amount", JSON AUTH, MONEY("\"\"", "\"EUR\""), 422, "amount_format"},
    {"too much", JSON AUTH, MONEY("\"10000000000.01\"", "\"EUR\""), 422, "amount_range"},
    {"far too much", JSON AUTH, MONEY("\"99999999999999999999999999\"", "\"EUR\""), 422,
     "amount_range"},
    {"no such currency", JSON AUTH, MONEY("\"1.00\"", "\"XYZ\""), 422, "currency_unknown"},
    {"lower case", JSON AUTH, MONEY("\"1.00\"", "\"eur\""), 422, "currency_unknown"},
    /* B51 */
    {"1970", JSON AUTH, WHEN("1970-01-01T00:00:00Z"), 422, "time_range"},
    {"ten years ahead", JSON AUTH, WHEN("2099-01-01T00:00:00Z"), 422, "time_range"},
    {"no zone", JSON AUTH, WHEN("2026-02-28T09:00:00"), 422, "time_format"},
    {"a leap second", JSON AUTH, WHEN("2016-12-31T23:59:60Z"), 422, "time_format"},
    {"30 February", JSON AUTH, WHEN("2026-02-30T09:00:00Z"), 422, "time_format"},
    /* B52 */
    {"an empty user", JSON AUTH, "{\"id\":\"x\",\"user\":\"\"," REST "}", 422,
     "\"pointer\":\"/user\""},
    {"a line break in the user", JSON AUTH, "{\"id\":\"x\",\"user\":\"a\\nb\"," REST "}", 422,
     "bad_text"},
    {"a long id", JSON AUTH,
     "{\"id\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\","
     "\"user\":\"u\"," REST "}",
     422, "too_long"},
};

/* These are stored as they are (B52). */
static const char *const odd[] = {
    "{\"id\":\"o1\",\"user\":\"'; DROP TABLE ledger; --\"," REST "}",
    "{\"id\":\"o2\",\"user\":\"<script>alert(1)</script>\"," REST "}",
    "{\"id\":\"o3\",\"user\":\"\xe2\x80\xae"
    "abc\"," REST "}",
    "{\"id\":\"o4\",\"user\":\"{{7*7}} ${jndi:x} %s%n\"," REST "}",
    "{\"id\":\"o5\",\"user\":\"a:b\"," REST "}",
    ("{\"id\":\"o6\",\"user\":\"u\",\"amount\":\"-0.01\",\"currency\":\"EUR\","
     "\"occurred_at\":\"2026-02-28T09:00:00Z\"}"),
};

static void ask(struct peer *peer, const char *path, const char *headers, const char *body)
{
    char head[BIG_BYTES + 1024];

    snprintf(head, sizeof head, "POST %s HTTP/1.1\r\nHost: g\r\n%sContent-Length: %zu\r\n\r\n",
             path, headers, strlen(body));
    ck_assert(peer_send_text(peer, head));
    ck_assert(peer_send_text(peer, body));
}

static void check_row(struct peer *peer, const struct row *row)
{
    struct answer answer;
    bool whole;

    ask(peer, "/v1/transactions", row->headers, row->body);
    answer = peer_answer(peer, false);
    whole = memmem(answer.body.data, answer.body.size, row->text, strlen(row->text)) != NULL;
    ck_assert_msg(answer.status == row->status && whole, "%s: %d %.*s", row->name, answer.status,
                  SLICE_FORMAT(answer.body));
    /* The id of an item and the name of a field are all that may come back. */
    if (row->status != 422)
        ck_assert_msg(memmem(answer.body.data, answer.body.size, "canary", 6) == NULL, "%s: %.*s",
                      row->name, SLICE_FORMAT(answer.body));
    if (row->status == 401)
        ck_assert_ptr_nonnull(answer_field(&answer, "WWW-Authenticate").data);
    ck_assert(!answer.close);
}

static void count(void *context, const struct kafka_record *record)
{
    (void)record;
    (*(size_t *)context)++;
}

static size_t stored(const struct door *door)
{
    size_t sum = 0;

    door_read(door, "transactions", count, &sum);
    return sum;
}

/* All on one connection: what is refused leaves it usable. */
START_TEST(bad_requests_are_refused)
{
    struct door door;
    struct peer peer;
    struct answer answer;

    door_open(&door, broker_shared(), NULL);
    door_start(&door);
    peer_init(&peer, (uint16_t)door.port, WAIT_MS);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check_row(&peer, &rows[i]);
    ck_assert_uint_eq(stored(&door), 0);
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        ask(&peer, "/v1/transactions", JSON AUTH, odd[i]);
        answer = peer_answer(&peer, false);
        ck_assert_msg(answer.status == 202, "%s: %.*s", odd[i], SLICE_FORMAT(answer.body));
    }
    ck_assert_uint_eq(stored(&door), sizeof odd / sizeof odd[0]);
    peer_done(&peer);
    door_close(&door);
}
END_TEST

/* The same answer whatever is wrong with a key, to the byte but for its date. */
START_TEST(refused_keys_look_alike)
{
    struct door door;
    struct peer peer;
    char first[512] = "";

    door_open(&door, broker_shared(), NULL);
    door_start(&door);
    peer_init(&peer, (uint16_t)door.port, WAIT_MS);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0] && rows[i].status == 401; i++) {
        struct answer answer;
        char body[512];

        ask(&peer, "/v1/transactions?key=" GATEWAY_ACME, rows[i].headers, rows[i].body);
        answer = peer_answer(&peer, false);
        snprintf(body, sizeof body, "%.*s", SLICE_FORMAT(answer.body));
        ck_assert_int_eq(answer.status, 401);
        if (i == 0)
            memcpy(first, body, sizeof first);
        ck_assert_str_eq(body, first);
    }
    peer_done(&peer);
    door_close(&door);
}
END_TEST

/* B36, B47: large things of every kind. */
START_TEST(large_things_are_refused)
{
    static char big[BIG_BYTES], headers[BIG_BYTES + 256], keys[BIG_BYTES];
    struct door door;
    struct peer peer;
    size_t size = 0;

    door_open(&door, broker_shared(), NULL);
    door_start(&door);
    memset(big, 'a', sizeof big - 1);
    snprintf(headers, sizeof headers, JSON "Authorization: Bearer %s\r\n", big);
    peer_init(&peer, (uint16_t)door.port, WAIT_MS);
    (void)!peer_send_text(&peer, "POST /v1/transactions HTTP/1.1\r\nHost: g\r\n");
    (void)!peer_send_text(&peer, headers);
    ck_assert_int_eq(peer_answer(&peer, false).status, 431);
    peer_done(&peer);
    for (int i = 0; size < sizeof keys - 32; i++)
        size +=
            (size_t)snprintf(keys + size, sizeof keys - size, "%s\"k%d\":1", i == 0 ? "{" : ",", i);
    snprintf(keys + size, sizeof keys - size, "}");
    peer_init(&peer, (uint16_t)door.port, WAIT_MS);
    ask(&peer, "/v1/transactions", JSON AUTH, keys);
    ck_assert_int_eq(peer_answer(&peer, false).status, 400);
    ask(&peer, "/v1/transactions", JSON AUTH, GOOD);
    ck_assert_int_eq(peer_answer(&peer, false).status, 202);
    peer_done(&peer);
    door_close(&door);
}
END_TEST

START_TEST(other_paths_and_methods)
{
    static const struct {
        const char *line;
        int status;
    } asked[] = {
        {"GET /v1/transactions", 405},   {"PUT /v1/transactions", 405},
        {"DELETE /v1/feedback", 405},    {"GET /", 404},
        {"GET /metrics", 404},           {"GET /readyz", 404},
        {"POST /v1/transactions/", 404}, {"POST /v2/transactions", 404},
        {"POST /subjects", 405},
    };
    struct door door;

    door_open(&door, broker_shared(), NULL);
    door_start(&door);
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        struct peer peer;
        char head[256];

        peer_init(&peer, (uint16_t)door.port, WAIT_MS);
        snprintf(head, sizeof head, "%s HTTP/1.1\r\nHost: g\r\nContent-Length: 0\r\n\r\n",
                 asked[i].line);
        ck_assert(peer_send_text(&peer, head));
        ck_assert_msg(peer_answer(&peer, false).status == asked[i].status, "%s", asked[i].line);
        peer_done(&peer);
    }
    door_close(&door);
}
END_TEST

SUITE_MAIN_TIMEOUT("gateway/bad_input", 60, bad_requests_are_refused, refused_keys_look_alike,
                   large_things_are_refused, other_paths_and_methods);
