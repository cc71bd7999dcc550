#include "common/postgres/tx.h"

#include "common/base/must.h"
#include "common/postgres/connection.h"
#include "common/postgres/rows.h"
#include "common/postgres/transaction.h"

static const struct postgres_statement tx_begin = {
    .name = "BEGIN",
    .sql = "BEGIN",
    .once = true,
};
static const struct postgres_statement tx_begin_snapshot = {
    .name = "BEGIN",
    .sql = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    .once = true,
};

enum status tx_failed(struct postgres_tx *tx, struct error *error)
{
    return error_set_code(error, tx->failure.status, tx->failure.code, "%s", tx->failure.text);
}

enum status tx_fail(struct postgres_tx *tx, const struct error *seen, struct error *error)
{
    if (tx->failure.status == STATUS_OK)
        tx->failure = *seen;
    return tx_failed(tx, error);
}

enum status tx_queue_begin(struct postgres_tx *tx, struct error *error)
{
    if (tx->begun)
        return STATUS_OK;
    tx->begun = true;
    return pipeline_queue(tx->db, PENDING_POSTED, tx->snapshot ? &tx_begin_snapshot : &tx_begin,
                          NULL, error);
}

enum status tx_queue(struct postgres_tx *tx, enum pending_kind kind,
                     const struct postgres_statement *statement,
                     const struct postgres_value *values, struct error *error)
{
    struct error seen = {0};
    enum status status;

    MUST(tx->open);
    if (tx->failure.status != STATUS_OK)
        return tx_failed(tx, error);
    status = tx_queue_begin(tx, &seen);
    if (status == STATUS_OK)
        status = pipeline_queue(tx->db, kind, statement, values, &seen);
    return status == STATUS_OK ? STATUS_OK : tx_fail(tx, &seen, error);
}

static enum status tx_answer(struct postgres_tx *tx, PGresult **ret_result, struct error *error)
{
    struct error seen = {0};
    enum status status;

    if (tx->failure.status != STATUS_OK)
        return tx_failed(tx, error);
    status = pipeline_receive(tx->db, postgres_statement_deadline(tx->db), ret_result, &seen);
    return status == STATUS_OK ? STATUS_OK : tx_fail(tx, &seen, error);
}

enum status postgres_tx_post(struct postgres_tx *tx, const struct postgres_statement *statement,
                             const struct postgres_value *values, struct error *error)
{
    return tx_queue(tx, PENDING_POSTED, statement, values, error);
}

enum status postgres_tx_send(struct postgres_tx *tx, const struct postgres_statement *statement,
                             const struct postgres_value *values, struct error *error)
{
    return tx_queue(tx, PENDING_WANTED, statement, values, error);
}

enum status postgres_tx_receive(struct postgres_tx *tx, struct postgres_result **ret_result,
                                struct error *error)
{
    PGresult *result = NULL;
    enum status status;

    MUST(tx->open);
    MUST(tx->failure.status != STATUS_OK || tx->db->pipeline.wanted > 0);
    status = tx_answer(tx, &result, error);
    postgres_result_give(status, result, ret_result);
    return status;
}

enum status postgres_tx_run(struct postgres_tx *tx, const struct postgres_statement *statement,
                            const struct postgres_value *values,
                            struct postgres_result **ret_result, struct error *error)
{
    enum status status;

    MUST(tx->db->pipeline.wanted == 0);
    status = postgres_tx_send(tx, statement, values, error);
    return status == STATUS_OK ? postgres_tx_receive(tx, ret_result, error) : status;
}
