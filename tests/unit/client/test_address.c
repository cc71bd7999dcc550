/* common/client: which addresses and URLs a stranger may name. */
#include "common/client/address.h"
#include "common/client/client.h"
#include "tests/support/suite/suite.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

static const char *const public_addresses[] = {
    "1.1.1.1",         "8.8.8.8",      "9.255.255.255",    "11.0.0.0",
    "100.63.255.255",  "100.128.0.0",  "126.255.255.255",  "128.0.0.0",
    "169.253.255.255", "169.255.0.0",  "172.15.255.255",   "172.32.0.0",
    "192.0.1.0",       "192.0.3.0",    "192.167.255.255",  "192.169.0.0",
    "198.17.255.255",  "198.20.0.0",   "198.51.99.255",    "203.0.114.0",
    "223.255.255.255", "2606:4700::1", "2001:200::1",      "2001:4860:4860::8888",
    "2a00:1450::1",    "2003::1",      "64:ff9b::1.1.1.1", "3ffe::1",
};

static const char *const other_addresses[] = {
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.0",
    "10.255.255.255",
    "100.64.0.0",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.255",
    "169.254.169.254",
    "172.16.0.0",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.0",
    "192.168.255.255",
    "198.18.0.0",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:1.1.1.1",
    "::ffff:127.0.0.1",
    "::1.1.1.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1.1.1.1",
    "100::1",
    "fc00::1",
    "fdff::1",
    "fe80::1",
    "febf::1",
    "fec0::1",
    "ff02::1",
    "2001::1",
    "2001:0:4137:9e76::",
    "2001:1ff::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "3fff::1",
    "4000::1",
    "1fff::1",
    "5f00::1",
};

static bool is_public(const char *text)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        return client_address_is_public((struct sockaddr *)&v4);
    ck_assert_msg(inet_pton(AF_INET6, text, &v6.sin6_addr) == 1, "%s", text);
    return client_address_is_public((struct sockaddr *)&v6);
}

START_TEST(addresses_are_told_apart)
{
    struct sockaddr_un local = {.sun_family = AF_UNIX};

    for (size_t i = 0; i < sizeof public_addresses / sizeof public_addresses[0]; i++)
        ck_assert_msg(is_public(public_addresses[i]), "%s", public_addresses[i]);
    for (size_t i = 0; i < sizeof other_addresses / sizeof other_addresses[0]; i++)
        ck_assert_msg(!is_public(other_addresses[i]), "%s", other_addresses[i]);
    ck_assert(!client_address_is_public((struct sockaddr *)&local));
}
END_TEST

static const char *const good_urls[] = {
    "https://hooks.example.com/a?b=c", "https://hooks.example.com:8443/", "https://1.1.1.1/",
    "https://[2606:4700::1]/hook",     "HTTPS://Hooks.Example.com",
};

static const char *const bad_urls[] = {
    "",
    "hooks.example.com/a",
    "/a",
    "http://hooks.example.com/", /* plain is not allowed by default */
    "ftp://hooks.example.com/",
    "file:///etc/passwd",
    "gopher://hooks.example.com/",
    "https://user@hooks.example.com/",
    "https://user:secret@hooks.example.com/",
    "https://hooks.example.com:22/",
    "https://hooks.example.com:6379/",
    "https://hooks.example.com:0/",
    "https://hooks.example.com:99999/",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.1/",
    "https://0177.0.0.1/",
    "https://0/",
    "https://169.254.169.254/latest/meta-data/",
    "https://10.1.2.3/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fd00::1]/",
    "https://a b/",
    "https://hooks.example.com\r\nHost: x/",
};

START_TEST(urls_are_checked)
{
    struct client_limits limits = client_limits_default();
    char longer[3000] = "https://hooks.example.com/";

    for (size_t i = 0; i < sizeof good_urls / sizeof good_urls[0]; i++) {
        struct error error = {0};

        ck_assert_msg(client_check_url(&limits, good_urls[i], &error) == STATUS_OK, "%s: %s",
                      good_urls[i], error.text);
    }
    for (size_t i = 0; i < sizeof bad_urls / sizeof bad_urls[0]; i++) {
        struct error error = {0};

        ck_assert_msg(client_check_url(&limits, bad_urls[i], &error) == STATUS_REJECT, "%s",
                      bad_urls[i]);
        ck_assert(error.text[0] != '\0');
    }
    memset(longer + strlen(longer), 'a', 2500);
    ck_assert_int_eq(client_check_url(&limits, longer, &(struct error){0}), STATUS_REJECT);
}
END_TEST

START_TEST(what_is_allowed_is_allowed)
{
    struct client_limits limits = client_limits_default();
    struct error error = {0};

    limits.allow_plain = true;
    ck_assert_int_eq(client_check_url(&limits, "http://hooks.example.com/", &error), STATUS_OK);
    ck_assert_int_eq(client_check_url(&limits, "http://127.0.0.1/", &error), STATUS_REJECT);
    limits.allow_private = true;
    ck_assert_int_eq(client_check_url(&limits, "http://127.0.0.1:1234/", &error), STATUS_OK);
    ck_assert_int_eq(client_check_url(&limits, "ftp://127.0.0.1:1234/", &error), STATUS_REJECT);
}
END_TEST

SUITE_MAIN("client address", addresses_are_told_apart, urls_are_checked,
           what_is_allowed_is_allowed);
