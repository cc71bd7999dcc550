/* What a connection does when the other side is odd: away, slow, cut off, or talking nonsense. The
 * other side is a thread that says what a test has written down. */
#include "common/base/clock.h"
#include "common/redis/redis.h"
#include "tests/support/suite/suite.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* What the fake server does with its connections, one after the other; NULL ends. */
struct step {
    const char *await; /* waits until this has come; NULL: no wait */
    const char *say;   /* NULL: nothing */
    int pause_ms;      /* before saying */
    bool drip;         /* a byte a write */
    bool hang_up;      /* then closes */
    bool end;
};

struct fake {
    char path[64];
    int listener;
    int stop[2];
    pthread_t thread;
    const struct step *steps;
};

/* False when nobody listens any more. */
static bool say(int fd, const struct step *step)
{
    size_t size = step->say == NULL ? 0 : strlen(step->say);

    if (step->pause_ms > 0)
        poll(NULL, 0, step->pause_ms);
    for (size_t at = 0; at < size; at += step->drip ? 1 : size)
        if (send(fd, step->say + at, step->drip ? 1 : size, MSG_NOSIGNAL) < 0)
            return false;
    return true;
}

static bool await(int fd, const char *text)
{
    char got[1 << 16] = "";
    size_t size = 0;

    while (text != NULL && strstr(got, text) == NULL) {
        ssize_t more = recv(fd, got + size, sizeof got - 1 - size, 0);

        if (more <= 0)
            return false;
        size += (size_t)more;
        got[size] = '\0';
    }
    return true;
}

static int next_connection(struct fake *fake)
{
    struct pollfd fds[] = {{.fd = fake->listener, .events = POLLIN},
                           {.fd = fake->stop[0], .events = POLLIN}};

    poll(fds, 2, -1);
    return fds[1].revents != 0 ? -1 : accept(fake->listener, NULL, NULL);
}

static void *serve(void *context)
{
    struct fake *fake = context;
    int fd = -1;

    for (const struct step *step = fake->steps; !step->end; step++) {
        if (fd < 0 && (fd = next_connection(fake)) < 0)
            break;
        if (!await(fd, step->await) || !say(fd, step))
            break;
        if (step->hang_up) {
            close(fd);
            fd = -1;
        }
    }
    if (fd < 0)
        fd = next_connection(fake); /* until the test is done */
    else
        await(fd, "never");
    if (fd >= 0)
        close(fd);
    return NULL;
}

static void fake_start(struct fake *fake, const struct step *steps)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(fake->path, sizeof fake->path, "/tmp/fake-redis-%d.sock", (int)getpid());
    strcpy(address.sun_path, fake->path);
    unlink(fake->path);
    fake->steps = steps;
    fake->listener = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(fake->listener, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(fake->listener, 8), 0);
    ck_assert_int_eq(pipe(fake->stop), 0);
    ck_assert_int_eq(pthread_create(&fake->thread, NULL, serve, fake), 0);
}

/* After the connection is closed. */
static void fake_stop(struct fake *fake)
{
    ck_assert_int_eq(write(fake->stop[1], "x", 1), 1);
    pthread_join(fake->thread, NULL);
    close(fake->listener);
    close(fake->stop[0]);
    close(fake->stop[1]);
    unlink(fake->path);
}

static struct redis_settings settings_for(const char *address)
{
    return (struct redis_settings){.address = address,
                                   .prefix = "p:",
                                   .connect_timeout_ms = 200,
                                   .command_timeout_ms = 100,
                                   .reconnect_cap_ms = 60000};
}

static const struct redis_command ping = {.name = "PING"};
static const struct redis_command get = {.name = "GET", .key = {"k", 1}};

