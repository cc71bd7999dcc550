#include "consumers/analytics/budget.h"

#include "common/base/must.h"
#include "common/base/timestamp.h"
#include "common/event/currency.h"
#include "common/event/money.h"

#include <inttypes.h>
#include <stdio.h>

enum { COLUMN_BYTES = 32 * 1024 * 1024, SUBJECT_BYTES = 96, MONTH_SIZE = sizeof "YYYY-MM" };

#define KIND               "budget.crossed"
#define MICROSECONDS_A_DAY INT64_C(86400000000)

/* A budget of category 0 takes all categories together: as a range of keys, which the index knows.
 */
static const struct postgres_statement crossed_statement = {
    .name = "budgets_crossed",
    .sql = "WITH touched AS ("
           " SELECT budgets.*, month, sum(minor)::int8 AS minor"
           " FROM unnest($1, $2, $3, $4, $5)"
           "  AS changed (user_key, month, category_key, currency, minor)"
           " JOIN budgets ON budgets.user_key = changed.user_key"
           "  AND budgets.currency = changed.currency"
           "  AND budgets.category_key IN (0, changed.category_key)"
           " GROUP BY budgets.user_key, budgets.category_key, budgets.currency, month"
           " HAVING sum(minor) > 0)"
           " SELECT tenant_key, touched.user_key, tenant, user_id, touched.category_key,"
           "  coalesce(category, ''), month, currency, limit_minor, total.minor"
           " FROM touched CROSS JOIN LATERAL (SELECT sum(sum_minor)::int8 AS minor FROM month_sums"
           "  WHERE user_key = touched.user_key AND month = touched.month"
           "   AND category_key BETWEEN touched.category_key"
           "    AND CASE touched.category_key WHEN 0 THEN 2147483647 ELSE touched.category_key END"
           "   AND currency = touched.currency) AS total"
           " JOIN users USING (user_key) JOIN tenants USING (tenant_key)"
           " LEFT JOIN categories USING (tenant_key, category_key)"
           " WHERE total.minor >= limit_minor AND total.minor - touched.minor < limit_minor",
    .types = {POSTGRES_INT8_ARRAY, POSTGRES_DATE_ARRAY, POSTGRES_INT4_ARRAY, POSTGRES_TEXT_ARRAY,
              POSTGRES_INT8_ARRAY},
};

enum {
    CROSSED_TENANT_KEY,
    CROSSED_USER_KEY,
    CROSSED_TENANT,
    CROSSED_USER,
    CROSSED_CATEGORY_KEY,
    CROSSED_CATEGORY,
    CROSSED_MONTH,
    CROSSED_CURRENCY,
    CROSSED_LIMIT,
    CROSSED_SUM,
};

void budget_init(struct budget *budget)
{
    postgres_arrays_init(budget->changes, &crossed_statement, COLUMN_BYTES);
    outbox_init(&budget->outbox);
}

void budget_done(struct budget *budget)
{
    postgres_arrays_done(budget->changes, BUDGET_COLUMNS);
    outbox_done(&budget->outbox);
}

static enum status find_crossed(struct budget *budget, struct postgres_tx *tx,
                                const struct sums *months, struct postgres_result **ret_rows,
                                struct error *error)
{
    struct postgres_value values[BUDGET_COLUMNS];

    postgres_arrays_reset(budget->changes, BUDGET_COLUMNS);
    for (size_t i = 0; i < months->count; i++) {
        const struct sum *sum = &months->items[i];

        postgres_array_append_int8(&budget->changes[0], sum->owner);
        postgres_array_append_date(
            &budget->changes[1], timestamp_days_of_date(sum->period / 12, sum->period % 12 + 1, 1));
        postgres_array_append_int4(&budget->changes[2], sum->category);
        postgres_array_append_text(&budget->changes[3], slice_of(sum->currency));
        postgres_array_append_int8(&budget->changes[4], sum->minor);
    }
    postgres_arrays_values(budget->changes, BUDGET_COLUMNS, values);
    return postgres_tx_run(tx, &crossed_statement, values, ret_rows, error);
}

/* ---- Words ---- */

static void write_text(struct json_writer *writer, const char *key, struct slice text)
{
    json_write_key(writer, key);
    json_write_string(writer, text);
}

