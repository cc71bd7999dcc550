/* The disk of the database is full for a while: the sinks wait, and nothing is taken for bad input.
 * The tables lie on a small tmpfs that the test fills up. Where none can be mounted, a trigger
 * raises what a full disk does. */
#include "tests/faults/fleet/scene.h"
#include "tests/support/process/place.h"
#include "tests/support/process/process.h"
#include "tests/support/suite/suite.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

enum { FULL_MS = 2500, WAIT_MS = 30000, LOG_BYTES = 1 << 20 };

#define DISK_SIZE "size=32m"

struct disk {
    char folder[PLACE_PATH_SIZE];
    char ballast[PLACE_PATH_SIZE + 16];
    bool mounted;
};

/* In a mount namespace of this test's own: it goes with its processes, however they end. */
static void disk_init(struct disk *disk)
{
    place_make("disk", disk->folder);
    snprintf(disk->ballast, sizeof disk->ballast, "%s/ballast", disk->folder);
    disk->mounted = unshare(CLONE_NEWNS) == 0 &&
                    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
                    mount("none", disk->folder, "tmpfs", 0, DISK_SIZE) == 0;
    if (!disk->mounted)
        printf("no tmpfs can be mounted here: a trigger stands for the full disk\n");
}

static void disk_done(struct disk *disk)
{
    if (disk->mounted)
        umount2(disk->folder, MNT_DETACH);
    place_remove(disk->folder);
}

/* All tables that are made from now on. */
static void disk_hold_tables(struct disk *disk, struct database *database)
{
    const char *uri = database_create(database);
    char sql[PLACE_PATH_SIZE + 64];

    if (!disk->mounted)
        return;
    place_make_inside(disk->folder, "tables");
    snprintf(sql, sizeof sql, "CREATE TABLESPACE small LOCATION '%s/tables'", disk->folder);
    database_execute(uri, sql);
    database_execute(uri, "ALTER SYSTEM SET default_tablespace = 'small'");
    database_execute(uri, "SELECT pg_reload_conf()");
}

static void disk_fill(const struct disk *disk, const char *uri)
{
    off_t size = 0;
    int file;

    if (!disk->mounted) {
        database_execute(uri, "CREATE FUNCTION tributary.full_disk() RETURNS trigger LANGUAGE"
                              " plpgsql AS $$ BEGIN RAISE EXCEPTION 'no space left on device'"
                              " USING ERRCODE = 'disk_full'; END $$");
        database_execute(uri, "CREATE TRIGGER full_disk BEFORE INSERT ON tributary.ledger"
                              " EXECUTE FUNCTION tributary.full_disk()");
        return;
    }
    file = open(disk->ballast, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ck_assert_int_ge(file, 0);
    for (off_t step = 1 << 20; step >= 4096; step /= 16)
        while (posix_fallocate(file, size, step) == 0)
            size += step;
    close(file);
    printf("filled up with %lld KiB\n", (long long)size / 1024);
}

static void disk_free(const struct disk *disk, const char *uri)
{
    if (disk->mounted)
        ck_assert_int_eq(unlink(disk->ballast), 0);
    else
        database_execute(uri, "DROP FUNCTION tributary.full_disk CASCADE");
}

static bool logged(struct scene *scene, const char *member, const char *text)
{
    char path[PLACE_PATH_SIZE + 64];
    char *log;
    bool found;

    snprintf(path, sizeof path, "%s/%s.log", fleet_folder(scene->fleet), member);
    log = place_read_end(path, LOG_BYTES);
    found = strstr(log, text) != NULL;
    free(log);
    return found;
}

static bool both_wait(struct scene *scene)
{
    return logged(scene, "a1", "\"53100\"") && logged(scene, "a2", "\"53100\"");
}

static void expect_no_letters(const struct scene *scene)
{
    ck_assert_int_eq(database_number(scene->rig.uri, "SELECT count(*) FROM tributary.dead_letters"),
                     0);
}

START_TEST(the_disk_of_postgres_is_full)
{
    struct database *database;
    struct rig_servers servers = {0};
    struct disk disk;
    struct scene scene;
    int64_t rows;
    int load;

    disk_init(&disk);
    servers.database = database = database_start(NULL);
    disk_hold_tables(&disk, database);
    scene_open(&scene, &servers);
    load = scene_start_loaded(&scene, suite_seed());
    disk_fill(&disk, scene.rig.uri);
    ck_assert_msg(EVENTUALLY(WAIT_MS, both_wait(&scene)), "the disk is not full for the sinks");
    rows = scene_ledger(&scene);
    rig_sleep(FULL_MS);
    ck_assert_int_eq(scene_ledger(&scene), rows);
    expect_no_letters(&scene);
    disk_free(&disk, scene.rig.uri);
    scene_wait_progress(&scene, SCENE_MORE);
    expect_no_letters(&scene);
    scene_end_loaded(&scene, &servers, load);
    database_free(database);
    disk_done(&disk);
}
END_TEST

SUITE_MAIN_TIMEOUT("disk", 120, the_disk_of_postgres_is_full);