START_TEST(replies_of_all_types)
{
    static const struct step steps[] = {
        {.await = "*2\r\n$3\r\nGET\r\n$3\r\np:k\r\n*2\r\n$3\r\nGET\r\n$3\r\np:k\r\n",
         .say = "+OK\r\n$-1\r\n:-42\r\n$5\r\na\r\nbc\r\n*3\r\n$1\r\nx\r\n:7\r\n*0\r\n",
         .drip = true},
        {.end = true}};
    struct fake fake;
    struct redis_settings settings;
    struct redis *redis;
    struct redis_reply reply;
    struct error error = {0};

    fake_start(&fake, steps);
    settings = settings_for(fake.path);
    redis = redis_new(&settings);
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(redis_append(redis, &get, &error), STATUS_OK);
    ck_assert_uint_eq(redis_pending(redis), 5);
    ck_assert_int_eq(redis_next(redis, &reply, &error), STATUS_OK);
    ck_assert(reply.type == REDIS_TYPE_TEXT && slice_equal(reply.text, SLICE_LITERAL("OK")));
    ck_assert_int_eq(redis_next(redis, &reply, &error), STATUS_OK);
    ck_assert_int_eq(reply.type, REDIS_TYPE_NIL);
    ck_assert_int_eq(redis_next(redis, &reply, &error), STATUS_OK);
    ck_assert(reply.type == REDIS_TYPE_INTEGER && reply.integer == -42);
    ck_assert_int_eq(redis_next(redis, &reply, &error), STATUS_OK);
    ck_assert(slice_equal(reply.text, SLICE_LITERAL("a\r\nbc")));
    ck_assert_int_eq(redis_next(redis, &reply, &error), STATUS_OK);
    ck_assert(reply.type == REDIS_TYPE_ARRAY && reply.count == 3);
    ck_assert(slice_equal(redis_item(&reply, 0).text, SLICE_LITERAL("x")));
    ck_assert_int_eq(redis_item(&reply, 1).integer, 7);
    ck_assert_uint_eq(redis_item(&reply, 2).count, 0);
    ck_assert_uint_eq(redis_pending(redis), 0);
    ck_assert_int_eq(redis_next(redis, &reply, &error), STATUS_RETRY);
    redis_free(redis);
    fake_stop(&fake);
}
END_TEST

/* One refused command leaves the others; what may be mended is a retry. */
START_TEST(error_replies_have_classes)
{
    static const struct {
        const char *text;
        enum status status;
        const char *code;
    } cases[] = {
        {"WRONGTYPE Operation against a key", STATUS_REJECT, "WRONGTYPE"},
        {"ERR syntax error", STATUS_REJECT, "ERR"},
        {"ERR max number of clients reached", STATUS_RETRY, "ERR"},
        {"LOADING Redis is loading the dataset", STATUS_RETRY, "LOADING"},
        {"READONLY You can't write", STATUS_RETRY, "READONLY"},
        {"OOM command not allowed", STATUS_RETRY, "OOM"},
        {"NOAUTH Authentication required.", STATUS_RETRY, "NOAUTH"},
        {"NOPERM this user", STATUS_RETRY, "NOPERM"},
        {"MOVED 3999 127.0.0.1:6381", STATUS_REJECT, "MOVED"},
        {"LOADINGS is another word", STATUS_REJECT, "LOADINGS"},
        {"", STATUS_REJECT, ""},
    };
    enum { COUNT = sizeof cases / sizeof cases[0] };
    char text[2048] = "";
    struct step steps[] = {{.await = "GET", .say = text}, {.end = true}};
    struct fake fake;
    struct redis_settings settings;
    struct redis *redis;
    struct redis_reply reply;

    for (size_t i = 0; i < COUNT; i++)
        sprintf(text + strlen(text), "-%s\r\n", cases[i].text);
    strcat(text, "+PONG\r\n");
    fake_start(&fake, steps);
    settings = settings_for(fake.path);
    redis = redis_new(&settings);
    for (size_t i = 0; i <= COUNT; i++)
        ck_assert_int_eq(redis_append(redis, &get, &(struct error){0}), STATUS_OK);
    for (size_t i = 0; i < COUNT; i++) {
        struct error error = {0};

        ck_assert_int_eq(redis_next(redis, &reply, &error), cases[i].status);
        ck_assert_str_eq(error.code, cases[i].code);
        ck_assert_ptr_nonnull(strstr(error.text, cases[i].text));
        ck_assert_uint_eq(redis_pending(redis), COUNT - i);
    }
    ck_assert_int_eq(redis_next(redis, &reply, &(struct error){0}), STATUS_OK);
    redis_free(redis);
    fake_stop(&fake);
}
END_TEST

/* Fails within its deadline, drops everything, and then fails at once until the back-off is over.
 */
static void check_lost(struct redis *redis, const char *reason)
{
    struct redis_reply reply;
    struct error error = {0}, away = {0};
    int64_t start_ms = clock_steady_ms();

    ck_assert_int_eq(redis_next(redis, &reply, &error), STATUS_RETRY);
    ck_assert_msg(strstr(error.text, reason) != NULL, "%s", error.text);
    ck_assert_int_lt(clock_steady_ms() - start_ms, 600);
    ck_assert_uint_eq(redis_pending(redis), 0);
    start_ms = clock_steady_ms();
    if (redis_append(redis, &get, &away) != STATUS_OK) /* the jitter may have been 1 ms */
        ck_assert_ptr_nonnull(strstr(away.text, "away, next attempt in"));
    ck_assert_int_lt(clock_steady_ms() - start_ms, 50);
}

static void loses(const struct step *steps, const char *reason)
{
    struct fake fake;
    struct redis_settings settings;
    struct redis *redis;
    struct error error = {0};

    fake_start(&fake, steps);
    settings = settings_for(fake.path);
    redis = redis_new(&settings);
    ck_assert_int_eq(redis_append(redis, &get, &error), STATUS_OK);
    ck_assert_int_eq(redis_append(redis, &get, &error), STATUS_OK);
    check_lost(redis, reason);
    redis_free(redis);
    fake_stop(&fake);
}

