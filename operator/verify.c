/* `tributary verify`: do the books, the tables and the logs say the same? The database is read in
 * one snapshot, then the logs up to where it stands, so a running fleet does not disturb. */
#include "operator/verify.h"

#include "common/base/must.h"
#include "common/kafka/admin.h"
#include "common/postgres/commit.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    ADMIN_CALL_MS = 10000,
    STATEMENT_MS = 3600000, /* sums over the whole ledger take their time */
    IDLE_MS = 600000,       /* while a broker is asked where the logs end */
    REPORT_BYTES = 16 << 20,
    CHECKS_MAX = 64,
};

static const struct verify_subject *const subjects[] = {&verify_books, &verify_analytics,
                                                        &verify_learner, &verify_logs};
enum { SUBJECTS = sizeof subjects / sizeof subjects[0] };

static enum status read_all(struct verify *verify, struct error *error)
{
    const struct kafka_admin_options options = {.settings = verify->context->kafka,
                                                .client_id = "tributary-verify",
                                                .timeout_ms = ADMIN_CALL_MS};
    OWNED(kafka_admin) admin = NULL;
    enum status status = standing_read_rows(&verify->standing, verify->tx, error);

    if (status != STATUS_OK || (status = kafka_admin_new(&options, &admin, error)) != STATUS_OK)
        return status;
    verify->readings = must_alloc((verify->standing.row_count + 1) * sizeof *verify->readings);
    return standing_read_logs(&verify->standing, admin, error);
}

/* ---- The checks ---- */

static enum status run_sql(struct verify *verify, const struct postgres_statement *statement,
                           struct report_result *result, struct error *error)
{
    OWNED(postgres_result) rows = NULL;
    enum status status = postgres_tx_run(verify->tx, statement, NULL, &rows, error);
    int64_t all = 0;
    size_t told;

    if (status != STATUS_OK)
        return status;
    told = postgres_result_rows(rows);
    for (size_t i = 0; i < told; i++) {
        struct slice line = postgres_result_text(rows, i, 1);

        all = postgres_result_int8(rows, i, 0);
        report_difference(result, "%.*s", SLICE_FORMAT(line));
    }
    report_count(result, all - (int64_t)told);
    return STATUS_OK;
}

static enum status run_check(struct verify *verify, const struct verify_check *check,
                             struct report_result *result, struct error *error)
{
    enum status status = STATUS_OK;

    if (check->run != NULL)
        return check->run(verify, result, error);
    for (size_t i = 0; status == STATUS_OK && i < sizeof check->sql / sizeof check->sql[0]; i++)
        if (check->sql[i].sql != NULL)
            status = run_sql(verify, &check->sql[i], result, error);
    return status;
}

/* A snapshot that lasts keeps Postgres from cleaning up behind the fleet. */
static void end_snapshot(struct verify *verify)
{
    postgres_tx_rollback(verify->tx);
    verify->tx = NULL;
}

static enum status run_checks(struct verify *verify, struct report_result *results,
                              size_t *ret_count, struct error *error)
{
    enum status status = STATUS_OK;

    *ret_count = 0;
    for (size_t s = 0; status == STATUS_OK && s < SUBJECTS; s++) {
        if (subjects[s]->reads_logs)
            end_snapshot(verify);
        for (size_t c = 0; status == STATUS_OK && c < subjects[s]->count; c++) {
            const struct verify_check *check = &subjects[s]->checks[c];
            struct report_result *result;

            MUST(*ret_count < CHECKS_MAX);
            result = &results[(*ret_count)++];
            result->name = check->name;
            result->help = check->help;
            status = run_check(verify, check, result, error);
        }
    }
    return status;
}

/* ---- The report ---- */

static void write_row(const struct standing_row *row, const struct verify_reading *reading,
                      struct json_writer *out)
{
    const struct {
        const char *key;
        int64_t value;
    } numbers[] = {{"partition", row->partition},
                   {"base", row->base},
                   {"position", row->position},
                   {"applied", row->applied},
                   {"duplicate", row->duplicate},
                   {"rejected", row->rejected},
                   {"gap", row->gap},
                   {"checked_from", reading->from},
                   {"unaccounted", standing_unaccounted(row)}};

    json_write_object_begin(out);
    json_write_key(out, "group");
    json_write_text(out, row->group);
    json_write_key(out, "topic");
    json_write_text(out, row->topic);
    json_write_key(out, "source");
    json_write_text(out, standing_source(row));
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        json_write_key(out, numbers[i].key);
        json_write_integer(out, numbers[i].value);
    }
    json_write_object_end(out);
}

static void write_json(const struct verify *verify, const struct report_result *results,
                       size_t count, struct buffer *out)
{
    struct json_writer writer;

    json_writer_init(&writer, out);
    json_write_object_begin(&writer);
    json_write_key(&writer, "ok");
    json_write_boolean(&writer, report_ok(results, count));
    json_write_key(&writer, "rows");
    json_write_array_begin(&writer);
    for (size_t i = 0; i < verify->standing.row_count; i++)
        write_row(&verify->standing.rows[i], &verify->readings[i], &writer);
    json_write_array_end(&writer);
    json_write_key(&writer, "checks");
    report_write(results, count, &writer);
    json_write_object_end(&writer);
    buffer_append_byte(out, '\n');
}

static int print_report(const struct verify *verify, const struct report_result *results,
                        size_t count)
{
    bool ok = report_ok(results, count);
    struct buffer out;

    buffer_init(&out, REPORT_BYTES);
    if (verify->context->options->json)
        write_json(verify, results, count, &out);
    else
        report_print(results, count, &out);
    fwrite(out.data, 1, out.size, stdout);
    buffer_done(&out);
    if (!verify->context->options->json)
        printf("%s\n", ok ? "Everything adds up." : "There are differences.");
    return ok ? COMMAND_OK : COMMAND_FOUND;
}

static int verify_in(struct verify *verify, struct error *error)
{
    struct report_result *results = must_alloc(CHECKS_MAX * sizeof *results);
    size_t count = 0;
    int code;

    if (read_all(verify, error) != STATUS_OK ||
        run_checks(verify, results, &count, error) != STATUS_OK)
        code = command_failed(error);
    else
        code = print_report(verify, results, count);
    report_done(results, count);
    free(results);
    return code;
}

static int run_verify(const struct command_context *context, struct error *error)
{
    struct postgres_settings settings = *context->postgres;
    struct verify verify = {.context = context};
    OWNED(postgres) db = NULL;
    int code;

    settings.statement_timeout_ms = STATEMENT_MS;
    settings.idle_in_transaction_timeout_ms = IDLE_MS;
    if (postgres_new(&settings, "tributary-verify", &db, error) != STATUS_OK ||
        postgres_tx_begin_snapshot(db, &verify.tx, error) != STATUS_OK)
        return command_failed(error);
    verify.db = db;
    code = verify_in(&verify, error);
    end_snapshot(&verify);
    standing_done(&verify.standing);
    free(verify.readings);
    return code;
}

const struct command command_verify = {
    .words = "verify",
    .help = "checks books, tables and logs against each other",
    .more = "Reads the database in one snapshot, then the logs up to where it stands; changes\n"
            "nothing, and may run beside the fleet. Prints each difference and exits with 1 if\n"
            "there is any. What lies below the logs' retention is not checkable, and said so.",
    .example = "tributary verify --json",
    .options = "json deep",
    .sections = COMMAND_KAFKA | COMMAND_POSTGRES,
    .run = run_verify,
};
