/* Descriptors for clients, and those that are kept from them. */
#include "producers/gateway/descriptors.h"
#include "tests/support/suite/suite.h"

#include <sys/resource.h>

START_TEST(some_are_kept_for_the_rest)
{
    ck_assert_int_eq(descriptors_connections(1048576, 1, 4096), 4096);
    ck_assert_int_eq(descriptors_connections(1048576, 64, 4096), 4096);
    ck_assert_int_eq(descriptors_connections(1024, 1, 4096), 1024 - 128 - 64);
    ck_assert_int_eq(descriptors_connections(1024, 4, 4096), (1024 - 128) / 4 - 64);
    ck_assert_int_eq(descriptors_connections(1024, 4, 10), 10);
    ck_assert_int_eq(descriptors_connections(64, 4, 4096), 1);
    ck_assert_int_eq(descriptors_connections(0, 1, 1), 1);
}
END_TEST

START_TEST(the_soft_limit_is_raised)
{
    struct rlimit limit;

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_max = limit.rlim_max > 2000 ? 2000 : limit.rlim_max;
    limit.rlim_cur = 200;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    ck_assert_int_eq(descriptors_raise(), (int64_t)limit.rlim_max);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    ck_assert_uint_eq(limit.rlim_cur, limit.rlim_max);
}
END_TEST

SUITE_MAIN("gateway/descriptors", some_are_kept_for_the_rest, the_soft_limit_is_raised);
