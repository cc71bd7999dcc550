/* A program's configuration as its user meets it: precedence, refusals, and what is printed. */
#include "common/config/config.h"
#include "tests/support/suite/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum mode { MODE_FAST, MODE_SAFE };

struct kafka {
    const char *brokers;
    const char *client_id;
    int64_t poll_ms;
    int64_t queue_bytes;
    int64_t partitions;
    bool tls;
    enum mode mode;
    double share;
};

struct redis {
    const char *address;
    const char *password;
};

struct command {
    int64_t rate;
    bool dry_run;
};

static const struct setting kafka_table[] = {
    {.name = "brokers",
     SETTING_AT(TEXT, struct kafka, brokers),
     .help = "bootstrap servers",
     .flags = SETTING_REQUIRED},
    {.name = "client_id", SETTING_AT(TEXT, struct kafka, client_id), .help = "name | shown"},
    {.name = "poll",
     SETTING_AT(DURATION, struct kafka, poll_ms),
     .fallback = "500ms",
     .min = 1,
     .max = 60000,
     .help = "wait of a poll"},
    {.name = "queue",
     SETTING_AT(SIZE, struct kafka, queue_bytes),
     .fallback = "8MiB",
     .help = "bytes held"},
    {.name = "partitions",
     SETTING_AT(INTEGER, struct kafka, partitions),
     .fallback = "24",
     .min = 1,
     .max = 1000,
     .help = "of each topic"},
    {.name = "tls", SETTING_AT(BOOLEAN, struct kafka, tls), .help = "encrypt"},
    {.name = "mode",
     SETTING_AT(CHOICE, struct kafka, mode),
     .fallback = "safe",
     .choices = "fast|safe",
     .help = "how"},
    {.name = "share",
     SETTING_AT(REAL, struct kafka, share),
     .fallback = "0.5",
     .max = 1,
     .help = "of all"},
};

static const struct setting redis_table[] = {
    {.name = "address",
     SETTING_AT(TEXT, struct redis, address),
     .fallback = "127.0.0.1:6379",
     .help = "where"},
    {.name = "password",
     SETTING_AT(TEXT, struct redis, password),
     .help = "of the user",
     .flags = SETTING_SECRET},
};

static const struct setting command_table[] = {
    {.name = "rate",
     SETTING_AT(INTEGER, struct command, rate),
     .fallback = "5",
     .help = "a second"},
    {.name = "dry_run", SETTING_AT(BOOLEAN, struct command, dry_run), .help = "only look"},
};

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

/* One load with everything that it fills. */
struct load {
    struct kafka kafka;
    struct redis redis;
    struct command command;
    struct config_section sections[3];
    struct config_program program;
    struct config *config;
    enum config_action action;
    enum status status;
    struct error error;
};

static void load_with(struct load *load, const char *const *arguments)
{
    char *argv[16] = {(char[]){"tributary-test"}};
    int argc = 1;

    *load = (struct load){
        .sections = {{"kafka", kafka_table, COUNT(kafka_table), &load->kafka},
                     {"redis", redis_table, COUNT(redis_table), &load->redis},
                     {NULL, command_table, COUNT(command_table), &load->command}},
        .program = {.name = "tributary-test",
                    .summary = "tests",
                    .version = "1.2.3",
                    .arguments = "COMMAND",
                    .sections = load->sections,
                    .count = 3},
    };
    for (; *arguments != NULL; arguments++)
        argv[argc++] = strdup(*arguments);
    load->status =
        config_load(&load->config, &load->program, argc, argv, &load->action, &load->error);
    if (load->status == STATUS_OK && config_argument(load->config, 0) != NULL)
        ck_assert_str_eq(config_argument(load->config, 0), "run");
    /* argv is borrowed by the positional arguments only, which are not looked at later. */
    while (argc > 1)
        free(argv[--argc]);
}

#define LOAD(name, ...)                                                                            \
    struct load name;                                                                              \
    load_with(&name, (const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL})

