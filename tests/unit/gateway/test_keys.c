/* API keys: what the file may hold, and who is let in. */
#include "producers/gateway/keys.h"
#include "tests/support/process/place.h"
#include "tests/support/suite/suite.h"

#include <stdio.h>
#include <sys/stat.h>

static struct keys *parsed(const char *text)
{
    struct error error = {0};
    struct keys *keys = NULL;

    ck_assert_msg(keys_parse(&keys, slice_of(text), &error) == STATUS_OK, "%s", error.text);
    return keys;
}

static void refused(const char *text, const char *why)
{
    struct error error = {0};
    struct keys *keys = NULL;

    ck_assert_int_eq(keys_parse(&keys, slice_of(text), &error), STATUS_REJECT);
    ck_assert_msg(strstr(error.text, why) != NULL, "%s, not: %s", error.text, why);
    ck_assert_ptr_null(keys);
}

/* SHA-256 of "abc" and of the empty text, FIPS 180-4. */
#define ABC   "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

START_TEST(lines_are_keys)
{
    OWNED(keys)
    keys = parsed("# a comment\n\n  \nk1 " ABC " acme billing, since May\r\nk2\t" ABC "\tother\n"
                  "k3 " ABC " acme");
    struct slice tenant = {NULL, 0};

    ck_assert_uint_eq(keys_count(keys), 3);
    ck_assert(keys_find(keys, SLICE_LITERAL("Bearer k1.abc"), &tenant));
    ck_assert(slice_equal(tenant, SLICE_LITERAL("acme")));
    ck_assert(keys_find(keys, SLICE_LITERAL("bearer k2.abc"), &tenant));
    ck_assert(slice_equal(tenant, SLICE_LITERAL("other")));
    ck_assert(keys_find(keys, SLICE_LITERAL("BEARER k3.abc"), &tenant));
}
END_TEST

START_TEST(bad_lines_refuse_the_whole_file)
{
    refused("k1 " ABC " acme\nk.1 " ABC " acme\n", "line 2");
    refused("k1 " ABC "\n", "tenant");
    refused("k1 " ABC " Acme\n", "tenant");
    refused("k1 " ABC " a:b\n", "tenant");
    refused("k1 abc acme\n", "64 hex");
    refused("k1 " ABC "0 acme\n", "64 hex");
    refused("k1 g" ABC " acme\n", "64 hex");
    refused("k1\n", "64 hex");
    refused("k1 " ABC " acme\nk1 " EMPTY " other\n", "k1 is there twice");
    refused("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa " ABC " acme\n",
            "key-id");
}
END_TEST

/* The text of a bad line may be a secret in the wrong place. */
START_TEST(errors_do_not_tell_secrets)
{
    struct error error = {0};
    struct keys *keys = NULL;

    ck_assert_int_eq(keys_parse(&keys, SLICE_LITERAL("k1 topsecret acme\n"), &error),
                     STATUS_REJECT);
    ck_assert_ptr_null(strstr(error.text, "topsecret"));
}
END_TEST

START_TEST(others_are_not_let_in)
{
    static const char *const bad[] = {
        "",
        "Bearer",
        "Bearer ",
        "Bearer k1",
        "Bearer k1.",
        "Bearer .abc",
        "Bearer k1.abd",
        "Bearer k1.abcd",
        "Bearer k1.ab",
        "Bearer k1 .abc",
        "Bearer  k1.abc",
        "Bearer k2.abc",
        "Bearer K1.abc",
        "Basic k1.abc",
        "k1.abc",
        "Bearer k1.abc,Bearer k1.abc",
        "Bearer k\xc3\xa9.abc",
    };
    OWNED(keys) keys = parsed("k1 " ABC " acme\nzero " EMPTY " acme\n");
    struct slice tenant = SLICE_LITERAL("untouched");

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        ck_assert_msg(!keys_find(keys, slice_of(bad[i]), &tenant), "let in: %s", bad[i]);
    ck_assert(!keys_find(keys, SLICE_LITERAL("Bearer zero."), &tenant));
    ck_assert(!keys_find(keys, (struct slice){NULL, 0}, &tenant));
    ck_assert(slice_equal(tenant, SLICE_LITERAL("untouched")));
}
END_TEST

START_TEST(long_credentials_are_not_let_in)
{
    static char text[70000] = "Bearer k1.";
    OWNED(keys) keys = parsed("k1 " ABC " acme\n");
    struct slice tenant;

    memset(text + 10, 'a', sizeof text - 10);
    for (size_t size = KEYS_CREDENTIAL_MAX; size < sizeof text; size *= 2)
        ck_assert(!keys_find(keys, (struct slice){text, size}, &tenant));
}
END_TEST

START_TEST(no_keys_let_nobody_in)
{
    OWNED(keys) keys = parsed("");
    struct slice tenant;

    ck_assert(!keys_find(keys, SLICE_LITERAL("Bearer k1.abc"), &tenant));
    ck_assert(!keys_find(keys, SLICE_LITERAL("Bearer .abc"), &tenant));
}
END_TEST

START_TEST(a_file_that_others_may_write_is_refused)
{
    char folder[PLACE_PATH_SIZE], path[PLACE_PATH_SIZE + 8];
    struct error error = {0};
    struct keys *keys = NULL;
    bool readable = false;

    place_make("keys", folder);
    snprintf(path, sizeof path, "%s/keys", folder);
    place_write(path, "k1 " ABC " acme\n", 0600);
    ck_assert_int_eq(keys_load(&keys, path, &readable, &error), STATUS_OK);
    ck_assert(!readable);
    keys_free(keys);
    ck_assert_int_eq(chmod(path, 0644), 0);
    ck_assert_int_eq(keys_load(&keys, path, &readable, &error), STATUS_OK);
    ck_assert(readable);
    keys_free(keys);
    ck_assert_int_eq(chmod(path, 0620), 0);
    ck_assert_int_eq(keys_load(&keys, path, &readable, &error), STATUS_REJECT);
    error_clear(&error);
    ck_assert_int_eq(chmod(path, 0602), 0);
    ck_assert_int_eq(keys_load(&keys, path, &readable, &error), STATUS_REJECT);
    error_clear(&error);
    ck_assert_int_eq(keys_load(&keys, folder, &readable, &error), STATUS_REJECT);
    error_clear(&error);
    ck_assert_int_eq(keys_load(&keys, "/nowhere/keys", &readable, &error), STATUS_REJECT);
    place_remove(folder);
}
END_TEST

SUITE_MAIN("gateway/keys", lines_are_keys, bad_lines_refuse_the_whole_file,
           errors_do_not_tell_secrets, others_are_not_let_in, long_credentials_are_not_let_in,
           no_keys_let_nobody_in, a_file_that_others_may_write_is_refused);
