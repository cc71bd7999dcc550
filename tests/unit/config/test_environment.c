/* Which variables of the environment are settings, and which Kubernetes makes (service links). */
#include "common/config/entries.h"
#include "common/config/sources.h"
#include "tests/support/suite/suite.h"

#include <stdio.h>

struct gateway {
    const char *address;
    const char *admin_port;
};

static const struct setting table[] = {
    {.name = "address", SETTING_AT(TEXT, struct gateway, address), .help = "where"},
    {.name = "admin_port", SETTING_AT(TEXT, struct gateway, admin_port), .help = "where too"},
};

/* Reads that one variable; *ret_value is what the setting `name` got, NULL without one. */
static enum status read_one(const char *variable, const char *name, const char **ret_value)
{
    static char kept[128];
    struct gateway gateway = {0};
    const struct config_section section = {"gateway", table, 2, &gateway};
    const struct config_program program = {
        .name = "test", .summary = "tests", .version = "1", .sections = &section, .count = 1};
    char text[128], *environment[] = {text, NULL};
    struct config_entries entries;
    struct error error = {0};
    enum status status;
    bool twin;

    snprintf(text, sizeof text, "%s", variable);
    config_entries_init(&entries, &program);
    status = config_read_environment(&program, &entries, environment, &error);
    *ret_value = config_entries_find(&entries, name, &twin)->given;
    if (*ret_value != NULL) {
        snprintf(kept, sizeof kept, "%s", *ret_value);
        *ret_value = kept;
    }
    config_entries_done(&entries);
    return status;
}

START_TEST(links_are_passed_over)
{
    static const char *const links[] = {
        "TRIBUTARY_PORT=tcp://10.0.0.1:80",
        "TRIBUTARY_PORT_80_TCP=tcp://10.0.0.1:80",
        "TRIBUTARY_PORT_80_TCP_ADDR=10.0.0.1",
        "TRIBUTARY_SERVICE_HOST=10.0.0.1",
        "TRIBUTARY_SERVICE_PORT=80",
        "TRIBUTARY_GATEWAY_PORT=tcp://10.0.0.1:80",
        "TRIBUTARY_GATEWAY_ADMIN_PORT=sctp://10.0.0.1:80",
        "TRIBUTARY_GATEWAY_PORT_53_UDP=udp://10.0.0.1:53",
        "TRIBUTARY_GATEWAY_PORT_53_UDP_PROTO=udp",
        "TRIBUTARY_GATEWAY_PORT_53_UDP_ADDR=10.0.0.1",
        "TRIBUTARY_GATEWAY_PORT_53_UDP_PORT=53",
        "TRIBUTARY_GATEWAY_SERVICE_HOST=10.0.0.1",
        "TRIBUTARY_GATEWAY_SERVICE_PORT=80",
        "TRIBUTARY_GATEWAY_SERVICE_PORT_HTTP=80",
    };
    const char *value;

    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++) {
        ck_assert_msg(read_one(links[i], "gateway_admin_port", &value) == STATUS_OK, "%s",
                      links[i]);
        ck_assert_ptr_null(value);
    }
}
END_TEST

START_TEST(what_looks_like_a_link_is_a_setting)
{
    const char *value;

    ck_assert_int_eq(
        read_one("TRIBUTARY_GATEWAY_ADDRESS=tcp://10.0.0.5:6379", "gateway_address", &value),
        STATUS_OK);
    ck_assert_str_eq(value, "tcp://10.0.0.5:6379");
    ck_assert_int_eq(read_one("TRIBUTARY_GATEWAY_ADMIN_PORT=80", "gateway_admin_port", &value),
                     STATUS_OK);
    ck_assert_str_eq(value, "80");
}
END_TEST

START_TEST(other_names_are_mistakes)
{
    static const char *const mistakes[] = {
        "TRIBUTARY_GATEWAY_ADRESS=tcp://10.0.0.1:80",
        "TRIBUTARY_GATEWAY_PORT=80",
        "TRIBUTARY_GATEWAY_PORT_80=tcp://10.0.0.1:80",
        "TRIBUTARY_GATEWAY_PORT_X_TCP=tcp://10.0.0.1:80",
        "TRIBUTARY_GATEWAY_PORT_80_TCP=80",
        "TRIBUTARY_GATEWAY_PORT_80_TCP_MODE=tcp://10.0.0.1:80",
        "TRIBUTARY_GATEWAY_SUPPORT_80_TCP=tcp://10.0.0.1:80",
        "TRIBUTARY_GATEWAY_PORT_NAME_ADDR=10.0.0.1",
    };
    const char *value;

    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++)
        ck_assert_msg(read_one(mistakes[i], "gateway_address", &value) == STATUS_REJECT, "%s",
                      mistakes[i]);
}
END_TEST

SUITE_MAIN("config/environment", links_are_passed_over, what_looks_like_a_link_is_a_setting,
           other_names_are_mistakes);
