/* What the tests of common/postgres share: a database of one's own and connections to it. */
#ifndef TRIBUTARY_TESTS_INTEGRATION_POSTGRES_FIXTURE_H
#define TRIBUTARY_TESTS_INTEGRATION_POSTGRES_FIXTURE_H

#include "common/base/clock.h"
#include "common/base/must.h"
#include "common/postgres/array.h"
#include "common/postgres/commit.h"
#include "common/postgres/postgres.h"
#include "tests/support/database/database.h"
#include "tests/support/suite/suite.h"

#include <stdio.h>
#include <string.h>

/* `error` of the caller's scope says what went wrong, and is empty afterwards. */
#define ASSERT_STATUS(wanted, call)                                                                \
    do {                                                                                           \
        enum status got_ = (call);                                                                 \
                                                                                                   \
        ck_assert_msg(got_ == (wanted), "%s: %s instead of %s: [%s] %s", #call, status_name(got_), \
                      status_name(wanted), error.code, error.text);                                \
        ck_assert_int_eq(error.status, got_);                                                      \
        last = error;                                                                              \
        error_clear(&error);                                                                       \
    } while (0)

#define ASSERT_OK(call) ASSERT_STATUS(STATUS_OK, call)

/* At the top of a test: what ASSERT_STATUS works on. */
#define ERRORS                                                                                     \
    struct error error = {0}, last = {0};                                                          \
    (void)last

static inline struct postgres_settings fixture_settings(const char *uri)
{
    return (struct postgres_settings){
        .uri = uri,
        .schema = "tributary",
        .connect_timeout_ms = 5000,
        .statement_timeout_ms = 10000,
        .lock_timeout_ms = 10000,
        .idle_in_transaction_timeout_ms = 10000,
        .tcp_user_timeout_ms = 4000,
    };
}

/* One whose statements may take this long, and whose waits for locks half of it. */
static inline struct postgres *fixture_connect_within(const char *uri, int64_t timeout_ms)
{
    struct postgres_settings settings = fixture_settings(uri);
    struct postgres *db = NULL;
    struct error error = {0};

    settings.statement_timeout_ms = timeout_ms;
    settings.lock_timeout_ms = timeout_ms / 2;
    MUST(postgres_new(&settings, "test", &db, &error) == STATUS_OK);
    return db;
}

static inline struct postgres *fixture_connect(const char *uri)
{
    return fixture_connect_within(uri, 10000);
}

/* A new database with the schema and whatever else the text makes. */
static inline const char *fixture_database(struct database *server, const char *sql)
{
    const char *uri = database_create(server);

    database_execute(uri, "CREATE SCHEMA tributary");
    database_execute(uri, sql);
    return uri;
}

/* The first column of the first row, an int8. */
static inline int64_t fixture_number(struct postgres *db,
                                     const struct postgres_statement *statement)
{
    OWNED(postgres_result) result = NULL;
    struct error error = {0};
    enum status status = postgres_run(db, statement, NULL, &result, &error);

    ck_assert_msg(status == STATUS_OK, "%s", error.text);
    return postgres_result_int8(result, 0, 0);
}

#endif
