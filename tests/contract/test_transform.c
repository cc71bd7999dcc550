/* The contract of a transform, for the group that this is built with: its descriptor is whole;
 * whatever batches are cut, each record gives one output, in order, and their ranges cover the
 * source; and an output says the same whatever batch its record came in. No server. */
#include "common/base/must.h"
#include "common/codec/codec.h"
#include "common/transform/output.h"
#include "tests/contract/running.h"
#include "tests/support/sample/sample.h"
#include "tests/support/suite/suite.h"

#include GROUP_HEADER

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TEXT_OF(name)  #name
#define NAME_OF(macro) TEXT_OF(macro)

enum { ROUNDS = 12, SILENT_MS = 1800 };

/* No store is there. */
static const char *const nowhere[] = {"--postgres-uri=host=/nonexistent/tributary",
                                      "--redis-address=/nonexistent/tributary", NULL};

static size_t size_of(enum setting_type type)
{
    switch (type) {
    case SETTING_TEXT:
        return sizeof(const char *);
    case SETTING_REAL:
        return sizeof(double);
    case SETTING_BOOLEAN:
        return sizeof(bool);
    case SETTING_CHOICE:
        return sizeof(int);
    default:
        return sizeof(int64_t);
    }
}

START_TEST(the_descriptor_is_whole)
{
    const struct transform *transform = &GROUP_TRANSFORM;

    ck_assert_str_eq(transform->name, NAME_OF(GROUP));
    /* What the sinks read. */
    ck_assert_str_eq(transform->output, "classifications");
    ck_assert_str_eq(transform->input.topic, "transactions");
    ck_assert_int_eq(transform->input.kind, INPUT_TRANSACTIONS);
    ck_assert_uint_gt(transform->state_size, 0);
    ck_assert_ptr_nonnull(transform->open);
    ck_assert_ptr_nonnull(transform->map);
    ck_assert_ptr_nonnull(transform->close);
    ck_assert((transform->taken == NULL) == (transform->revoked == NULL));
    ck_assert((transform->setting_count == 0) == (transform->settings_size == 0));
    ck_assert((transform->setting_count == 0) == (transform->settings == NULL));
}
END_TEST

START_TEST(each_setting_has_a_place_of_its_own)
{
    const struct transform *transform = &GROUP_TRANSFORM;

    for (size_t i = 0; i < transform->setting_count; i++) {
        const struct setting *setting = &transform->settings[i];
        size_t end = setting->offset + size_of(setting->type);

        ck_assert_msg(end <= transform->settings_size, "%s", setting->name);
        ck_assert_msg(setting->help != NULL && setting->help[0] != '\0', "%s", setting->name);
        ck_assert_msg(setting->min <= setting->max, "%s", setting->name);
        for (size_t other = 0; other < i; other++) {
            const struct setting *before = &transform->settings[other];

            ck_assert_str_ne(setting->name, before->name);
            ck_assert_msg(end <= before->offset ||
                              before->offset + size_of(before->type) <= setting->offset,
                          "%s and %s", setting->name, before->name);
        }
    }
}
END_TEST

/* As the runtime does after an open that failed, or was never reached. */
START_TEST(it_may_be_opened_again_and_closed_unopened)
{
    struct running *running = running_open(&GROUP_TRANSFORM, nowhere);
    void *unopened = must_alloc(GROUP_TRANSFORM.state_size);
    struct error error = {0};

    ck_assert_int_eq(GROUP_TRANSFORM.open(running_state(running), running_context(running), &error),
                     STATUS_OK);
    running_close(running);
    GROUP_TRANSFORM.close(unopened);
    free(unopened);
}
END_TEST

static struct source *make_source(struct random *random, struct arena **ret_arena)
{
    struct source *source = must_alloc(sizeof *source);

    *ret_arena = arena_new(SOURCE_ARENA_BYTES);
    source_make(source, random, *ret_arena);
    return source;
}

static void assert_same_outputs(const struct source *source, const struct running *a,
                                const struct running *b)
{
    for (int32_t p = 0; p < SOURCE_PARTITIONS; p++)
        for (size_t i = 0; i < source->counts[p]; i++)
            ck_assert_msg(slice_equal(running_output(a, p, i), running_output(b, p, i)),
                          "partition %d, record %zu: the output depends on the batch", (int)p, i);
}

/* One output a record, in order, without a hole: running_feed checks as they come. */
START_TEST(any_cuts_give_the_same_outputs_which_cover_the_source)
{
    size_t decided[DECIDER_COUNT] = {0};
    struct random random;

    random_init(&random, suite_seed());
    for (int round = 0; round < ROUNDS; round++) {
        struct arena *arena;
        struct source *source = make_source(&random, &arena);
        struct running *runs[2];

        for (int i = 0; i < 2; i++) {
            runs[i] = running_open(&GROUP_TRANSFORM, nowhere);
            running_feed(runs[i], source, &random);
        }
        assert_same_outputs(source, runs[0], runs[1]);
        for (int decider = 0; decider < DECIDER_COUNT; decider++)
            decided[decider] += running_decided(runs[0], (enum decider)decider);
        running_close(runs[0]);
        running_close(runs[1]);
        arena_free(arena);
        free(source);
    }
    /* Or the outputs would be the same for want of anything to say. */
    ck_assert_uint_gt(decided[DECIDER_MODEL], 0);
    ck_assert(!STORES_TAUGHT || decided[DECIDER_USER] > 0);
    ck_assert(!STORES_TAUGHT || decided[DECIDER_MERCHANT] > 0);
}
END_TEST

/* ---- The map alone ---- */

static void prepare(struct running *running, const struct batch *batch)
{
    struct error error = {0};

    if (GROUP_TRANSFORM.prepare != NULL)
        ck_assert_int_eq(GROUP_TRANSFORM.prepare(running_state(running), batch, &error), STATUS_OK);
}

