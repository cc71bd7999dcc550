/* `tributary summary`: what the installation holds, on one screen: events and the books, the
 * ledger, the largest sums, notifications. Sums of tenants only; nothing of it names a user. */
#include "common/base/must.h"
#include "common/json/json.h"
#include "common/kafka/admin.h"
#include "operator/command.h"
#include "operator/readers.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { ADMIN_CALL_MS = 10000, OUT_BYTES = 4 << 20 };

/* Where the logs end, added up over partitions. */
struct ends {
    int64_t transactions;
    int64_t feedback;
    int64_t committed; /* by the classifier */
};

struct summary {
    struct postgres *db;
    struct ends ends;
    struct buffer text;
    struct buffer json_text;
    struct json_writer json;
};

/* ---- Reading ---- */

static enum status read_end(struct kafka_admin *admin, const char *topic, size_t count,
                            int64_t *ret_end, struct error *error)
{
    struct kafka_watermarks *marks = must_alloc(count * sizeof *marks);
    enum status status = kafka_admin_watermarks(admin, topic, marks, count, error);

    for (size_t p = 0; status == STATUS_OK && p < count; p++)
        *ret_end += marks[p].high;
    free(marks);
    return status;
}

static enum status read_ends(const struct command_context *context, struct ends *ends,
                             struct error *error)
{
    const struct kafka_admin_options options = {
        .settings = context->kafka, .client_id = "tributary-summary", .timeout_ms = ADMIN_CALL_MS};
    size_t count = (size_t)context->topics->partitions;
    int64_t *committed = must_alloc(count * sizeof *committed);
    OWNED(kafka_admin) admin = NULL;
    enum status status = kafka_admin_new(&options, &admin, error);

    if (status == STATUS_OK)
        status = kafka_admin_committed(admin, GROUP_CLASSIFIER, TOPIC_TRANSACTIONS, committed,
                                       count, error);
    for (size_t p = 0; status == STATUS_OK && p < count; p++)
        ends->committed += committed[p] > 0 ? committed[p] : 0;
    if (status == STATUS_OK)
        status = read_end(admin, TOPIC_TRANSACTIONS, count, &ends->transactions, error);
    if (status == STATUS_OK)
        status = read_end(admin, TOPIC_FEEDBACK, count, &ends->feedback, error);
    free(committed);
    return status;
}

/* ---- The books ---- */

static const struct postgres_statement books_statement = {
    .name = "summary_books",
    .sql = "SELECT consumer_group, topic, bool_or(next_source IS NOT NULL), sum(base)::int8,"
           " sum(position)::int8, sum(applied)::int8, sum(duplicate)::int8, sum(rejected)::int8,"
           " sum(gap)::int8, sum(unaccounted)::int8"
           " FROM source_offsets GROUP BY 1, 2 ORDER BY 1, 2",
    .once = true,
};

struct books {
    struct slice group;
    struct slice topic;
    int64_t accepted, applied, duplicate, rejected, gap, in_flight, unaccounted;
};

static struct books books_of(const struct postgres_result *rows, size_t row,
                             const struct ends *ends)
{
    int64_t end = postgres_result_bool(rows, row, 2) ? ends->transactions : ends->feedback;

    return (struct books){.group = postgres_result_text(rows, row, 0),
                          .topic = postgres_result_text(rows, row, 1),
                          .accepted = end - postgres_result_int8(rows, row, 3),
                          .in_flight = end - postgres_result_int8(rows, row, 4),
                          .applied = postgres_result_int8(rows, row, 5),
                          .duplicate = postgres_result_int8(rows, row, 6),
                          .rejected = postgres_result_int8(rows, row, 7),
                          .gap = postgres_result_int8(rows, row, 8),
                          .unaccounted = postgres_result_int8(rows, row, 9)};
}

static void write_integer(struct json_writer *json, const char *name, int64_t value)
{
    json_write_key(json, name);
    json_write_integer(json, value);
}

static void write_books(struct json_writer *json, const struct books *books)
{
    json_write_object_begin(json);
    write_integer(json, "accepted", books->accepted);
    write_integer(json, "applied", books->applied);
    write_integer(json, "duplicate", books->duplicate);
    write_integer(json, "rejected", books->rejected);
    write_integer(json, "gap", books->gap);
    write_integer(json, "in_flight", books->in_flight);
    write_integer(json, "unaccounted", books->unaccounted);
    json_write_object_end(json);
}

