/* producers/importer: columns to fields. */
#include "producers/importer/fields.h"
#include "producers/importer/mapping.h"
#include "producers/importer/state_file.h"
#include "tests/support/suite/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define NOW INT64_C(1790000000000000)

enum { COLUMNS = 8 };

/* "a|b|c" as a row. */
static struct csv_row row_of(const char *text, uint64_t line, struct slice *fields)
{
    struct csv_row row = {.line = line, .fields = fields, .count = 0};

    for (;;) {
        size_t size = strcspn(text, "|");

        fields[row.count++] = (struct slice){text, size};
        if (text[size] == '\0')
            return row;
        text += size + 1;
    }
}

static const char *const bad_maps[] = {
    "user",
    "user=",
    "=user",
    "user=users",
    "user=user,user2=user,amount=amount,date=occurred_at,currency:=EUR",
    "user=user,amount=amount,currency:=EUR",
    "user=user,amount=amount,date=occurred_at",
    "amount=amount,date=occurred_at,currency:=EUR",
    "user=user,date=occurred_at,currency:=EUR",
    "user=user,a=metadata.,amount=amount,date=occurred_at,currency:=EUR",
    "user=user,a=metadata.x,b=metadata.x,amount=amount,date=occurred_at,currency:=EUR",
};

START_TEST(bad_maps_are_refused)
{
    for (size_t i = 0; i < sizeof bad_maps / sizeof bad_maps[0]; i++) {
        struct mapping *mapping = NULL;
        struct error error = {0};

        ck_assert_int_eq(mapping_new(&mapping, bad_maps[i], "label", &error), STATUS_REJECT);
        ck_assert_ptr_nonnull(strstr(error.text, "map"));
        ck_assert_ptr_null(mapping);
    }
}
END_TEST

static struct mapping *bound(const char *map, const char *label, const char *header)
{
    struct slice fields[COLUMNS];
    struct csv_row row = row_of(header, 1, fields);
    struct mapping *mapping = NULL;
    struct error error = {0};

    ck_assert_int_eq(mapping_new(&mapping, map, label, &error), STATUS_OK);
    ck_assert_int_eq(mapping_bind(mapping, &row, &error), STATUS_OK);
    return mapping;
}

START_TEST(the_usual_columns)
{
    struct mapping *mapping =
        bound(MAPPING_DEFAULT, "primary", "date|user|amount|merchant|detail|primary");
    struct slice fields[COLUMNS];
    struct csv_row row = row_of("2014-03-06|u0000|-98.33|bp snax|Vehicle Fuel|Fuel", 2, fields);
    struct feeder_event event;
    struct event_fault fault;
    char id[64];

    ck_assert(mapping_apply(mapping, &row, 0x1f, NOW, &event, &fault));
    ck_assert_int_eq(event.kind, EVENT_TRANSACTION);
    ck_assert_uint_eq(event.place.at, 2);
    ck_assert(slice_equal(event.label, SLICE_LITERAL("Fuel")));
    ck_assert(slice_equal(event.transaction.user, SLICE_LITERAL("u0000")));
    ck_assert(slice_equal(event.transaction.merchant, SLICE_LITERAL("bp snax")));
    ck_assert(slice_equal(event.transaction.currency, SLICE_LITERAL("GBP")));
    ck_assert_int_eq(event.transaction.amount_minor, -9833);
    ck_assert_int_eq(event.transaction.occurred_at, INT64_C(1394064000000000));
    snprintf(id, sizeof id, "%.*s", SLICE_FORMAT(event.transaction.id));
    ck_assert_str_eq(id, "61f50b65ec3fd538-2");
    row.line = 12;
    ck_assert(mapping_apply(mapping, &row, 0x1f, NOW, &event, &fault));
    ck_assert(!slice_equal(event.transaction.id, slice_of(id)));
    mapping_free(mapping);
}
END_TEST

