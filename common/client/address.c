#include "common/client/address.h"

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct prefix4 {
    uint8_t bytes[4];
    unsigned bits;
};

struct prefix6 {
    uint8_t bytes[16];
    unsigned bits;
};

static const struct prefix4 special4[] = {
    {{0}, 8},             /* this network */
    {{10}, 8},            /* private */
    {{100, 64}, 10},      /* shared, CGNAT */
    {{127}, 8},           /* loopback */
    {{169, 254}, 16},     /* link-local, cloud metadata */
    {{172, 16}, 12},      /* private */
    {{192, 0, 0}, 24},    /* protocol assignments */
    {{192, 0, 2}, 24},    /* documentation */
    {{192, 31, 196}, 24}, /* AS112 */
    {{192, 52, 193}, 24}, /* AMT */
    {{192, 88, 99}, 24},  /* 6to4 relays */
    {{192, 168}, 16},     /* private */
    {{192, 175, 48}, 24}, /* AS112 */
    {{198, 18}, 15},      /* benchmarks */
    {{198, 51, 100}, 24}, /* documentation */
    {{203, 0, 113}, 24},  /* documentation */
    {{224}, 3},           /* multicast, reserved, broadcast */
};

/* Inside 2000::/3, which is all that is given out. */
static const struct prefix6 special6[] = {
    {{0x20, 0x01}, 23},                   /* protocol assignments, Teredo */
    {{0x20, 0x01, 0x0d, 0xb8}, 32},       /* documentation */
    {{0x20, 0x02}, 16},                   /* 6to4 */
    {{0x26, 0x20, 0x00, 0x4f, 0x80}, 48}, /* AS112 */
    {{0x3f, 0xff}, 20},                   /* documentation */
};

static const struct prefix6 given_out6 = {{0x20}, 3};
static const struct prefix6 nat64 = {{0x00, 0x64, 0xff, 0x9b}, 96};

static bool has_prefix(const uint8_t *address, const uint8_t *prefix, unsigned bits)
{
    size_t whole = bits / 8;
    uint8_t mask = (uint8_t)(0xff00u >> bits % 8);

    return memcmp(address, prefix, whole) == 0 &&
           (bits % 8 == 0 || ((address[whole] ^ prefix[whole]) & mask) == 0);
}

static bool is_public4(const uint8_t *bytes)
{
    for (size_t i = 0; i < sizeof special4 / sizeof special4[0]; i++)
        if (has_prefix(bytes, special4[i].bytes, special4[i].bits))
            return false;
    return true;
}

static bool is_public6(const uint8_t *bytes)
{
    if (has_prefix(bytes, nat64.bytes, nat64.bits))
        return is_public4(bytes + 12);
    if (!has_prefix(bytes, given_out6.bytes, given_out6.bits))
        return false;
    for (size_t i = 0; i < sizeof special6 / sizeof special6[0]; i++)
        if (has_prefix(bytes, special6[i].bytes, special6[i].bits))
            return false;
    return true;
}

bool client_address_is_public(const struct sockaddr *address)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    switch (address->sa_family) {
    case AF_INET:
        memcpy(&v4, address, sizeof v4);
        return is_public4((const uint8_t *)&v4.sin_addr);
    case AF_INET6:
        memcpy(&v6, address, sizeof v6);
        return is_public6(v6.sin6_addr.s6_addr);
    default:
        return false;
    }
}