static void say_books(struct buffer *text, const struct books *books)
{
    buffer_format(text,
                  "  %-10.*s %-16.*s %9" PRId64 " accepted  %9" PRId64 " applied  %6" PRId64
                  " duplicate  %4" PRId64 " rejected  %4" PRId64 " gap  %6" PRId64
                  " in flight  %" PRId64 " unaccounted\n",
                  SLICE_FORMAT(books->group), SLICE_FORMAT(books->topic), books->accepted,
                  books->applied, books->duplicate, books->rejected, books->gap, books->in_flight,
                  books->unaccounted);
}

/* Analytics' view of the transactions stands for the whole; then each group by topic. */
static void show_books(struct summary *summary, const struct postgres_result *rows)
{
    struct json_writer *json = &summary->json;
    struct slice group = {NULL, 0};

    for (size_t row = 0; row < postgres_result_rows(rows); row++) {
        struct books books = books_of(rows, row, &summary->ends);

        if (slice_equal(books.group, SLICE_LITERAL("analytics")) &&
            slice_equal(books.topic, SLICE_LITERAL(TOPIC_CLASSIFICATIONS))) {
            json_write_key(json, "events");
            write_books(json, &books);
        }
    }
    json_write_key(json, "groups");
    json_write_object_begin(json);
    json_write_key(json, GROUP_CLASSIFIER);
    json_write_object_begin(json);
    write_integer(json, "lag", summary->ends.transactions - summary->ends.committed);
    json_write_object_end(json);
    buffer_append_text(&summary->text, "the books\n");
    for (size_t row = 0; row < postgres_result_rows(rows); row++) {
        struct books books = books_of(rows, row, &summary->ends);

        if (!slice_equal(books.group, group)) {
            if (group.data != NULL)
                json_write_object_end(json);
            json_write_key_slice(json, books.group);
            json_write_object_begin(json);
            group = books.group;
        }
        json_write_key_slice(json, books.topic);
        write_books(json, &books);
        say_books(&summary->text, &books);
    }
    if (group.data != NULL)
        json_write_object_end(json);
    json_write_object_end(json);
}

static enum status add_books(struct summary *summary, struct error *error)
{
    OWNED(postgres_result) rows = NULL;
    enum status status = postgres_run(summary->db, &books_statement, NULL, &rows, error);

    if (status == STATUS_OK)
        show_books(summary, rows);
    return status;
}

/* ---- Lists: each a statement of text columns with a number ---- */

/* A list of what a statement gives: names (text), then two numbers (int8). */
struct list {
    const char *title;
    const char *key; /* in JSON: an array of objects */
    const char *names[3];
    const char *numbers[2];
    struct postgres_statement statement;
};

static const struct list lists[] = {
    {.title = "the ledger",
     .key = "sums",
     .names = {"currency"},
     .numbers = {"rows", "sum_minor"},
     .statement = {.name = "summary_ledger",
                   .sql = "SELECT currency, count(*)::int8, sum(amount_minor)::int8 FROM ledger"
                          " GROUP BY 1 ORDER BY 2 DESC",
                   .once = true}},
    {.title = "categories",
     .key = "categories",
     .names = {"category"},
     .numbers = {"events", "corrected"},
     .statement = {.name = "summary_categories",
                   .sql = "SELECT category, count(*)::int8,"
                          " count(*) FILTER (WHERE correction_offset >= 0)::int8"
                          " FROM ledger JOIN categories USING (category_key)"
                          " GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 12",
                   .once = true}},
    {.title = "the largest sums of a month",
     .key = "largest_sums",
     .names = {"month", "category", "currency"},
     .numbers = {"sum_minor", "events"},
     .statement = {.name = "summary_largest",
                   .sql = "SELECT to_char(month, 'YYYY-MM'), category, currency,"
                          " sum(sum_minor)::int8, sum(events)::int8"
                          " FROM month_sums JOIN categories USING (category_key)"
                          " GROUP BY 1, 2, 3 ORDER BY abs(sum(sum_minor)) DESC LIMIT 8",
                   .once = true}},
    {.title = "notifications",
     .key = "notifications",
     .names = {"kind", "state"},
     .numbers = {"count", "attempts"},
     .statement = {.name = "summary_notifications",
                   .sql = "SELECT kind, state, count(*)::int8, sum(attempts)::int8 FROM outbox"
                          " GROUP BY 1, 2 ORDER BY 1, 2",
                   .once = true}},
    {.title = "dead letters",
     .key = "dead_letters",
     .names = {"group", "reason"},
     .numbers = {"count", "bytes"},
     .statement = {.name = "summary_letters",
                   .sql = "SELECT consumer_group, reason, count(*)::int8, sum(value_bytes)::int8"
                          " FROM dead_letters GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 20",
                   .once = true}},
};

