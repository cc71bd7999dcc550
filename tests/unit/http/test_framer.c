/* common/http's framer: the table of bad inputs at every cut, and random requests against the slow
 * reference. */
#include "common/base/random.h"
#include "common/http/framer.h"
#include "tests/support/http/cases.h"
#include "tests/support/http/reference.h"
#include "tests/support/suite/suite.h"

enum {
    RANDOM_ROUNDS = 30000,
    BYTES_MAX = 1 << 17,
};

static struct http_limits limits_of_cases(void)
{
    struct http_limits limits = http_limits_default();

    limits.body_bytes = HTTP_CASE_BODY_LIMIT;
    return limits;
}

static int outcome(const struct reference *reference)
{
    if (reference->result == HTTP_FRAMER_MORE)
        return HTTP_CASE_INCOMPLETE;
    return reference->status;
}

START_TEST(cases_come_out_as_they_should)
{
    struct http_limits limits = limits_of_cases();

    for (size_t i = 0; i < http_case_count; i++) {
        struct reference slow, fast;
        struct buffer bytes;

        buffer_init(&bytes, BYTES_MAX);
        http_case_bytes(&http_cases[i], &bytes);
        reference_init(&slow);
        reference_init(&fast);
        reference_parse(&slow, &limits, bytes.data, bytes.size);
        reference_frame(&fast, &limits, bytes.data, bytes.size, 0);
        ck_assert_msg(outcome(&fast) == http_cases[i].framer, "%s: %d", http_cases[i].name,
                      outcome(&fast));
        ck_assert_msg(reference_equal(&slow, &fast), "%s", http_cases[i].name);
        reference_done(&slow);
        reference_done(&fast);
        buffer_done(&bytes);
    }
}
END_TEST

/* In two parts at every place, and in pieces of one and more bytes. */
static void check_cuts(const char *name, const char *data, size_t size)
{
    struct http_limits limits = limits_of_cases();
    struct reference slow, fast;

    reference_init(&slow);
    reference_init(&fast);
    reference_parse(&slow, &limits, data, size);
    for (size_t cut = 0; cut <= size; cut += size > 2000 ? 97 : 1) {
        reference_frame_cut(&fast, &limits, data, size, cut);
        ck_assert_msg(reference_equal(&slow, &fast), "%s cut at %zu", name, cut);
    }
    for (size_t piece = 1; piece < 8; piece++) {
        reference_frame(&fast, &limits, data, size, piece);
        ck_assert_msg(reference_equal(&slow, &fast), "%s in pieces of %zu", name, piece);
    }
    reference_done(&slow);
    reference_done(&fast);
}

START_TEST(cuts_change_nothing)
{
    for (size_t i = 0; i < http_case_count; i++) {
        struct buffer bytes;

        buffer_init(&bytes, BYTES_MAX);
        http_case_bytes(&http_cases[i], &bytes);
        check_cuts(http_cases[i].name, bytes.data, bytes.size);
        buffer_done(&bytes);
    }
}
END_TEST

/* Parts of requests: the first half of each list is good, and taken more often. */
static const char *const methods[] = {"GET", "HEAD", "DELETE", "OPTIONS",
                                      "FOO", "G(T",  "get",    "PRI"};
static const char *const targets[] = {"/",    "/a?b=c", "/a%20b", "/x?y?z", "//",
                                      "/%00", "*",      "/a b",   "/%4",    "x"};
static const char *const versions[] = {"HTTP/1.1", "HTTP/1.1", "HTTP/1.3", "HTTP/2"};
static const char *const fields[] = {"X: y",
                                     "X:",
                                     "X: \xff",
                                     "Connection: a , close ,b",
                                     "Expect: 100-continue",
                                     "A: b c",
                                     "X : y",
                                     ":",
                                     " X: y",
                                     "X: \x01",
                                     "Expect: x",
                                     "Host: b",
                                     "Host: ",
                                     "X:\x7f",
                                     "novalue"};
/* How the body is framed, and a body. */
static const char *const framings[][2] = {
    {"Content-Length: 5", "hello"},
    {"Content-Length: 0", ""},
    {"Transfer-Encoding: chunked", "5\r\nhello\r\n0\r\n\r\n"},
    {"Transfer-Encoding: chunked", "2;x=y\r\nhe\r\n3\r\nllo\r\n0\r\nA: b\r\n\r\n"},
    {"Transfer-Encoding: chunked", "00\r\n\r\n"},
    {"Transfer-Encoding: chunked", "5\r\nhello\r\n0\r\n\r"},
    {"Transfer-Encoding: chunked", "5\r\nhel"},
    {"Transfer-Encoding: chunked", "g\r\n"},
    {"Transfer-Encoding: chunked", "0\r\nA : b\r\n\r\n"},
    {"Transfer-Encoding: gzip", "1000\r\n"},
    {"Content-Length: 9999", ""},
    {"Content-Length: 5\r\nContent-Length: 5", "hello"},
    {"Content-Length: 5\r\nTransfer-Encoding: chunked", "0\r\n\r\n"},
};

static size_t pick(struct random *random, size_t count)
{
    return random_below(random, random_below(random, 8) == 0 ? count : (count + 1) / 2);
}

#define PICK(random, list) list[pick(random, sizeof list / sizeof list[0])]

