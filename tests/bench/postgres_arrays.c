/* What a batch costs the client: nine typed arrays of 1,000 rows each, unnested into a table.
 *
 *     ninja bench-postgres-arrays && bin/bench-postgres-arrays
 *
 * Prints CPU time of this process per row, median of the rounds: building the arrays alone, the
 * whole statement (libpq and the kernel's sending included), the same by COPY; and the wall time,
 * which is the server's. The variants alternate within a round. */
#include "common/base/clock.h"
#include "common/base/must.h"
#include "common/postgres/array.h"
#include "common/postgres/copy.h"
#include "common/postgres/postgres.h"
#include "tests/support/database/database.h"

#include <stdio.h>
#include <time.h>

enum { COLUMNS = 9, ROWS = 1000, BATCHES = 40, ROUNDS = 9, ARRAY_LIMIT = 1 << 20 };

static const char table[] =
    "CREATE SCHEMA tributary;"
    "CREATE UNLOGGED TABLE tributary.ledger (user_key int8, id_hash int8, id text, amount int8,"
    " currency int2, category int4, occurred timestamptz, day date, merchant text)";

static const struct postgres_statement insert = {
    .name = "ledger_insert",
    .sql = "INSERT INTO ledger SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    .types = {POSTGRES_INT8_ARRAY, POSTGRES_INT8_ARRAY, POSTGRES_TEXT_ARRAY, POSTGRES_INT8_ARRAY,
              POSTGRES_INT2_ARRAY, POSTGRES_INT4_ARRAY, POSTGRES_TIMESTAMPTZ_ARRAY,
              POSTGRES_DATE_ARRAY, POSTGRES_TEXT_ARRAY},
};
static const struct postgres_statement truncate = {.name = "truncate", .sql = "TRUNCATE ledger"};

static const struct slice id = SLICE_LITERAL("018f2b6a-7c1d-7e9a-b3c4-0123456789ab");
static const struct slice merchant = SLICE_LITERAL("CORNER COFFEE ROASTERS");

enum measure { ENCODE, WHOLE, WHOLE_WALL, COPY, COPY_WALL, MEASURES };

static const char *const names[MEASURES] = {
    "build the arrays", "unnest, client CPU", "unnest, wall", "COPY, client CPU", "COPY, wall",
};

static int64_t cpu_ns(void)
{
    struct timespec time;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static void build(struct postgres_array *arrays)
{
    postgres_arrays_reset(arrays, COLUMNS);
    for (int i = 0; i < ROWS; i++) {
        postgres_array_append_int8(&arrays[0], 1000 + i % 300);
        postgres_array_append_int8(&arrays[1], INT64_C(0x1e3779b97f4a7) * i);
        postgres_array_append_text(&arrays[2], id);
        postgres_array_append_int8(&arrays[3], -1250 - i);
        postgres_array_append_int2(&arrays[4], 978);
        postgres_array_append_int4(&arrays[5], i % 40);
        postgres_array_append_timestamptz(&arrays[6], INT64_C(1700000000000000) + i);
        postgres_array_append_date(&arrays[7], 19675);
        postgres_array_append_text(&arrays[8], merchant);
    }
}

static void run_unnest(struct postgres *db, struct postgres_array *arrays)
{
    OWNED(postgres_result) result = NULL;
    struct postgres_value values[COLUMNS];
    struct error error = {0};

    build(arrays);
    postgres_arrays_values(arrays, COLUMNS, values);
    MUST(postgres_run(db, &insert, values, &result, &error) == STATUS_OK);
    MUST(postgres_result_affected(result) == ROWS);
}

static void run_copy(struct postgres *db)
{
    struct postgres_copy copy;
    struct error error = {0};
    int64_t rows;

    MUST(postgres_copy_begin(&copy, db, "COPY ledger FROM STDIN (FORMAT binary)", &error) ==
         STATUS_OK);
    for (int i = 0; i < ROWS; i++) {
        const struct postgres_value values[] = {
            postgres_int8(1000 + i % 300),
            postgres_int8(INT64_C(0x1e3779b97f4a7) * i),
            postgres_text(id),
            postgres_int8(-1250 - i),
            postgres_int2(978),
            postgres_int4(i % 40),
            postgres_timestamptz(INT64_C(1700000000000000) + i),
            postgres_date(19675),
            postgres_text(merchant),
        };

        MUST(postgres_copy_row(&copy, values, COLUMNS, &error) == STATUS_OK);
    }
    MUST(postgres_copy_end(&copy, &rows, &error) == STATUS_OK && rows == ROWS);
    postgres_copy_done(&copy);
}

static void run_round(struct postgres *db, struct postgres_array *arrays, double *ret_ns)
{
    const double rows = (double)ROWS * BATCHES;
    int64_t cpu[4], wall_us[4];
    struct error error = {0};

    MUST(postgres_run(db, &truncate, NULL, NULL, &error) == STATUS_OK);
    cpu[0] = cpu_ns();
    for (int i = 0; i < BATCHES; i++)
        build(arrays);
    cpu[1] = cpu_ns();
    wall_us[1] = clock_steady_us();
    for (int i = 0; i < BATCHES; i++)
        run_unnest(db, arrays);
    cpu[2] = cpu_ns();
    wall_us[2] = clock_steady_us();
    for (int i = 0; i < BATCHES; i++)
        run_copy(db);
    cpu[3] = cpu_ns();
    wall_us[3] = clock_steady_us();
    ret_ns[ENCODE] = (double)(cpu[1] - cpu[0]) / rows;
    ret_ns[WHOLE] = (double)(cpu[2] - cpu[1]) / rows;
    ret_ns[WHOLE_WALL] = (double)(wall_us[2] - wall_us[1]) * 1000 / rows;
    ret_ns[COPY] = (double)(cpu[3] - cpu[2]) / rows;
    ret_ns[COPY_WALL] = (double)(wall_us[3] - wall_us[2]) * 1000 / rows;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void print(double (*rounds)[MEASURES])
{
    for (int measure = 0; measure < MEASURES; measure++) {
        double column[ROUNDS];

        for (int i = 0; i < ROUNDS; i++)
            column[i] = rounds[i][measure];
        qsort(column, ROUNDS, sizeof column[0], compare);
        printf("%-20s %7.0f ns/row (%.0f-%.0f)\n", names[measure], column[ROUNDS / 2], column[0],
               column[ROUNDS - 1]);
    }
}

int main(void)
{
    OWNED(database) server = database_shared();
    OWNED(postgres) db = NULL;
    const char *uri = database_create(server);
    const struct postgres_settings settings = {
        .uri = database_uri_at(server, uri, database_port(server)),
        .schema = "tributary",
        .connect_timeout_ms = 5000,
        .statement_timeout_ms = 10000,
        .lock_timeout_ms = 10000,
        .idle_in_transaction_timeout_ms = 10000,
        .tcp_user_timeout_ms = 4000,
    };
    struct postgres_array arrays[COLUMNS];
    double rounds[ROUNDS][MEASURES];
    struct error error = {0};

    database_execute(uri, table);
    MUST(postgres_new(&settings, "bench", &db, &error) == STATUS_OK);
    postgres_arrays_init(arrays, &insert, ARRAY_LIMIT);
    run_round(db, arrays, rounds[0]); /* warm */
    for (int i = 0; i < ROUNDS; i++)
        run_round(db, arrays, rounds[i]);
    print(rounds);
    postgres_arrays_done(arrays, COLUMNS);
    return 0;
}