static size_t name_count(const struct list *list)
{
    size_t count = 0;

    while (count < 3 && list->names[count] != NULL)
        count++;
    return count;
}

static void show_row(struct summary *summary, const struct list *list,
                     const struct postgres_result *rows, size_t row)
{
    struct json_writer *json = &summary->json;
    int column = 0;

    json_write_object_begin(json);
    buffer_append_text(&summary->text, " ");
    for (size_t n = 0; n < name_count(list); n++, column++) {
        struct slice name = postgres_result_text(rows, row, column);

        json_write_key(json, list->names[n]);
        json_write_string(json, name);
        buffer_format(&summary->text, " %-18.*s", SLICE_FORMAT(name));
    }
    for (size_t n = 0; n < 2; n++, column++) {
        int64_t number = postgres_result_int8(rows, row, column);

        write_integer(json, list->numbers[n], number);
        buffer_format(&summary->text, " %14" PRId64 " %s", number, list->numbers[n]);
    }
    json_write_object_end(json);
    buffer_append_text(&summary->text, "\n");
}

static enum status add_list(struct summary *summary, const struct list *list, struct error *error)
{
    OWNED(postgres_result) rows = NULL;
    enum status status = postgres_run(summary->db, &list->statement, NULL, &rows, error);

    if (status != STATUS_OK)
        return status;
    buffer_format(&summary->text, "%s\n%s", list->title,
                  postgres_result_rows(rows) == 0 ? "  none\n" : "");
    json_write_key(&summary->json, list->key);
    json_write_array_begin(&summary->json);
    for (size_t row = 0; row < postgres_result_rows(rows); row++)
        show_row(summary, list, rows, row);
    json_write_array_end(&summary->json);
    return STATUS_OK;
}

static enum status summarise(struct summary *summary, struct error *error)
{
    enum status status;

    json_write_object_begin(&summary->json);
    status = add_books(summary, error);
    for (size_t i = 0; status == STATUS_OK && i < sizeof lists / sizeof lists[0]; i++)
        status = add_list(summary, &lists[i], error);
    json_write_object_end(&summary->json);
    return status;
}

static int run_summary(const struct command_context *context, struct error *error)
{
    struct summary summary = {.db = NULL};
    const struct buffer *out;
    enum status status;

    buffer_init(&summary.text, OUT_BYTES);
    buffer_init(&summary.json_text, OUT_BYTES);
    json_writer_init(&summary.json, &summary.json_text);
    if ((status = postgres_new(context->postgres, "tributary-summary", &summary.db, error)) ==
            STATUS_OK &&
        (status = read_ends(context, &summary.ends, error)) == STATUS_OK)
        status = summarise(&summary, error);
    out = context->options->json ? &summary.json_text : &summary.text;
    if (status == STATUS_OK)
        printf("%.*s%s", (int)out->size, out->data, context->options->json ? "\n" : "");
    postgres_free(summary.db);
    buffer_done(&summary.text);
    buffer_done(&summary.json_text);
    return status == STATUS_OK ? COMMAND_OK : command_failed(error);
}

const struct command command_summary = {
    .words = "summary",
    .help = "what the installation holds: books, ledger, largest sums, notifications",
    .example = "tributary summary --json",
    .options = "json",
    .sections = COMMAND_TOPICS | COMMAND_KAFKA | COMMAND_POSTGRES,
    .run = run_summary,
};
