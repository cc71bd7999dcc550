/* Groups share the surrogate keys of users: one that hangs in its transaction must not hold up
 * another one that meets the same new user. */
#include "tests/faults/fleet/scene.h"
#include "tests/support/process/place.h"
#include "tests/support/proxy/proxy.h"
#include "tests/support/suite/suite.h"

/* Below the 10 s after which the database ends a transaction that hangs, or a wait for a lock. */
enum { HELD_MS = 30000, OTHERS_MS = 5000 };

#define OCCURRED INT64_C(1767225600000000) /* 2026-01-01 */

static void post(struct scene *scene, const char *user)
{
    struct transaction event = {.tenant = SLICE_LITERAL("acme"),
                                .id = SLICE_LITERAL("t1"),
                                .user = slice_of(user),
                                .amount_minor = 1000,
                                .currency = SLICE_LITERAL("EUR"),
                                .merchant = SLICE_LITERAL("Corner Shop"),
                                .occurred_at = OCCURRED,
                                .received_at = OCCURRED};

    feed_transaction(scene->rig.feed, &event);
    feed_flush(scene->rig.feed);
}

static bool has_shown(const struct scene *scene, int64_t count)
{
    return database_number(scene->rig.uri, "SELECT count(*) FROM tributary.shown") == count;
}

START_TEST(a_hanging_sink_holds_up_no_other)
{
    static const struct scene_member first[] = {{"c", "classifier"}, {"a", "analytics"}},
                                     second[] = {{"l", "learner"}},
                                     rest[] = {{"n", "notifier"}, {"s", "sender"}};
    OWNED(proxy) proxy = NULL;
    struct scene scene;

    scene_open(&scene, NULL);
    proxy = proxy_start(PROXY_POSTGRES, database_port(scene.rig.database));
    fleet_set_for(scene.fleet, "a", "TRIBUTARY_POSTGRES_URI",
                  database_uri_at(scene.rig.database, scene.rig.uri, proxy_port(proxy)));
    scene_start(&scene, first, 2);
    scene_start(&scene, second, 1);
    post(&scene, "known");
    ck_assert(EVENTUALLY(HELD_MS, has_shown(&scene, 1) && scene_ledger(&scene) == 1));
    fleet_pause(scene.fleet, "l"); /* analytics meets the new user first */
    proxy_arm(proxy, PROXY_COMMIT, PROXY_HOLD, 1);
    post(&scene, "new");
    ck_assert(proxy_wait(proxy, 1, HELD_MS));
    fleet_resume(scene.fleet, "l");
    ck_assert_msg(EVENTUALLY(OTHERS_MS, has_shown(&scene, 2)), "the learner waits for analytics");
    proxy_release(proxy);
    scene_start(&scene, rest, 2);
    scene_verify(&scene);
    ck_assert_int_eq(scene_ledger(&scene), 2);
    scene_close(&scene, NULL);
}
END_TEST

SUITE_MAIN_TIMEOUT("keys", 120, a_hanging_sink_holds_up_no_other);