START_TEST(lost_connections)
{
    loses((const struct step[]){{.await = "GET", .hang_up = true}, {.end = true}}, "closed");
    loses((const struct step[]){{.await = "GET", .say = "$10\r\nabc", .hang_up = true},
                                {.end = true}},
          "closed");
    loses((const struct step[]){{.await = "GET", .say = "HTTP/1.1 400 Bad Request\r\n"},
                                {.end = true}},
          "Protocol error");
    loses((const struct step[]){{.await = "GET"}, {.end = true}}, "no reply");
    loses((const struct step[]){{.await = "GET", .say = "$10\r\nabc"}, {.end = true}}, "no reply");
}
END_TEST

/* A reply that drips slower than the deadline allows in all, though never silent for so long. */
START_TEST(deadline_is_for_the_whole)
{
    static struct step steps[64];

    steps[0] = (struct step){.await = "GET", .say = "$60\r\n"};
    for (size_t i = 1; i < 50; i++)
        steps[i] = (struct step){.say = "x", .pause_ms = 20};
    steps[50] = (struct step){.end = true};
    loses(steps, "no reply");
}
END_TEST

/* The caller's own is kept where the settings allow more. */
START_TEST(the_callers_deadline_is_kept)
{
    static const struct step steps[] = {{.await = "PING"}, {.end = true}};
    struct fake fake;
    struct redis_settings settings;
    struct redis *redis;
    struct redis_reply reply;
    struct error error = {0};
    int64_t from_ms = clock_steady_ms();

    fake_start(&fake, steps);
    settings = settings_for(fake.path);
    settings.command_timeout_ms = 15000;
    redis = redis_new(&settings);
    redis_set_deadline(redis, from_ms + 50);
    ck_assert_int_eq(redis_call(redis, &ping, &reply, &error), STATUS_RETRY);
    ck_assert_int_lt(clock_steady_ms() - from_ms, 5000);
    redis_free(redis);
    fake_stop(&fake);
}
END_TEST

START_TEST(replies_are_bounded)
{
    size_t size = REDIS_REPLY_BYTES + (1 << 20);
    char *big = malloc(size + 1);
    struct step steps[] = {{.await = "GET", .say = big}, {.end = true}};
    struct fake fake;
    struct redis_settings settings;
    struct redis *redis;
    struct redis_reply reply;
    struct error error = {0};

    memset(big, 'x', size);
    big[size] = '\0';
    memcpy(big, "$900000000\r\n", 12);
    fake_start(&fake, steps);
    settings = settings_for(fake.path);
    settings.command_timeout_ms = 15000;
    redis = redis_new(&settings);
    ck_assert_int_eq(redis_call(redis, &get, &reply, &error), STATUS_RETRY);
    ck_assert_ptr_nonnull(strstr(error.text, "too large"));
    redis_free(redis);
    fake_stop(&fake);
    free(big);
}
END_TEST

START_TEST(away_is_told_at_once)
{
    struct redis_settings settings = settings_for("/tmp/no-such-redis.sock");
    struct redis *redis = redis_new(&settings);
    struct redis_reply reply;
    struct error first = {0};
    size_t at_once = 0;

    ck_assert_int_eq(redis_call(redis, &ping, &reply, &first), STATUS_RETRY);
    ck_assert_ptr_nonnull(strstr(first.text, "No such file"));
    for (int i = 0; i < 2000; i++) {
        struct error error = {0};

        ck_assert_int_eq(redis_call(redis, &ping, &reply, &error), STATUS_RETRY);
        at_once += strstr(error.text, "away, next attempt in") != NULL;
    }
    ck_assert_uint_gt(at_once, 1000);
    redis_free(redis);
}
END_TEST

START_TEST(addresses)
{
    static const char *const bad[] = {"",     ":6379", "h:",   "h:0",       "h:65536",  "h:6379x",
                                      "[::1", "[]:1",  "h:-1", "[::1]6379", "tcp://h:1"};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct redis_settings settings = settings_for(bad[i]);
        struct redis *redis = redis_new(&settings);
        struct redis_reply reply;
        struct error error = {0};

        ck_assert_msg(redis_call(redis, &ping, &reply, &error) == STATUS_FATAL, "%s", bad[i]);
        redis_free(redis);
    }
}
END_TEST

/* Refused: no one listens on the discard port of this machine; a port of our own is closed again.
 */
START_TEST(refused_connections)
{
    struct redis_settings settings = settings_for("127.0.0.1:9");
    struct redis *redis = redis_new(&settings);
    struct redis_reply reply;
    struct error error = {0};

    ck_assert_int_eq(redis_call(redis, &ping, &reply, &error), STATUS_RETRY);
    ck_assert_str_eq(error.code, "ECONNREFUSED");
    redis_free(redis);
}
END_TEST

