/* Surrogate keys on a real database: the same for everybody who asks, at the same moment too. */
#include "common/base/must.h"
#include "common/base/random.h"
#include "common/taxonomy/taxonomy.h"
#include "common/users/users.h"
#include "tests/support/database/database.h"
#include "tests/support/fleet/fleet.h"
#include "tests/support/suite/suite.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { NAMES = 300, QUERIES = 500, ASKERS = 4, ROUNDS = 20, NAME_SIZE = 16 };

struct place {
    struct database *database;
    struct fleet *fleet;
    const char *uri;
};

static void place_init(struct place *place)
{
    *place = (struct place){.database = database_shared(), .fleet = fleet_new()};
    place->uri = database_create(place->database);
    fleet_set(place->fleet, "TRIBUTARY_POSTGRES_URI", place->uri);
    ck_assert_int_eq(
        fleet_run(place->fleet, "tributary", (const char *const[]){"migrate", NULL}, 60000, NULL),
        0);
}

static void place_done(struct place *place)
{
    fleet_free(place->fleet);
    database_free(place->database);
}

static struct postgres *connect_to(const char *uri)
{
    const struct postgres_settings settings = {.uri = uri,
                                               .schema = "tributary",
                                               .connect_timeout_ms = 5000,
                                               .statement_timeout_ms = 10000,
                                               .lock_timeout_ms = 10000,
                                               .idle_in_transaction_timeout_ms = 10000,
                                               .tcp_user_timeout_ms = 4000};
    struct postgres *db = NULL;
    struct error error = {0};

    MUST(postgres_new(&settings, "test", &db, &error) == STATUS_OK);
    return db;
}

/* ---- Several at once ---- */

/* One that asks for random names again and again, and what it was told of each. */
struct asker {
    pthread_t thread;
    const char *uri;
    uint64_t seed;
    int64_t user_keys[2][NAMES];     /* by tenant; 0: not asked for */
    int32_t category_keys[2][NAMES]; /* the first 100 names serve as categories, too */
    bool failed;
};

static void asker_note(struct asker *asker, const struct user_query *query, size_t tenant,
                       size_t user, size_t category)
{
    int64_t *user_key = &asker->user_keys[tenant][user];
    int32_t *category_key = &asker->category_keys[tenant][category];

    if ((*user_key != 0 && *user_key != query->ret_user_key) || query->ret_user_key == 0 ||
        (*category_key != 0 && *category_key != query->ret_category_key) ||
        query->ret_category_key == 0)
        asker->failed = true;
    *user_key = query->ret_user_key;
    *category_key = query->ret_category_key;
}

static void asker_round(struct asker *asker, struct users *users, struct postgres *db,
                        struct random *random)
{
    static const char *const tenants[] = {"acme", "other"};
    struct user_query queries[QUERIES] = {0};
    char names[QUERIES][2][NAME_SIZE];
    size_t numbers[QUERIES][3];
    struct error error = {0};

    for (size_t i = 0; i < QUERIES; i++) {
        numbers[i][0] = random_below(random, 2);
        numbers[i][1] = random_below(random, NAMES);
        numbers[i][2] = random_below(random, 100);
        snprintf(names[i][0], NAME_SIZE, "n%zu", numbers[i][1]);
        snprintf(names[i][1], NAME_SIZE, "c%zu", numbers[i][2]);
        queries[i] = (struct user_query){.tenant = slice_of(tenants[numbers[i][0]]),
                                         .user = slice_of(names[i][0]),
                                         .category = slice_of(names[i][1])};
    }
    if (users_resolve(users, db, queries, QUERIES, &error) != STATUS_OK) {
        printf("%s\n", error.text);
        asker->failed = true;
        return;
    }
    for (size_t i = 0; i < QUERIES; i++)
        asker_note(asker, &queries[i], numbers[i][0], numbers[i][1], numbers[i][2]);
}

