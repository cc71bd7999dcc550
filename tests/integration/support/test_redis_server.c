/* The tests' Redis: replies of every kind, and that it forgets. */
#include "tests/support/redis_server/redis_server.h"

#include "tests/support/suite/suite.h"

#include <stdlib.h>
#include <unistd.h>

static void expect(struct redis_server *server, const char *reply, const char *const *words)
{
    char *got = redis_server_command(server, words);

    ck_assert_str_eq(got, reply);
    free(got);
}

#define EXPECT(server, reply, ...) expect(server, reply, (const char *const[]){__VA_ARGS__, NULL})

START_TEST(a_shared_one_is_found)
{
    OWNED(redis_server) server = redis_server_start(NULL);
    struct redis_server *shared;

    redis_server_share(server);
    shared = redis_server_shared();
    ck_assert_str_eq(redis_server_address(shared), redis_server_address(server));
    EXPECT(shared, "OK", "SET", "key", "value");
    redis_server_free(shared);
    EXPECT(server, "value", "GET", "key");
}
END_TEST

START_TEST(replies_of_every_kind)
{
    OWNED(redis_server) server = redis_server_start(NULL);

    EXPECT(server, "OK", "SET", "key", "two words");
    EXPECT(server, "two words", "GET", "key");
    EXPECT(server, "", "GET", "other");
    EXPECT(server, "2", "RPUSH", "list", "a", "b");
    EXPECT(server, "a\nb\n", "LRANGE", "list", "0", "-1");
    EXPECT(server, "-ERR unknown command 'NONSENSE', with args beginning with: ", "NONSENSE");
    ck_assert_int_eq(access(redis_server_socket(server), F_OK), 0);
}
END_TEST

START_TEST(it_forgets)
{
    OWNED(redis_server) server = redis_server_start(NULL);

    EXPECT(server, "OK", "SET", "key", "value");
    redis_server_flush(server);
    EXPECT(server, "", "GET", "key");
    EXPECT(server, "OK", "SET", "key", "value");
    redis_server_pause(server);
    redis_server_resume(server);
    EXPECT(server, "value", "GET", "key");
    redis_server_kill(server);
    redis_server_restart(server);
    EXPECT(server, "", "GET", "key");
    EXPECT(server, "OK", "SET", "key", "value");
    redis_server_restart(server);
    EXPECT(server, "", "GET", "key");
}
END_TEST

START_TEST(settings_are_taken)
{
    const char *const settings[] = {"maxmemory-policy noeviction", NULL};
    OWNED(redis_server)
    server = redis_server_start(&(struct redis_server_options){.settings = settings});

    EXPECT(server, "maxmemory-policy\nnoeviction\n", "CONFIG", "GET", "maxmemory-policy");
}
END_TEST

SUITE_MAIN("redis_server", a_shared_one_is_found, replies_of_every_kind, it_forgets,
           settings_are_taken);