/* The id of that row on that line of a file of one name. */
static void id_of(struct mapping *mapping, const char *text, uint64_t line, char *ret_id)
{
    struct slice fields[COLUMNS];
    struct csv_row row = row_of(text, line, fields);
    struct feeder_event event;
    struct event_fault fault;

    ck_assert(mapping_apply(mapping, &row, 0x1f, NOW, &event, &fault));
    ck_assert_uint_le(event.transaction.id.size, EVENT_ID_MAX);
    snprintf(ret_id, EVENT_ID_MAX + 1, "%.*s", SLICE_FORMAT(event.transaction.id));
}

/* Next month's statement has the same name, other rows on the same lines. */
START_TEST(an_id_is_of_file_line_and_row)
{
    static const char *const others[] = {"2026-02-01|u|-1.00|m|y|a", "2026-01-01|u|-1.00|m|x|a",
                                         "2026-01-01|u|-1.00|m|ya|", "2026-01-01|u|-1.00|my||a",
                                         "2026-01-01|u|-1.00|m|y|a|"};
    struct mapping *mapping = bound(MAPPING_DEFAULT, NULL, "date|user|amount|merchant|more|most");
    char first[EVENT_ID_MAX + 1], other[EVENT_ID_MAX + 1];

    id_of(mapping, "2026-01-01|u|-1.00|m|y|a", 2, first);
    id_of(mapping, "2026-01-01|u|-1.00|m|y|a", 2, other);
    ck_assert_str_eq(first, other);
    id_of(mapping, "2026-01-01|u|-1.00|m|y|a", 3, other);
    ck_assert_str_ne(first, other);
    id_of(mapping, "2026-01-01|u|-1.00|m|y|a", UINT64_MAX, other);
    ck_assert_str_ne(first, other);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        id_of(mapping, others[i], 2, other);
        ck_assert_str_ne(first, other);
    }
    mapping_free(mapping);
}
END_TEST

/* Two accounts' statements of one name: the same fee on the same line of both. */
START_TEST(an_id_is_of_the_account_too)
{
    char ids[2][EVENT_ID_MAX + 1];

    for (int i = 0; i < 2; i++) {
        struct mapping *mapping =
            bound(i == 0 ? MAPPING_DEFAULT ",account:=a" : MAPPING_DEFAULT ",account:=b", NULL,
                  "date|user|amount|merchant");

        id_of(mapping, "2026-01-01|u|-1.00|fee", 2, ids[i]);
        mapping_free(mapping);
    }
    ck_assert_str_ne(ids[0], ids[1]);
}
END_TEST

START_TEST(all_fields_and_constants)
{
    struct mapping *mapping =
        bound("k\\,e\\=y=id,who=user,sum=amount,at=occurred_at,code=mcc,city=metadata.city,"
              "currency:=JPY,account:=a\\,1,metadata.source:=bank:1,description:=d,u2=merchant",
              NULL, "k,e=y|who|sum|at|code|city|u2");
    struct slice fields[COLUMNS];
    struct csv_row row = row_of("i1|u|  12 |2026-02-28T09:00:00+01:00|5411|Oslo|shop", 3, fields);
    struct feeder_event event;
    struct event_fault fault;

    ck_assert(mapping_apply(mapping, &row, 1, NOW, &event, &fault));
    ck_assert(slice_equal(event.transaction.id, SLICE_LITERAL("i1")));
    ck_assert(slice_equal(event.transaction.account, SLICE_LITERAL("a,1")));
    ck_assert_int_eq(event.transaction.amount_minor, 12);
    ck_assert_int_eq(event.transaction.mcc, 5411);
    ck_assert_int_eq(event.transaction.occurred_at, INT64_C(1772265600000000));
    ck_assert_uint_eq(event.transaction.metadata_count, 2);
    ck_assert(slice_equal(event.transaction.metadata[0].key, SLICE_LITERAL("city")));
    ck_assert(slice_equal(event.transaction.metadata[1].value, SLICE_LITERAL("bank:1")));
    ck_assert_uint_eq(event.label.size, 0);
    /* Empty: not there, but the id is made. */
    row = row_of("|u|12|2026-02-28|||", 4, fields);
    ck_assert(mapping_apply(mapping, &row, 1, NOW, &event, &fault));
    ck_assert_uint_eq(event.transaction.metadata_count, 1);
    ck_assert_int_eq(event.transaction.mcc, 0);
    ck_assert_uint_gt(event.transaction.id.size, 0);
    mapping_free(mapping);
}
END_TEST

