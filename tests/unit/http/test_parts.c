/* common/http: the pure parts beside the framer. */
#include "common/http/block.h"
#include "common/http/response.h"
#include "common/http/router.h"
#include "common/http/target.h"
#include "tests/support/suite/suite.h"

struct query_row {
    const char *query;
    const char *name;
    const char *value; /* NULL: not there */
};

static const struct query_row query_rows[] = {
    {"", "a", NULL},       {"a", "a", ""},
    {"a=", "a", ""},       {"a=1", "a", "1"},
    {"a=1&a=2", "a", "1"}, {"b=1&a=2", "a", "2"},
    {"b&a=2&c", "a", "2"}, {"ba=1&ab=2", "a", NULL},
    {"a=b=c", "a", "b=c"}, {"&&a=1&", "a", "1"},
    {"x=1&b", "b", ""},    {"A=1", "a", NULL},
    {"a=1", "", NULL},     {"a=%20&b=1", "a", "%20"},
};

START_TEST(queries_are_found)
{
    for (size_t i = 0; i < sizeof query_rows / sizeof query_rows[0]; i++) {
        const struct query_row *row = &query_rows[i];
        struct slice value = SLICE_LITERAL("untouched");
        bool found = http_query_find(slice_of(row->query), row->name, &value);

        ck_assert_msg(found == (row->value != NULL), "%s", row->query);
        ck_assert(slice_equal(value, slice_of(found ? row->value : "untouched")));
    }
}
END_TEST

START_TEST(escapes_are_decoded)
{
    static const char *const bad[] = {"%", "%4", "%zz", "a%0", "%00", "x%2"};
    struct buffer buffer;

    buffer_init(&buffer, 8);
    ck_assert(http_percent_decode(SLICE_LITERAL("a+%41%c3%bC"), &buffer));
    ck_assert(slice_equal(buffer_slice(&buffer), SLICE_LITERAL("a+A\xc3\xbc")));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        buffer_reset(&buffer);
        ck_assert_msg(!http_percent_decode(slice_of(bad[i]), &buffer), "%s", bad[i]);
    }
    buffer_reset(&buffer);
    ck_assert(!http_percent_decode(SLICE_LITERAL("123456789"), &buffer));
    buffer_done(&buffer);
}
END_TEST

START_TEST(dates_are_those_of_the_rfc)
{
    char text[HTTP_DATE_SIZE];

    http_date(INT64_C(784111777) * 1000000, text);
    ck_assert_str_eq(text, "Sun, 06 Nov 1994 08:49:37 GMT");
    http_date(INT64_C(1709251199999999), text);
    ck_assert_str_eq(text, "Thu, 29 Feb 2024 23:59:59 GMT");
}
END_TEST

/* What a client sent may be sent back in a field: it must not make another one. */
START_TEST(fields_cannot_be_split)
{
    struct http_field field = {"X-Id", {"a\r\nSet-Cookie: b\0c\x7f", 19}};
    struct http_response response = {
        .status = 503, .content_type = "text/plain", .fields = &field, .field_count = 1};
    struct buffer head;

    buffer_init(&head, 1024);
    http_response_head(&head, &response, "now", true);
    ck_assert(slice_equal(buffer_slice(&head),
                          SLICE_LITERAL("HTTP/1.1 503 Service Unavailable\r\nDate: now\r\n"
                                        "Content-Type: text/plain\r\nContent-Length: 0\r\n"
                                        "Connection: close\r\nX-Id: a  Set-Cookie: b c \r\n\r\n")));
    buffer_reset(&head);
    http_response_head(&head, &(struct http_response){.status = 204}, "now", false);
    ck_assert(slice_equal(buffer_slice(&head),
                          SLICE_LITERAL("HTTP/1.1 204 No Content\r\nDate: now\r\n\r\n")));
    buffer_done(&head);
    ck_assert_str_eq(http_phrase(599), "Unknown");
}
END_TEST

static void nothing(void *context, struct http_request *request)
{
    (void)context;
    (void)request;
}

static const struct http_route routes[] = {
    {"POST", "/a", nothing, 0},
    {"GET", "/a", nothing, 0},
    {"GET", "/b/", nothing, HTTP_ROUTE_PREFIX},
    {"POST", "/b/c", nothing, 0},
    {"POST", "/b/", nothing, HTTP_ROUTE_PREFIX},
};

struct route_row {
    const char *method;
    const char *path;
    int route; /* or -status */
    const char *allow;
};

static const struct route_row route_rows[] = {
    {"POST", "/a", 0, ""},
    {"GET", "/a", 1, ""},
    {"HEAD", "/a", 1, ""},
    {"PUT", "/a", -405, "POST, GET, HEAD"},
    {"GET", "/a/", -404, ""},
    {"GET", "/A", -404, ""},
    {"GET", "/b", -404, ""},
    {"GET", "/b/", 2, ""},
    {"GET", "/b/x/y", 2, ""},
    {"POST", "/b/c", 3, ""},
    {"POST", "/b/cc", 4, ""},
    {"PUT", "/b/c", -405, "GET, HEAD, POST"},
    {"OPTIONS", "*", -405, "POST, GET, HEAD"},
    {"CONNECT", "x:1", -405, "POST, GET, HEAD"},
};

START_TEST(routes_are_found)
{
    struct http_router router = {routes, sizeof routes / sizeof routes[0]};

    for (size_t i = 0; i < sizeof route_rows / sizeof route_rows[0]; i++) {
        const struct route_row *row = &route_rows[i];
        int status = 0;
        const struct http_route *route =
            http_router_find(&router, slice_of(row->method), slice_of(row->path), &status);
        struct buffer allow;

        ck_assert_msg((route != NULL ? (int)(route - routes) : -status) == row->route, "%s %s",
                      row->method, row->path);
        buffer_init(&allow, 100);
        if (route == NULL && status == 405)
            http_router_allow(&router, slice_of(row->path), &allow);
        ck_assert_msg(slice_equal(buffer_slice(&allow), slice_of(row->allow)), "%s %.*s", row->path,
                      SLICE_FORMAT(buffer_slice(&allow)));
        buffer_done(&allow);
    }
}
END_TEST

START_TEST(blocks_are_bounded_and_kept)
{
    struct http_block_pool pool;
    struct http_block *first, *second, *again;

    http_block_pool_init(&pool, 20000);
    first = http_block_take(&pool, 1);
    second = http_block_take(&pool, 8193);
    ck_assert_uint_eq(first->capacity, 4096);
    ck_assert_uint_eq(second->capacity, 12288);
    ck_assert_ptr_null(http_block_take(&pool, 4096));
    second->references++;
    http_block_release(&pool, second);
    ck_assert_ptr_null(http_block_take(&pool, 4096));
    http_block_release(&pool, second);
    again = http_block_take(&pool, 100);
    ck_assert_ptr_eq(again, second);
    http_block_release(&pool, again);
    http_block_release(&pool, first);
    ck_assert_uint_eq(pool.used_bytes, 0);
    ck_assert_uint_eq(pool.free_bytes, 16384);
    again = http_block_take(&pool, 5000);
    ck_assert_ptr_eq(again, second);
    http_block_release(NULL, again);
    http_block_pool_done(&pool);
}
END_TEST

SUITE_MAIN("http parts", queries_are_found, escapes_are_decoded, dates_are_those_of_the_rfc,
           fields_cannot_be_split, routes_are_found, blocks_are_bounded_and_kept);