/* Leaves what the runtime sets, and the record, alone. */
static struct classification map(struct running *running, const struct batch *batch, size_t index)
{
    const struct record before = batch->records[index];
    const struct transaction event = *before.transaction;
    struct classification output = {0};
    struct error error = {0};

    ck_assert_int_eq(
        GROUP_TRANSFORM.map(running_state(running), batch, &batch->records[index], &output, &error),
        STATUS_OK);
    ck_assert_int_eq(memcmp(&before, &batch->records[index], sizeof before), 0);
    ck_assert(sample_same_transaction(&event, before.transaction));
    ck_assert(output.from == 0 && output.to == 0 && output.classified_at == 0);
    output.to = before.offset;
    output.classified_at = RUNNING_WALL_US;
    return output;
}

static struct slice encode(const struct classification *output, struct arena *arena)
{
    struct event_fault fault;
    struct classification back;
    struct buffer buffer;
    struct slice bytes;
    struct error error = {0};

    ck_assert_msg(event_check_classification(output, &fault), "%s: %s", fault.field, fault.detail);
    buffer_init(&buffer, OUTPUT_BYTES_MAX);
    ck_assert(output_encode(output, &buffer));
    bytes = arena_copy(arena, buffer_slice(&buffer));
    buffer_done(&buffer);
    ck_assert_int_eq(codec_decode_classification(bytes, arena, &back, &error), STATUS_OK);
    ck_assert_msg(sample_same_classification(output, &back), "decodes to something else");
    return bytes;
}

/* All events of the source in one batch. */
static size_t collect_events(const struct source *source, struct record *records)
{
    size_t count = 0;

    for (int32_t p = 0; p < SOURCE_PARTITIONS; p++)
        for (size_t i = 0; i < source->counts[p]; i++)
            if (source->records[p][i].transaction != NULL)
                records[count++] = source->records[p][i];
    return count;
}

static void assert_pure(struct running *running, struct batch *batch)
{
    struct classification outputs[SOURCE_RECORDS];
    struct slice wanted[SOURCE_RECORDS];
    struct batch alone = *batch;

    prepare(running, batch);
    for (size_t i = 0; i < batch->count; i++)
        outputs[i] = map(running, batch, i);
    /* Each has memory of its own. */
    for (size_t i = 0; i < batch->count; i++)
        wanted[i] = encode(&outputs[i], batch->arena);
    for (size_t i = batch->count; i-- > 0;) {
        struct classification again = map(running, batch, i);

        ck_assert_msg(slice_equal(encode(&again, batch->arena), wanted[i]), "depends on the order");
    }
    alone.count = 1;
    for (size_t i = 0; i < batch->count; i++, alone.records++) {
        struct classification again;

        prepare(running, &alone);
        again = map(running, &alone, 0);
        ck_assert_msg(slice_equal(encode(&again, batch->arena), wanted[i]), "depends on company");
    }
}

START_TEST(the_map_is_pure)
{
    struct random random;

    random_init(&random, suite_seed());
    for (int round = 0; round < ROUNDS; round++) {
        struct arena *arena;
        struct source *source = make_source(&random, &arena);
        struct running *running = running_open(&GROUP_TRANSFORM, nowhere);
        struct record records[SOURCE_RECORDS];
        struct batch batch = {.records = records,
                              .count = collect_events(source, records),
                              .arena = arena,
                              .now = {RUNNING_WALL_US, clock_steady_us()}};

        ck_assert_uint_gt(batch.count, 0);
        assert_pure(running, &batch);
        running_close(running);
        arena_free(arena);
        free(source);
    }
}
END_TEST

/* A peer that takes connections and never says a word. */
static int listen_silently(int *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(fd, 64), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

START_TEST(stores_that_say_nothing_do_not_hold_it_up)
{
    int port, fd = listen_silently(&port);
    char postgres[64], redis[64];
    /* Nothing but the group's own deadlines ends a wait soon. */
    const char *const silent[] = {postgres,
                                  redis,
                                  "--postgres-connect-timeout=10s",
                                  "--redis-connect-timeout=10s",
                                  "--redis-command-timeout=10s",
                                  NULL};
    struct random random;
    struct arena *arena;
    struct source *source;
    struct running *running;
    struct record records[SOURCE_RECORDS];
    struct batch batch = {.records = records};

    random_init(&random, suite_seed());
    source = make_source(&random, &arena);
    snprintf(postgres, sizeof postgres, "--postgres-uri=host=127.0.0.1 port=%d", port);
    snprintf(redis, sizeof redis, "--redis-address=127.0.0.1:%d", port);
    running = running_open(&GROUP_TRANSFORM, silent);
    if (GROUP_TRANSFORM.taken != NULL)
        GROUP_TRANSFORM.taken(running_state(running), 0);
    batch.count = collect_events(source, records);
    batch.arena = arena;
    batch.now = (struct now){RUNNING_WALL_US, clock_steady_us()};
    prepare(running, &batch);
    for (size_t i = 0; i < batch.count; i++) {
        struct classification output = map(running, &batch, i);

        encode(&output, arena);
    }
    ck_assert_int_lt(clock_steady_ms() - batch.now.steady_us / 1000, SILENT_MS);
    running_close(running);
    arena_free(arena);
    free(source);
    close(fd);
}
END_TEST

SUITE_MAIN("contract", the_descriptor_is_whole, each_setting_has_a_place_of_its_own,
           it_may_be_opened_again_and_closed_unopened,
           any_cuts_give_the_same_outputs_which_cover_the_source, the_map_is_pure,
           stores_that_say_nothing_do_not_hold_it_up);
