/* The tenants' counts from a real Postgres: in slices, whatever has piled up, and in the end what
 * the database holds. */
#include "common/engine/tenant.h"
#include "common/weights/counts.h"
#include "tests/integration/weights/place.h"

enum {
    SUBJECT = 1000, /* the first; below are the engine's own */
    KEYS = 2 * COUNTS_SLICE + 100,
    CALLS_MAX = 100,
    MEMORY = 8 << 20,
    LABELS = 2, /* of one key, in both partitions together */
};

struct counting {
    struct place place;
    struct counts_reader *reader;
    struct engine_counts *counts;
};

/* Each key in two partitions, whose last change has the key's number plus `passed`. */
static void counting_init(struct counting *counting, size_t memory, int passed)
{
    place_init(&counting->place);
    counting->reader = must_alloc(sizeof *counting->reader);
    counting->counts = engine_counts_new(memory);
    place_sql(&counting->place, "INSERT INTO tenants (tenant) VALUES ('acme')");
    place_sql(&counting->place,
              "INSERT INTO merchant_counts SELECT (SELECT tenant_key FROM tenants), %d + i,"
              " 'food', p, %d, %d + i FROM generate_series(0, %d) i, generate_series(0, 1) p;"
              "INSERT INTO weight_counters SELECT p, %d, 0 FROM generate_series(0, 1) p",
              SUBJECT, ENGINE_UNIT, passed + 1, KEYS - 1, passed + KEYS);
}

static void counting_done(struct counting *counting)
{
    engine_counts_free(counting->counts);
    free(counting->reader);
    place_done(&counting->place);
}

static bool read_slice(struct counting *counting)
{
    struct error error = {0};
    bool more = false;

    ck_assert_msg(counts_read(counting->reader, counting->place.db, counting->counts, &more,
                              &error) == STATUS_OK,
                  "%s", error.text);
    return more;
}

static int read_all(struct counting *counting)
{
    int calls = 1;

    while (read_slice(counting))
        ck_assert_int_lt(++calls, CALLS_MAX);
    return calls;
}

static int64_t labels_of(const struct counting *counting, int key)
{
    const struct engine_tenant *tenant = engine_tenant(counting->counts, SLICE_LITERAL("acme"));
    const struct table_entry *entry =
        tenant == NULL ? NULL
                       : table_sums(tenant->table, tenant->number, (uint64_t)(SUBJECT + key));

    return entry == NULL ? 0 : entry->units / ENGINE_UNIT;
}

static int known(const struct counting *counting)
{
    int found = 0;

    for (int key = 0; key < KEYS; key++)
        found += labels_of(counting, key) > 0;
    return found;
}

/* The partition's next change: so many labels more of the key. */
static void change(struct counting *counting, int partition, int key, int labels)
{
    place_sql(&counting->place,
              "BEGIN; UPDATE weight_counters SET last = last + 1 WHERE partition = %d;"
              "UPDATE merchant_counts SET units = units + %d, number = last FROM weight_counters c"
              " WHERE subject = %d AND merchant_counts.partition = %d AND c.partition = %d; COMMIT",
              partition, labels * ENGINE_UNIT, SUBJECT + key, partition, partition);
}

START_TEST(changes_are_read_in_slices)
{
    struct counting counting;

    counting_init(&counting, MEMORY, 0);
    ck_assert(read_slice(&counting));
    ck_assert_int_le(known(&counting), COUNTS_SLICE);
    ck_assert_int_gt(known(&counting), 0);
    change(&counting, 1, 0, 3); /* which was read */
    read_all(&counting);
    ck_assert_int_eq(known(&counting), KEYS);
    ck_assert_int_eq(labels_of(&counting, 0), LABELS + 3);
    ck_assert_int_eq(labels_of(&counting, KEYS - 1), LABELS);
    change(&counting, 0, 7, -1);
    ck_assert_int_eq(read_all(&counting), 1);
    ck_assert_int_eq(labels_of(&counting, 7), LABELS - 1);
    /* What one partition leaves of a slice goes to the other. */
    place_sql(&counting.place,
              "UPDATE weight_counters SET last = last + CASE partition WHEN 0 THEN 10 ELSE %d END"
              " WHERE partition < 2",
              COUNTS_SLICE - 10);
    ck_assert_int_eq(read_all(&counting), 1);
    counting_done(&counting);
}
END_TEST

START_TEST(what_has_piled_up_is_read_in_slices_too)
{
    struct counting counting;

    counting_init(&counting, MEMORY, COUNTS_BEHIND);
    place_sql(&counting.place,
              "UPDATE merchant_counts SET units = 9 * units WHERE subject %% 2 = 0");
    ck_assert(read_slice(&counting));
    ck_assert_int_le(known(&counting), COUNTS_SLICE);
    change(&counting, 1, 0, 3);
    ck_assert_int_gt(read_all(&counting), 2);
    ck_assert_int_eq(known(&counting), KEYS);
    ck_assert_int_eq(labels_of(&counting, 1), LABELS);
    ck_assert_int_eq(labels_of(&counting, KEYS - 1), LABELS);
    /* Passed over while the table is being read: it is read once more. */
    place_sql(&counting.place, "UPDATE weight_counters SET last = last + %d", COUNTS_BEHIND);
    ck_assert(read_slice(&counting));
    ck_assert(read_slice(&counting));
    place_sql(&counting.place, "UPDATE weight_counters SET last = last + %d", COUNTS_BEHIND);
    place_sql(&counting.place, "UPDATE merchant_counts SET units = 7 * units WHERE subject = %d",
              SUBJECT + 1);
    read_all(&counting);
    ck_assert_int_eq(labels_of(&counting, 1), LABELS * 7);
    counting_done(&counting);
}
END_TEST

/* The last keys are those that many agree on; there is no room for all. */
START_TEST(what_many_agree_on_comes_first)
{
    struct counting counting;

    counting_init(&counting, 128 << 10, COUNTS_BEHIND);
    place_sql(&counting.place, "UPDATE merchant_counts SET units = 10 * units WHERE subject >= %d",
              SUBJECT + KEYS - 100);
    read_all(&counting);
    ck_assert_uint_gt(engine_counts_refused(counting.counts), 0);
    for (int key = KEYS - 100; key < KEYS; key++)
        ck_assert_int_eq(labels_of(&counting, key), LABELS * 10);
    counting_done(&counting);
}
END_TEST

SUITE_MAIN("counts", changes_are_read_in_slices, what_has_piled_up_is_read_in_slices_too,
           what_many_agree_on_comes_first);