#define REFUSES(text_, ...)                                                                        \
    do {                                                                                           \
        LOAD(refused, __VA_ARGS__);                                                                \
        ck_assert_int_eq(refused.status, STATUS_REJECT);                                           \
        ck_assert_ptr_null(refused.config);                                                        \
        ck_assert_msg(strstr(refused.error.text, (text_)) != NULL, "\"%s\" lacks \"%s\"",          \
                      refused.error.text, (text_));                                                \
    } while (0)

static char folder[] = "/tmp/config-XXXXXX";

static const char *write_file(const char *name, const char *text)
{
    static char path[128];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
    return path;
}

static void clean_up(void)
{
    char command[64];

    snprintf(command, sizeof command, "rm -rf %s", folder);
    ck_assert_int_eq(system(command), 0);
}

/* Every test is a process of its own. */
static void begin(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    atexit(clean_up);
}

START_TEST(defaults)
{
    LOAD(load, "--kafka-brokers=a:1");

    ck_assert_int_eq(load.status, STATUS_OK);
    ck_assert_int_eq(load.action, CONFIG_RUN);
    ck_assert_str_eq(load.kafka.brokers, "a:1");
    ck_assert_ptr_null(load.kafka.client_id);
    ck_assert_int_eq(load.kafka.poll_ms, 500);
    ck_assert_int_eq(load.kafka.queue_bytes, 8 << 20);
    ck_assert_int_eq(load.kafka.mode, MODE_SAFE);
    ck_assert_double_eq(load.kafka.share, 0.5);
    ck_assert(!load.kafka.tls);
    ck_assert_int_eq(load.command.rate, 5);
    ck_assert_ptr_null(config_argument(load.config, 0));
    config_free(load.config);
}
END_TEST

START_TEST(precedence)
{
    begin();
    setenv("TRIBUTARY_CONFIG",
           write_file("c.ini", "[kafka]\nbrokers = file:1\nclient_id = file\npoll = 1s\n"
                               "queue = 1KiB ; little\n"),
           1);
    setenv("TRIBUTARY_KAFKA_CLIENT_ID", "environment", 1);
    setenv("TRIBUTARY_KAFKA_POLL", "2s", 1);
    setenv("TRIBUTARY_KAFKA_PARTITIONS", "", 1); /* empty is unset */
    LOAD(load, "--kafka-poll", "3s", "run", "--kafka-tls", "--dry-run", "--", "--not-a-flag");
    ck_assert_str_eq(load.error.text, "");
    ck_assert_str_eq(load.kafka.brokers, "file:1");
    ck_assert_str_eq(load.kafka.client_id, "environment");
    ck_assert_int_eq(load.kafka.poll_ms, 3000);
    ck_assert_int_eq(load.kafka.queue_bytes, 1024);
    ck_assert_int_eq(load.kafka.partitions, 24);
    ck_assert(load.kafka.tls && load.command.dry_run);
    ck_assert_ptr_nonnull(config_argument(load.config, 1));
    ck_assert_ptr_null(config_argument(load.config, 2));
    config_free(load.config);
}
END_TEST

START_TEST(flags_refuse)
{
    REFUSES("did you mean --kafka-brokers?", "--kafka-broker=a");
    REFUSES("unknown flag --no-such-thing", "--no-such-thing");
    REFUSES("needs a value", "--kafka-brokers");
    REFUSES("unknown flag -x", "-x");
    REFUSES("--kafka-brokers (TRIBUTARY_KAFKA_BROKERS) is required", "run");
    REFUSES("--kafka-brokers (TRIBUTARY_KAFKA_BROKERS) is required", "--kafka-brokers=");
    REFUSES("--kafka-poll: 2h is not in the range 1ms to 1m", "--kafka-brokers=a",
            "--kafka-poll=2h");
    REFUSES("--redis-password-file=PATH", "--kafka-brokers=a", "--redis-password=x");
}
END_TEST

