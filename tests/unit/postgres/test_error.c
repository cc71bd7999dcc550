/* common/postgres: which SQLSTATE is whose business. */
#include "common/postgres/error.h"
#include "tests/support/suite/suite.h"

static void assert_class(enum status status, const char *const *codes)
{
    for (; *codes != NULL; codes++)
        ck_assert_msg(postgres_error_class(*codes) == status, "%s is not %s", *codes,
                      status_name(status));
}

START_TEST(what_may_work_later)
{
    static const char *const codes[] = {"08006", "08P01", "40001", "40P01", "53100", "53300",
                                        "55P03", "57014", "57P01", "57P03", "58030", "25006",
                                        "25P03", "25P04", "",      NULL};

    assert_class(STATUS_RETRY, codes);
    ck_assert_int_eq(postgres_error_class(NULL), STATUS_RETRY);
}
END_TEST

START_TEST(what_is_the_records_fault)
{
    static const char *const codes[] = {"22003", "22021", "22P02", "23514", NULL};

    assert_class(STATUS_REJECT, codes);
}
END_TEST

START_TEST(what_ends_the_process)
{
    static const char *const codes[] = {"42601", "42P01", "42501", "21000", "23505", "23502",
                                        "23503", "25P02", "25001", "28P01", "3D000", "26000",
                                        "0A000", "XX000", "P0001", "TR002", "54000", NULL};

    assert_class(STATUS_FATAL, codes);
}
END_TEST

START_TEST(who_lost_the_partition)
{
    ck_assert_int_eq(postgres_error_class("TR001"), STATUS_LOST);
}
END_TEST

SUITE_MAIN("postgres", what_may_work_later, what_is_the_records_fault, what_ends_the_process,
           who_lost_the_partition);