/* An idle connection that the server has closed is replaced before it is used. */
START_TEST(stale_connections_are_replaced)
{
    static const struct step steps[] = {{.await = "PING", .say = "+PONG\r\n", .hang_up = true},
                                        {.await = "PING", .say = "+AGAIN\r\n"},
                                        {.end = true}};
    struct fake fake;
    struct redis_settings settings;
    struct redis *redis;
    struct redis_reply reply;
    struct error error = {0};

    fake_start(&fake, steps);
    settings = settings_for(fake.path);
    redis = redis_new(&settings);
    ck_assert_int_eq(redis_call(redis, &ping, &reply, &error), STATUS_OK);
    poll(NULL, 0, 20);
    ck_assert_int_eq(redis_call(redis, &ping, &reply, &error), STATUS_OK);
    ck_assert(slice_equal(reply.text, SLICE_LITERAL("AGAIN")));
    redis_free(redis);
    fake_stop(&fake);
}
END_TEST

START_TEST(passwords_go_first)
{
    static const struct step steps[] = {
        {.await = "*3\r\n$4\r\nAUTH\r\n$4\r\nuser\r\n$6\r\nsecret\r\n", .say = "+OK\r\n"},
        {.await = "PING", .say = "+PONG\r\n", .hang_up = true},
        {.await = "AUTH", .say = "-ERR AUTH <password> called without any password\r\n"},
        {.end = true}};
    struct fake fake;
    struct redis_settings settings;
    struct redis *redis;
    struct redis_reply reply;
    struct error error = {0};

    fake_start(&fake, steps);
    settings = settings_for(fake.path);
    settings.username = "user";
    settings.password = "secret";
    redis = redis_new(&settings);
    ck_assert_int_eq(redis_call(redis, &ping, &reply, &error), STATUS_OK);
    poll(NULL, 0, 20);
    ck_assert_int_eq(redis_call(redis, &ping, &reply, &error), STATUS_RETRY);
    ck_assert_int_eq(error.status, STATUS_RETRY);
    ck_assert_ptr_nonnull(strstr(error.text, "without any password"));
    ck_assert_ptr_null(strstr(error.text, "secret"));
    redis_free(redis);
    fake_stop(&fake);
}
END_TEST

START_TEST(commands_are_bounded)
{
    struct redis_settings settings = settings_for("/tmp/no-such-redis.sock");
    struct redis *redis = redis_new(&settings);
    static struct slice many[REDIS_ARGUMENTS_MAX + 1];
    char *big = calloc(1, REDIS_COMMAND_BYTES + 1);
    struct slice large[] = {{big, REDIS_COMMAND_BYTES / 2}, {big, REDIS_COMMAND_BYTES / 2}};
    const struct redis_command commands[] = {
        {.name = "GET", .key = {big, REDIS_KEY_BYTES + 1}},
        {.name = "SET", .key = {"k", 1}, .arguments = large, .count = 2},
        {.name = "DEL", .key = {"k", 1}, .arguments = many, .count = REDIS_ARGUMENTS_MAX + 1},
    };

    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        ck_assert_int_eq(redis_append(redis, &commands[i], &(struct error){0}), STATUS_REJECT);
    free(big);
    redis_free(redis);
}
END_TEST

/* The other side goes away while a long pipeline is sent: an error, and no SIGPIPE. */
START_TEST(no_signal_when_sending_fails)
{
    static const struct step steps[] = {{.await = "SET", .hang_up = true}, {.end = true}};
    struct fake fake;
    struct redis_settings settings;
    struct redis *redis;
    char *big = calloc(1, 200000);
    struct slice value = {big, 200000};
    const struct redis_command set = {
        .name = "SET", .key = {"k", 1}, .arguments = &value, .count = 1};
    enum status status = STATUS_OK;

    signal(SIGPIPE, SIG_DFL);
    fake_start(&fake, steps);
    settings = settings_for(fake.path);
    redis = redis_new(&settings);
    for (int i = 0; i < 100 && status == STATUS_OK; i++)
        status = redis_append(redis, &set, &(struct error){0});
    ck_assert_int_eq(status, STATUS_RETRY);
    ck_assert_uint_eq(redis_pending(redis), 0);
    redis_free(redis);
    redis_free(NULL);
    free(big);
    fake_stop(&fake);
}
END_TEST

SUITE_MAIN("redis pipeline", replies_of_all_types, error_replies_have_classes, lost_connections,
           deadline_is_for_the_whole, the_callers_deadline_is_kept, replies_are_bounded,
           away_is_told_at_once, addresses, refused_connections, stale_connections_are_replaced,
           passwords_go_first, commands_are_bounded, no_signal_when_sending_fails);
