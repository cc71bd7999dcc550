/* The address classifier (client_address_is_public) against IANA's registries as text, looked up
 * bit by bit; and client_check_url, which must agree with it for numeric hosts. Four bytes are an
 * IPv4 address, sixteen an IPv6 one, others a URL. */
#include "common/base/must.h"
#include "common/client/address.h"
#include "common/client/client.h"
#include "tests/fuzz/target.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

struct range {
    const char *first;
    unsigned bits;
};

static const struct range special4[] = {
    {"0.0.0.0", 8},       {"10.0.0.0", 8},      {"100.64.0.0", 10},   {"127.0.0.0", 8},
    {"169.254.0.0", 16},  {"172.16.0.0", 12},   {"192.0.0.0", 24},    {"192.0.2.0", 24},
    {"192.31.196.0", 24}, {"192.52.193.0", 24}, {"192.88.99.0", 24},  {"192.168.0.0", 16},
    {"192.175.48.0", 24}, {"198.18.0.0", 15},   {"198.51.100.0", 24}, {"203.0.113.0", 24},
    {"224.0.0.0", 4},     {"240.0.0.0", 4},
};

/* Outside of 2000::/3 in the gaps between these. */
static const struct range special6[] = {
    {"::", 3},          {"4000::", 2},  {"8000::", 1},          {"2001::", 23},
    {"2001:db8::", 32}, {"2002::", 16}, {"2620:4f:8000::", 48}, {"3fff::", 20},
};

static bool bit_of(const uint8_t *bytes, unsigned index)
{
    return (bytes[index / 8] >> (7 - index % 8) & 1) != 0;
}

static bool is_in(const uint8_t *bytes, const struct range *range, int family)
{
    uint8_t first[16] = {0};

    MUST(inet_pton(family, range->first, first) == 1);
    for (unsigned i = 0; i < range->bits; i++)
        if (bit_of(bytes, i) != bit_of(first, i))
            return false;
    return true;
}

static bool slow4(const uint8_t *bytes)
{
    for (size_t i = 0; i < sizeof special4 / sizeof special4[0]; i++)
        if (is_in(bytes, &special4[i], AF_INET))
            return false;
    return true;
}

static bool slow6(const uint8_t *bytes)
{
    if (is_in(bytes, &(struct range){"64:ff9b::", 96}, AF_INET6))
        return slow4(bytes + 12);
    for (size_t i = 0; i < sizeof special6 / sizeof special6[0]; i++)
        if (is_in(bytes, &special6[i], AF_INET6))
            return false;
    return true;
}

static bool url_is_allowed(const char *url)
{
    struct client_limits limits = client_limits_default();
    struct error error = {0};
    enum status status = client_check_url(&limits, url, &error);

    MUST(status == STATUS_OK || status == STATUS_REJECT);
    MUST((status == STATUS_OK) == (error.text[0] == '\0'));
    return status == STATUS_OK;
}

static void check4(const uint8_t *bytes)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    char text[INET_ADDRSTRLEN], url[64];

    memcpy(&address.sin_addr, bytes, 4);
    MUST(client_address_is_public((struct sockaddr *)&address) == slow4(bytes));
    inet_ntop(AF_INET, bytes, text, sizeof text);
    snprintf(url, sizeof url, "https://%s/", text);
    MUST(url_is_allowed(url) == slow4(bytes));
    snprintf(url, sizeof url, "https://0x%x/", ntohl(address.sin_addr.s_addr));
    MUST(url_is_allowed(url) == slow4(bytes));
}

static void check6(const uint8_t *bytes)
{
    struct sockaddr_in6 address = {.sin6_family = AF_INET6};
    char text[INET6_ADDRSTRLEN], url[64];

    memcpy(&address.sin6_addr, bytes, 16);
    MUST(client_address_is_public((struct sockaddr *)&address) == slow6(bytes));
    inet_ntop(AF_INET6, bytes, text, sizeof text);
    snprintf(url, sizeof url, "https://[%s]/", text);
    MUST(url_is_allowed(url) == slow6(bytes));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char url[4096];

    if (size == 4)
        check4(data);
    else if (size == 16)
        check6(data);
    else if (size < sizeof url) {
        memcpy(url, data, size);
        url[size] = '\0';
        url_is_allowed(url);
    }
    return 0;
}