START_TEST(environment_refuses)
{
    setenv("TRIBUTARY_KAFKA_BROKERS", "a:1", 1);
    setenv("TRIBUTARY_POSTGRES_URL", "of another program", 1);
    setenv("TRIBUTARY_RATE", "5", 1); /* a flag of the command line alone: not looked at */
    setenv("TRIBUTARY_KAFKA_PORT", "tcp://10.0.0.1:9092", 1);
    setenv("TRIBUTARY_KAFKA_SERVICE_HOST", "10.0.0.1", 1);
    setenv("TRIBUTARY_KAFKA_SERVICE_PORT_PLAIN", "9092", 1);
    setenv("TRIBUTARY_KAFKA_PORT_9092_TCP", "tcp://10.0.0.1:9092", 1);
    setenv("TRIBUTARY_KAFKA_PORT_9092_TCP_PROTO", "tcp", 1);
    setenv("TRIBUTARY_KAFKA_PORT_9092_TCP_ADDR", "10.0.0.1", 1);
    LOAD(load, "run");
    ck_assert_str_eq(load.error.text, "");
    config_free(load.config);

    setenv("TRIBUTARY_KAFKA_PARTITONS", "3", 1);
    REFUSES("variable TRIBUTARY_KAFKA_PARTITONS, did you mean TRIBUTARY_KAFKA_PARTITIONS?", "run");
    unsetenv("TRIBUTARY_KAFKA_PARTITONS");
    setenv("TRIBUTARY_KAFAK_POLL", "3s", 1);
    REFUSES("did you mean TRIBUTARY_KAFKA_POLL?", "run");
    unsetenv("TRIBUTARY_KAFAK_POLL");
    setenv("TRIBUTARY_REDIS_SOMETHING_ELSE", "3", 1);
    REFUSES("unknown environment variable TRIBUTARY_REDIS_SOMETHING_ELSE", "run");
    unsetenv("TRIBUTARY_REDIS_SOMETHING_ELSE");
    setenv("TRIBUTARY_KAFKA_QUEUE", "many", 1);
    REFUSES("TRIBUTARY_KAFKA_QUEUE: \"many\" is not of type size", "run");
}
END_TEST

static void file_refuses(const char *text, const char *reason)
{
    write_file("c.ini", text);
    REFUSES(reason, "run");
}

START_TEST(file_is_checked)
{
    char text[4096];

    begin();
    setenv("TRIBUTARY_KAFKA_BROKERS", "a:1", 1);
    snprintf(text, sizeof text, "%s/c.ini", folder);
    setenv("TRIBUTARY_CONFIG", text, 1);
    REFUSES("c.ini: No such file", "run");
    file_refuses("[kafka]\npoll = 1s\n\nborkers = b\n",
                 "line 4: unknown key borkers in [kafka], did you mean brokers?");
    file_refuses("[kafak]\npoll = 1s\n", "line 2: unknown section [kafak], did you mean [kafka]?");
    file_refuses("poll = 1s\n", "line 1: a key before the first [section]");
    file_refuses("[kafka]\npoll\n", "line 2: neither [section] nor key = value");
    file_refuses("[kafka\npoll = 1s\n", "line 1: a [section] that is not closed");
    file_refuses("[kafka]\npoll = 1s\n[redis]\n[kafka]\npoll = 2s\n", "line 5: set twice: poll");
    file_refuses("[kafka]\npoll = 1s\n  queue = 1KiB\n", "line 3: must not be indented: queue");
    file_refuses("[kafka]\nclient_id = a\n  b ; c\n", "line 3: no comment");
    file_refuses("[kafka]\npartitions = 1001\n",
                 "[kafka] partitions (line 2 of the file): 1001 is not in the range 1 to 1000");
    file_refuses("[redis]\npassword = a ;b\n", "line 2: a secret with");
    file_refuses("[redis]\npassword = a\npassword_file = b\n", "line 3: set twice: password_file");
    file_refuses("[kafka]\nclient_id = a\n [redis]\n", "line 3: must not be indented: [redis]");
    file_refuses("[redis]\npassword_file = /nowhere/at-all\n", "/nowhere/at-all: No such file");
    snprintf(text, sizeof text, "[kafka]\nclient_id = %0250d\n", 7);
    file_refuses(text, "line 2: too long");
}
END_TEST