static void random_request(struct random *random, struct buffer *bytes)
{
    const char *const *framing = PICK(random, framings);
    bool post = random_below(random, 2) == 0;

    buffer_format(bytes, "%s %s %s%s", post ? "POST" : PICK(random, methods), PICK(random, targets),
                  PICK(random, versions), random_below(random, 40) == 0 ? "\n" : "\r\n");
    buffer_append_text(bytes, random_below(random, 20) == 0 ? "" : "Host: a:80\r\n");
    for (uint64_t count = random_below(random, 4); count > 0; count--)
        buffer_format(bytes, "%s\r\n", PICK(random, fields));
    if (post)
        buffer_format(bytes, "%s\r\n", framing[0]);
    buffer_append_text(bytes, "\r\n");
    buffer_append_text(bytes, post ? framing[1] : "");
    buffer_append_text(bytes, random_below(random, 3) == 0 ? "GET / HTTP/1.1\r\n" : "");
    if (random_below(random, 6) == 0)
        bytes->data[random_below(random, bytes->size)] = (char)random_below(random, 256);
}

START_TEST(random_requests_agree_with_the_reference)
{
    struct http_limits limits = limits_of_cases();
    struct reference slow, fast;
    struct random random;
    struct buffer bytes;
    size_t framed = 0;

    random_init(&random, 20261121);
    reference_init(&slow);
    reference_init(&fast);
    buffer_init(&bytes, BYTES_MAX);
    for (int round = 0; round < RANDOM_ROUNDS; round++) {
        buffer_reset(&bytes);
        random_request(&random, &bytes);
        reference_parse(&slow, &limits, bytes.data, bytes.size);
        reference_frame(&fast, &limits, bytes.data, bytes.size, random_below(&random, 20));
        ck_assert_msg(reference_equal(&slow, &fast), "round %d:\n%.*s", round,
                      SLICE_FORMAT(buffer_slice(&bytes)));
        framed += fast.result == HTTP_FRAMER_REQUEST;
    }
    /* The parts are such that many are good: else the test would say little. */
    ck_assert_uint_gt(framed, RANDOM_ROUNDS / 4);
    ck_assert_uint_lt(framed, RANDOM_ROUNDS * 3 / 4);
    reference_done(&slow);
    reference_done(&fast);
    buffer_done(&bytes);
}
END_TEST

START_TEST(limits_count_to_the_byte)
{
    struct http_limits limits = http_limits_default();
    struct reference fast;
    char line[] = "GET /abc HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n";

    reference_init(&fast);
    limits.request_line_bytes = 19;
    limits.header_bytes = 17;
    limits.header_count = 2;
    reference_frame(&fast, &limits, line, sizeof line - 1, 0);
    ck_assert_int_eq(fast.result, HTTP_FRAMER_REQUEST);
    limits.request_line_bytes = 18;
    reference_frame(&fast, &limits, line, sizeof line - 1, 0);
    ck_assert_int_eq(fast.status, 414);
    limits.request_line_bytes = 19;
    limits.header_bytes = 16;
    reference_frame(&fast, &limits, line, sizeof line - 1, 0);
    ck_assert_int_eq(fast.status, 431);
    limits.header_bytes = 17;
    limits.header_count = 1;
    reference_frame(&fast, &limits, line, sizeof line - 1, 0);
    ck_assert_int_eq(fast.status, 431);
    reference_done(&fast);
}
END_TEST

START_TEST(the_wanted_size_is_known)
{
    struct http_limits limits = http_limits_default();
    char line[] = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 33000\r\n\r\n";
    size_t size = sizeof line - 1;
    struct http_framer framer;

    http_framer_init(&framer);
    ck_assert_uint_eq(http_framer_wants(&framer), 0);
    ck_assert_int_eq(http_framer_step(&framer, &limits, line, &size), HTTP_FRAMER_HEAD);
    ck_assert_uint_eq(http_framer_wants(&framer), sizeof line - 1 + 33000);
    ck_assert_int_eq(http_framer_step(&framer, &limits, line, &size), HTTP_FRAMER_MORE);
}
END_TEST

START_TEST(what_follows_a_chunked_body_is_kept)
{
    struct http_limits limits = http_limits_default();
    char bytes[] = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                   "3;x\r\nabc\r\n2\r\nde\r\n0\r\n\r\nNEXT";
    size_t size = sizeof bytes - 1;
    struct http_framer framer;

    http_framer_init(&framer);
    ck_assert_int_eq(http_framer_step(&framer, &limits, bytes, &size), HTTP_FRAMER_HEAD);
    ck_assert_int_eq(http_framer_step(&framer, &limits, bytes, &size), HTTP_FRAMER_REQUEST);
    ck_assert_uint_eq(framer.body_size, 5);
    ck_assert_int_eq(memcmp(bytes + framer.head_size, "abcdeNEXT", 9), 0);
    ck_assert_uint_eq(size, framer.end + 4);
    ck_assert_int_eq(http_framer_step(&framer, &limits, bytes, &size), HTTP_FRAMER_REQUEST);
}
END_TEST

SUITE_MAIN("http framer", cases_come_out_as_they_should, cuts_change_nothing,
           random_requests_agree_with_the_reference, limits_count_to_the_byte,
           the_wanted_size_is_known, what_follows_a_chunked_body_is_kept);