static const struct {
    const char *row;
    const char *reason;
} bad_rows[] = {
    {"2026-02-28|u|1.2.3|m", "amount_format"},
    {"2026-02-28|u|12,50|m", "amount_format"},
    {"2026-02-28|u||m", "missing"},
    {"2026-02-28|u", "missing"},
    {"2026-02-28|u|1.234|m", "amount_scale"},
    {"2026-02-28|u|99999999999999|m", "amount_range"},
    {"28.02.2026|u|1|m", "time_format"},
    {"2026-02-30|u|1|m", "time_format"},
    {"2026-02-28 09:00|u|1|m", "time_format"},
    {"|u|1|m", "missing"},
    {"2026-02-28||1|m", "missing"},
    {"2999-01-01|u|1|m", "time_range"},
    {"1969-01-01|u|1|m", "time_range"},
    {"2026-02-28|u|1|caf\xe9", "bad_text"},
    {"2026-02-28|u|1|a\nb", "bad_text"},
};

START_TEST(bad_rows_are_refused_here)
{
    struct mapping *mapping = bound(MAPPING_DEFAULT, NULL, "date|user|amount|merchant");

    for (size_t i = 0; i < sizeof bad_rows / sizeof bad_rows[0]; i++) {
        struct slice fields[COLUMNS];
        struct csv_row row = row_of(bad_rows[i].row, 9, fields);
        struct feeder_event event;
        struct event_fault fault = {0};

        ck_assert(!mapping_apply(mapping, &row, 1, NOW, &event, &fault));
        ck_assert_str_eq(fault.reason, bad_rows[i].reason);
        ck_assert_uint_eq(event.place.at, 9);
    }
    mapping_free(mapping);
}
END_TEST

START_TEST(columns_must_be_there)
{
    struct slice fields[COLUMNS];
    struct csv_row header = row_of("Date|user|amount|merchant", 1, fields);
    struct mapping *mapping = NULL;
    struct error error = {0};

    ck_assert_int_eq(mapping_new(&mapping, MAPPING_DEFAULT, "primary", &error), STATUS_OK);
    ck_assert_int_eq(mapping_bind(mapping, &header, &error), STATUS_REJECT);
    ck_assert_ptr_nonnull(strstr(error.text, "\"date\""));
    mapping_free(mapping);
}
END_TEST

START_TEST(the_state_is_kept)
{
    char path[] = "/tmp/importer_test_XXXXXX";
    int fd = mkstemp(path);
    struct error error = {0};
    struct feeder_place place = {9, 9};

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(state_file_read(path, 5, &place, &error), STATUS_REJECT);
    error_clear(&error);
    ck_assert_int_eq(state_file_write(path, 5, (struct feeder_place){1234, 56}, &error), STATUS_OK);
    ck_assert_int_eq(state_file_read(path, 5, &place, &error), STATUS_OK);
    ck_assert_uint_eq(place.at, 1234);
    ck_assert_uint_eq(place.check, 56);
    ck_assert_int_eq(state_file_read(path, 6, &place, &error), STATUS_REJECT);
    error_clear(&error);
    close(fd);
    unlink(path);
    ck_assert_int_eq(state_file_read(path, 5, &place, &error), STATUS_OK);
    ck_assert_uint_eq(place.at, 0);
}
END_TEST

SUITE_MAIN("importer", bad_maps_are_refused, the_usual_columns, an_id_is_of_file_line_and_row,
           an_id_is_of_the_account_too, all_fields_and_constants, bad_rows_are_refused_here,
           columns_must_be_there, the_state_is_kept);