START_TEST(file_serves_several_programs)
{
    char path[128];

    begin();
    strcpy(path,
           write_file("c.ini", "\xef\xbb\xbf; shared\r\n[postgres]\r\nurl = x\r\n  y\r\n"
                               "[ kafka ]\r\n  brokers = a:1,\r\n\tb:2,\r\n# between\r\n"
                               "   c:3\r\npoll=2s ; comment\r\n\r\n[analytics]\r\nz = 1\r\n"
                               "[kafka]\r\nclient_id: colon\r\n[redis]\r\n  address = /s\r\n"));
    LOAD(load, "--config", path);
    ck_assert_str_eq(load.error.text, "");
    ck_assert_str_eq(load.kafka.brokers, "a:1,b:2,c:3");
    ck_assert_int_eq(load.kafka.poll_ms, 2000);
    ck_assert_str_eq(load.kafka.client_id, "colon");
    ck_assert_str_eq(load.redis.address, "/s");
    config_free(load.config);
}
END_TEST

START_TEST(secrets_come_from_files)
{
    char flag[128];

    begin();
    setenv("TRIBUTARY_KAFKA_BROKERS", "a:1", 1);
    setenv("TRIBUTARY_REDIS_PASSWORD_FILE", write_file("p", " hunter ;2\n\r\n"), 1);
    LOAD(load, "run");
    ck_assert_str_eq(load.error.text, "");
    ck_assert_str_eq(load.redis.password, " hunter ;2\n");
    config_free(load.config);

    setenv("TRIBUTARY_REDIS_PASSWORD", "other", 1);
    REFUSES("given both as a value and as a file", "run");
    snprintf(flag, sizeof flag, "--redis-password-file=%s", write_file("q", "third"));
    LOAD(third, flag);
    ck_assert_str_eq(third.error.text, "");
    ck_assert_str_eq(third.redis.password, "third");
    config_free(third.config);
}
END_TEST

static char *checked(const struct load *load)
{
    struct buffer out;

    buffer_init(&out, 1 << 16);
    config_write_check(load->config, &out);
    buffer_append_byte(&out, '\0');
    return out.data;
}

/* The print-out without what it says of the sources. */
static void drop_sources(char *text)
{
    static const char *const sources[] = {" ; default", " ; file", " ; environment", " ; flag"};

    for (size_t i = 0; i < 4; i++)
        for (char *at = text; (at = strstr(at, sources[i])) != NULL;)
            memmove(at, at + strlen(sources[i]), strlen(at + strlen(sources[i])) + 1);
}

START_TEST(check_prints_what_counts)
{
    char *text;

    setenv("TRIBUTARY_KAFKA_POLL", "60s", 1);
    setenv("TRIBUTARY_REDIS_PASSWORD", "hunter2", 1);
    LOAD(load, "--kafka-brokers= a:1 ", "--kafka-client-id=");
    ck_assert_str_eq(load.error.text, "");
    text = checked(&load);
    ck_assert_str_eq(text, "; tributary-test 1.2.3\n"
                           "\n[kafka]\n"
                           "brokers = a:1 ; flag\n"
                           "client_id = ; flag\n"
                           "poll = 1m ; environment\n"
                           "queue = 8MiB ; default\n"
                           "partitions = 24 ; default\n"
                           "tls = false ; default\n"
                           "mode = safe ; default\n"
                           "share = 0.5 ; default\n"
                           "\n[redis]\n"
                           "address = 127.0.0.1:6379 ; default\n"
                           "; password = ******** ; environment\n");
    free(text);
    config_free(load.config);
}
END_TEST