static void *asker_run(void *opaque)
{
    struct asker *asker = opaque;
    struct postgres *db = connect_to(asker->uri);
    struct users *users = users_new(50); /* fewer than there are: it forgets and asks again */
    struct random random;

    random_init(&random, asker->seed);
    for (int round = 0; round < ROUNDS && !asker->failed; round++)
        asker_round(asker, users, db, &random);
    users_free(users);
    postgres_free(db);
    return NULL;
}

static void assert_same(const struct asker *a, const struct asker *b)
{
    for (size_t t = 0; t < 2; t++)
        for (size_t n = 0; n < NAMES; n++) {
            if (a->user_keys[t][n] != 0 && b->user_keys[t][n] != 0)
                ck_assert_int_eq(a->user_keys[t][n], b->user_keys[t][n]);
            if (a->category_keys[t][n] != 0 && b->category_keys[t][n] != 0)
                ck_assert_int_eq(a->category_keys[t][n], b->category_keys[t][n]);
        }
}

START_TEST(everybody_is_told_the_same)
{
    struct asker *askers = must_alloc(ASKERS * sizeof *askers);
    struct place place;

    place_init(&place);
    for (size_t i = 0; i < ASKERS; i++) {
        askers[i].uri = place.uri;
        askers[i].seed = i + 1;
        ck_assert_int_eq(pthread_create(&askers[i].thread, NULL, asker_run, &askers[i]), 0);
    }
    for (size_t i = 0; i < ASKERS; i++)
        ck_assert_int_eq(pthread_join(askers[i].thread, NULL), 0);
    for (size_t i = 0; i < ASKERS; i++) {
        ck_assert(!askers[i].failed);
        assert_same(&askers[0], &askers[i]);
    }
    ck_assert_int_eq(database_number(place.uri, "SELECT count(*) FROM tributary.users"), 2 * NAMES);
    ck_assert_int_eq(database_number(place.uri, "SELECT count(*) FROM tributary.users WHERE"
                                                " user_key % 256 <> 0"),
                     0); /* the shard's number */
    place_done(&place);
    free(askers);
}
END_TEST

/* ---- Limits ---- */

static int32_t category_key(struct users *users, struct postgres *db, const char *tenant,
                            int number)
{
    char name[NAME_SIZE];
    struct user_query query = {.tenant = slice_of(tenant), .user = SLICE_LITERAL("u")};
    struct error error = {0};

    snprintf(name, sizeof name, "c%d", number);
    query.category = slice_of(name);
    ck_assert_int_eq(users_resolve(users, db, &query, 1, &error), STATUS_OK);
    return query.ret_category_key;
}

START_TEST(a_tenant_has_so_many_categories_and_no_more)
{
    struct place place;
    struct postgres *db;
    struct users *users;

    place_init(&place);
    db = connect_to(place.uri);
    users = users_new(1000);
    for (int i = 0; i < USERS_MAX_CATEGORIES - TAXONOMY_COUNT; i++)
        ck_assert_int_gt(category_key(users, db, "acme", i), 0);
    ck_assert_int_eq(category_key(users, db, "acme", USERS_MAX_CATEGORIES), 0);
    ck_assert_int_gt(category_key(users, db, "acme", 7), 0);
    ck_assert_int_gt(category_key(users, db, "other", USERS_MAX_CATEGORIES), 0);
    ck_assert_int_eq(database_number(place.uri, "SELECT count(*) FROM tributary.categories"),
                     USERS_MAX_CATEGORIES + TAXONOMY_COUNT + 1);
    users_free(users);
    postgres_free(db);
    place_done(&place);
}
END_TEST