static void write_money(struct json_writer *writer, const char *key, int64_t minor,
                        struct slice currency)
{
    char text[EVENT_MONEY_TEXT_SIZE];
    int exponent = 0;

    if (!event_currency_exponent(currency, &exponent))
        exponent = 0;
    write_text(writer, key, event_money_format(minor, exponent, text));
}

static void month_of(const struct postgres_result *rows, size_t row, char *month)
{
    char date[TIMESTAMP_TEXT_SIZE];

    timestamp_format(postgres_result_date(rows, row, CROSSED_MONTH) * MICROSECONDS_A_DAY, date);
    snprintf(month, MONTH_SIZE, "%.*s", MONTH_SIZE - 1, date);
}

static void write_payload(const struct postgres_result *rows, size_t row, int64_t wall_us,
                          struct buffer *out)
{
    struct slice currency = postgres_result_text(rows, row, CROSSED_CURRENCY);
    char month[MONTH_SIZE];
    struct json_writer writer;

    month_of(rows, row, month);
    outbox_payload_begin(&writer, out, KIND, wall_us);
    write_text(&writer, "tenant", postgres_result_text(rows, row, CROSSED_TENANT));
    write_text(&writer, "user", postgres_result_text(rows, row, CROSSED_USER));
    write_text(&writer, "month", slice_of(month));
    /* Without one it is the budget of all categories together. */
    if (postgres_result_int4(rows, row, CROSSED_CATEGORY_KEY) != 0)
        write_text(&writer, "category", postgres_result_text(rows, row, CROSSED_CATEGORY));
    write_text(&writer, "currency", currency);
    write_money(&writer, "limit", postgres_result_int8(rows, row, CROSSED_LIMIT), currency);
    write_money(&writer, "sum", postgres_result_int8(rows, row, CROSSED_SUM), currency);
    outbox_payload_end(&writer);
}

static struct slice subject_of(const struct postgres_result *rows, size_t row, struct arena *arena)
{
    char text[SUBJECT_BYTES], month[MONTH_SIZE];
    int size;

    month_of(rows, row, month);
    size = snprintf(text, sizeof text, "%s/%" PRId32 "/%.*s/%" PRId64, month,
                    postgres_result_int4(rows, row, CROSSED_CATEGORY_KEY),
                    SLICE_FORMAT(postgres_result_text(rows, row, CROSSED_CURRENCY)),
                    postgres_result_int8(rows, row, CROSSED_LIMIT));
    MUST(size > 0 && size < SUBJECT_BYTES);
    return arena_copy(arena, (struct slice){text, (size_t)size});
}

static bool make_items(struct outbox_item *items, const struct postgres_result *rows,
                       struct arena *arena, int64_t wall_us)
{
    struct buffer payload;
    bool fits = items != NULL;

    buffer_init(&payload, OUTBOX_PAYLOAD_BYTES);
    for (size_t row = 0; row < postgres_result_rows(rows) && fits; row++) {
        buffer_reset(&payload);
        write_payload(rows, row, wall_us, &payload);
        items[row] =
            (struct outbox_item){.tenant_key = postgres_result_int4(rows, row, CROSSED_TENANT_KEY),
                                 .user_key = postgres_result_int8(rows, row, CROSSED_USER_KEY),
                                 .kind = KIND,
                                 .subject = subject_of(rows, row, arena),
                                 .payload = arena_copy(arena, buffer_slice(&payload))};
        fits = items[row].subject.data != NULL && items[row].payload.data != NULL;
    }
    buffer_done(&payload);
    return fits;
}

enum status budget_tell(struct budget *budget, struct postgres_tx *tx, const struct sums *months,
                        struct arena *arena, int64_t wall_us, struct error *error)
{
    OWNED(postgres_result) rows = NULL;
    struct outbox_item *items;
    enum status status = STATUS_OK;

    if (months->count > 0)
        status = find_crossed(budget, tx, months, &rows, error);
    if (status != STATUS_OK || rows == NULL || postgres_result_rows(rows) == 0)
        return status;
    items = arena_zalloc(arena, postgres_result_rows(rows), sizeof *items);
    if (!make_items(items, rows, arena, wall_us))
        return arena_no_room(error);
    return outbox_append(&budget->outbox, tx, items, postgres_result_rows(rows), arena, error);
}