/* Print, parse, print: the same settings, also with values that are longer than libinih's lines. */
START_TEST(check_reads_back)
{
    char flag[2048] = "--kafka-brokers=", secret[128];
    char *first, *second, *third;

    begin();
    for (int i = 0; i < 30; i++)
        sprintf(flag + strlen(flag), "%skafka-%d.kafka headless #;%*s;;[x]", i > 0 ? "," : "", i,
                i % 5, "x");
    strcpy(secret, write_file("secret", "hunter2"));
    setenv("TRIBUTARY_REDIS_PASSWORD_FILE", secret, 1);
    LOAD(one, flag, "--kafka-client-id=a;b#c=d", "--kafka-tls", "--kafka-mode=fast",
         "--kafka-share=0.1", "--kafka-queue=3MB");
    ck_assert_str_eq(one.error.text, "");
    first = checked(&one);
    unsetenv("TRIBUTARY_REDIS_PASSWORD_FILE");

    setenv("TRIBUTARY_CONFIG", write_file("one.ini", first), 1);
    LOAD(two, "run");
    ck_assert_str_eq(two.error.text, "");
    ck_assert_str_eq(two.kafka.brokers, one.kafka.brokers);
    ck_assert_str_eq(two.kafka.client_id, "a;b#c=d");
    ck_assert_str_eq(two.redis.password, "hunter2");
    second = checked(&two);
    setenv("TRIBUTARY_CONFIG", write_file("two.ini", second), 1);
    LOAD(three, "run");
    third = checked(&three);
    ck_assert_str_eq(second, third);
    drop_sources(first);
    drop_sources(second);
    for (char *at; (at = strstr(first, "; flag:")) != NULL;)
        memcpy(at, "; file:", 7);
    ck_assert_str_eq(first, second);
    free(first);
    free(second);
    free(third);
    config_free(one.config);
    config_free(two.config);
    config_free(three.config);
}
END_TEST

START_TEST(actions_exit)
{
    begin();
    ck_assert_ptr_nonnull(freopen("/dev/null", "w", stdout));
    LOAD(help, "--kafka-broken", "--help");
    ck_assert_int_eq(help.status, STATUS_OK);
    ck_assert_int_eq(help.action, CONFIG_EXIT);
    config_free(help.config);
    LOAD(version, "--version");
    ck_assert_int_eq(version.action, CONFIG_EXIT);
    config_free(version.config);
    LOAD(check, "--check", "--kafka-brokers=a");
    ck_assert_int_eq(check.action, CONFIG_EXIT);
    config_free(check.config);
    REFUSES("is required", "--check");
}
END_TEST

START_TEST(help_and_markdown)
{
    struct load unused = {0};
    struct config_section sections[] = {
        {"kafka", kafka_table, COUNT(kafka_table), &unused.kafka},
        {"redis", redis_table, COUNT(redis_table), &unused.redis},
        {NULL, command_table, COUNT(command_table), &unused.command},
    };
    struct config_program program = {
        .name = "t", .summary = "s", .version = "1", .sections = sections, .count = 3};
    struct buffer out;

    buffer_init(&out, 1 << 16);
    config_write_help(&program, &out);
    buffer_append_byte(&out, '\0');
    ck_assert_ptr_nonnull(strstr(out.data, "\n  --kafka-brokers=VALUE\n        bootstrap servers\n"
                                           "        text, required\n"));
    ck_assert_ptr_nonnull(strstr(out.data, "duration (500ms, 5s, 2m), default 500ms, 1ms to 1m\n"));
    ck_assert_ptr_nonnull(strstr(out.data, "\n  --redis-password-file=PATH\n"));
    ck_assert_ptr_nonnull(strstr(out.data, "\noptions:\n  --rate=VALUE\n"));
    buffer_reset(&out);
    config_write_markdown(sections, 3, &out);
    buffer_append_byte(&out, '\0');
    ck_assert_ptr_nonnull(strstr(out.data, "### [kafka]\n\n| setting | type |"));
    ck_assert_ptr_nonnull(
        strstr(out.data,
               "\n| `poll` | duration (500ms, 5s, 2m) | `500ms` | 1ms to 1m | wait of a poll |\n"));
    ck_assert_ptr_nonnull(strstr(out.data, "\n| `client_id` | text |  |  | name \\| shown |\n"));
    ck_assert_ptr_null(strstr(out.data, "rate"));
    buffer_done(&out);
}
END_TEST

SUITE_MAIN("config", defaults, precedence, flags_refuse, environment_refuses, file_is_checked,
           file_serves_several_programs, secrets_come_from_files, check_prints_what_counts,
           check_reads_back, actions_exit, help_and_markdown);