/* More new ones in one batch than there is room for. */
START_TEST(a_batch_beyond_the_limit_fills_it)
{
    enum { COUNT = USERS_MAX_CATEGORIES + 44 };
    struct user_query queries[COUNT] = {0};
    char names[COUNT][NAME_SIZE];
    struct error error = {0};
    struct place place;
    struct postgres *db;
    struct users *users;
    int known = 0;

    place_init(&place);
    db = connect_to(place.uri);
    users = users_new(1000);
    for (int i = 0; i < COUNT; i++) {
        snprintf(names[i], NAME_SIZE, "c%d", i);
        queries[i] = (struct user_query){.tenant = SLICE_LITERAL("acme"),
                                         .user = SLICE_LITERAL("u"),
                                         .category = slice_of(names[i])};
    }
    ck_assert_int_eq(users_resolve(users, db, queries, COUNT, &error), STATUS_OK);
    for (int i = 0; i < COUNT; i++)
        known += queries[i].ret_category_key > 0;
    ck_assert_int_le(known, USERS_MAX_CATEGORIES - TAXONOMY_COUNT);
    ck_assert_int_eq(database_number(place.uri, "SELECT count(*) FROM tributary.categories"),
                     known + TAXONOMY_COUNT);
    users_free(users);
    postgres_free(db);
    place_done(&place);
}
END_TEST

/* Full before the taxonomy was seen to: its names are there all the same, and nothing else. */
START_TEST(what_the_engine_answers_has_room)
{
    struct user_query query = {.tenant = SLICE_LITERAL("acme"), .user = SLICE_LITERAL("u")};
    struct error error = {0};
    struct place place;
    struct postgres *db;
    struct users *users;

    place_init(&place);
    database_execute(place.uri,
                     "INSERT INTO tributary.tenants (tenant) VALUES ('acme');"
                     "INSERT INTO tributary.categories (tenant_key, category) SELECT tenant_key,"
                     " 'c' || n FROM tributary.tenants, generate_series(1, 256) AS n");
    db = connect_to(place.uri);
    users = users_new(1);
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < TAXONOMY_COUNT; i++) {
            query.category = taxonomy_name((enum taxonomy_primary)i);
            ck_assert_int_eq(users_resolve(users, db, &query, 1, &error), STATUS_OK);
            ck_assert_int_gt(query.ret_category_key, 0);
        }
    query.category = SLICE_LITERAL("one more");
    ck_assert_int_eq(users_resolve(users, db, &query, 1, &error), STATUS_OK);
    ck_assert_int_eq(query.ret_category_key, 0);
    query.classified = true;
    ck_assert_int_eq(users_resolve(users, db, &query, 1, &error), STATUS_OK);
    ck_assert_int_eq(query.ret_category_key,
                     database_number(place.uri, "SELECT category_key FROM tributary.categories"
                                                " WHERE category = 'uncategorized'"));
    ck_assert_int_eq(database_number(place.uri, "SELECT count(*) FROM tributary.categories"),
                     USERS_MAX_CATEGORIES + TAXONOMY_COUNT);
    users_free(users);
    postgres_free(db);
    place_done(&place);
}
END_TEST

/* A name that failed is no name that is known. */
START_TEST(a_failure_is_not_remembered)
{
    struct user_query query = {.tenant = SLICE_LITERAL("acme"), .user = SLICE_LITERAL("u")};
    struct error error = {0};
    struct place place;
    struct postgres *db;
    struct users *users;

    place_init(&place);
    db = connect_to(place.uri);
    users = users_new(1000);
    database_execute(place.uri, "ALTER TABLE tributary.users RENAME TO away");
    ck_assert_int_ne(users_resolve(users, db, &query, 1, &error), STATUS_OK);
    database_execute(place.uri, "ALTER TABLE tributary.away RENAME TO users");
    error_clear(&error);
    ck_assert_int_eq(users_resolve(users, db, &query, 1, &error), STATUS_OK);
    ck_assert_int_eq(query.ret_user_key,
                     database_number(place.uri, "SELECT user_key FROM tributary.users"));
    users_free(users);
    postgres_free(db);
    place_done(&place);
}
END_TEST

SUITE_MAIN_TIMEOUT("users", 60, everybody_is_told_the_same,
                   a_tenant_has_so_many_categories_and_no_more, a_batch_beyond_the_limit_fills_it,
                   what_the_engine_answers_has_room, a_failure_is_not_remembered);
