#include "tests/contract/running.h"

#include "common/base/must.h"
#include "common/codec/codec.h"
#include "common/transform/output.h"
#include "tests/support/sample/sample.h"
#include "tests/support/suite/suite.h"

enum { WINDOW_BYTES = 600 * 1024, TRIES_MAX = 1000, BATCH_ARENA_BYTES = 64 << 20, FLAGS_MAX = 8 };

/* In place of common/transform/sender.c. */
struct sender {
    struct window *window;
    struct running *running;
    struct error doubt;
};

/* How far a partition is. */
struct lane {
    size_t fed, out; /* records handed over, outputs that came */
    int64_t covered; /* the first source offset without an output */
    int64_t acknowledged;
    struct slice outputs[SOURCE_RECORDS];
};

struct running {
    struct transform_program program;
    struct transform_life life;
    struct transform_context context;
    struct sender sender;
    struct config *config;
    struct metrics *metrics;
    struct arena *kept; /* outputs */
    struct record records[SOURCE_RECORDS];
    const struct source *source;
    struct random *random;
    struct lane lanes[SOURCE_PARTITIONS];
    size_t decided[DECIDER_COUNT];
};

static void load_settings(struct running *running, const char *const *flags)
{
    const struct transform *transform = running->program.transform;
    const struct config_section sections[] = {
        {"postgres", postgres_setting_table, postgres_setting_count, &running->program.postgres},
        {"redis", redis_setting_table, redis_setting_count, &running->program.redis},
        {transform->name, transform->settings, transform->setting_count,
         running->program.group_settings},
    };
    const struct config_program program = {.name = "contract",
                                           .summary = "contract",
                                           .version = "0",
                                           .sections = sections,
                                           .count = transform->setting_count > 0 ? 3 : 2};
    char texts[FLAGS_MAX][128] = {"contract"};
    char *argv[FLAGS_MAX + 1] = {texts[0]};
    enum config_action action;
    struct error error = {0};
    int count = 1;

    for (; flags[count - 1] != NULL; count++) {
        MUST(count < FLAGS_MAX);
        snprintf(texts[count], sizeof texts[count], "%s", flags[count - 1]);
        argv[count] = texts[count];
    }
    ck_assert_msg(config_load(&running->config, &program, count, argv, &action, &error) ==
                      STATUS_OK,
                  "%s", error.text);
}

static void make_life(struct running *running)
{
    struct transform_life *life = &running->life;
    const struct transform_program *program = &running->program;
    struct error error = {0};

    ck_assert_int_eq(postgres_new(&program->postgres, "contract", &life->db, &error), STATUS_OK);
    life->program = program;
    life->redis = redis_new(&program->redis);
    life->sender = &running->sender;
    life->scratch = arena_new(BATCH_ARENA_BYTES);
    life->selected = must_alloc(SOURCE_RECORDS * sizeof *life->selected);
    life->state = must_alloc(program->transform->state_size);
    buffer_init(&life->encoded, OUTPUT_BYTES_MAX);
    transform_stats_init(&life->stats, running->metrics, "contract", SOURCE_PARTITIONS);
}

struct running *running_open(const struct transform *transform, const char *const *flags)
{
    struct running *running = must_alloc(sizeof *running);
    struct error error = {0};

    running->program.transform = transform;
    running->program.group_settings = must_alloc(transform->settings_size);
    load_settings(running, flags);
    running->metrics = metrics_new();
    running->kept = arena_new(BATCH_ARENA_BYTES);
    running->sender.running = running;
    running->sender.window = window_new(WINDOW_BYTES, SOURCE_PARTITIONS);
    make_life(running);
    running->context = (struct transform_context){.name = transform->name,
                                                  .settings = running->program.group_settings,
                                                  .db = running->life.db,
                                                  .redis = running->life.redis,
                                                  .metrics = running->metrics};
    if (transform->open != NULL)
        ck_assert_int_eq(transform->open(running->life.state, &running->context, &error),
                         STATUS_OK);
    return running;
}

void running_close(struct running *running)
{
    struct transform_life *life = &running->life;

    if (running->program.transform->close != NULL)
        running->program.transform->close(life->state);
    transform_stats_done(&life->stats);
    buffer_done(&life->encoded);
    redis_free(life->redis);
    postgres_free(life->db);
    arena_free(life->scratch);
    free(life->selected);
    free(life->state);
    window_free(running->sender.window);
    metrics_free(running->metrics);
    config_free(running->config);
    arena_free(running->kept);
    free(running->program.group_settings);
    free(running);
}

void *running_state(struct running *running)
{
    return running->life.state;
}

const struct transform_context *running_context(const struct running *running)
{
    return &running->context;
}

struct slice running_output(const struct running *running, int32_t partition, size_t index)
{
    const struct lane *lane = &running->lanes[partition];

    ck_assert_uint_lt(index, lane->out);
    return lane->outputs[index];
}

size_t running_decided(const struct running *running, enum decider decider)
{
    return running->decided[decider];
}

/* ---- Outputs ---- */

static struct slice cut(struct slice bytes)
{
    size_t limit = EVENT_REJECT_RAW_MAX;

    return (struct slice){bytes.data, bytes.size < limit ? bytes.size : limit};
}

/* What the record is decides what the output says. */
static void check_content(const struct record *record, const struct classification *event)
{
    if (record->transaction != NULL) {
        ck_assert_int_eq(event->outcome, OUTCOME_CLASSIFIED);
        ck_assert(sample_same_transaction(event->transaction, record->transaction));
    } else if (record->reject_reason != NULL) {
        ck_assert_int_eq(event->outcome, OUTCOME_REJECTED);
        ck_assert(slice_equal(event->reject->reason, slice_of(record->reject_reason)));
        ck_assert(slice_equal(event->reject->key, cut(record->key)));
        ck_assert(slice_equal(event->reject->value, cut(record->value)));
    } else {
        ck_assert_int_eq(event->outcome, OUTCOME_MARKER);
    }
}

/* The key says where it goes; one that is none of ours is left out. */
static void check_key(const struct record *record, struct slice key)
{
    bool kept = record->key.data != NULL && record->key.size <= OUTPUT_KEY_MAX;

    ck_assert(kept == (key.data != NULL));
    ck_assert(!kept || slice_equal(key, record->key));
}

static void check_value(struct running *running, const struct record *record,
                        const struct window_output *output)
{
    struct arena *arena = arena_new(CODEC_DECODE_ARENA_BYTES);
    struct classification event;
    struct event_fault fault;
    struct buffer again;
    struct error error = {0};

    ck_assert_msg(codec_decode_classification(output->value, arena, &event, &error) == STATUS_OK,
                  "%s", error.text);
    ck_assert_msg(event_check_classification(&event, &fault), "%s: %s", fault.field, fault.detail);
    buffer_init(&again, OUTPUT_BYTES_MAX);
    ck_assert(output_encode(&event, &again));
    ck_assert_msg(slice_equal(buffer_slice(&again), output->value), "another encoding");
    ck_assert_int_eq(event.from, output->range.from);
    ck_assert_int_eq(event.to, output->range.to);
    ck_assert_int_eq(event.classified_at, RUNNING_WALL_US);
    check_content(record, &event);
    running->decided[event.decided_by]++;
    buffer_done(&again);
    arena_free(arena);
}

/* The next output of a partition stands for its next record, from where the last one ended. */
static void check_output(struct running *running, const struct window_output *output)
{
    struct lane *lane = &running->lanes[output->partition];
    const struct record *record = &running->source->records[output->partition][lane->out];

    ck_assert_msg(lane->out < lane->fed, "an output too many");
    ck_assert_msg(output->range.from == lane->covered, "a hole or an overlap in the ranges");
    ck_assert_msg(output->range.to == record->offset, "the range of another record");
    check_key(record, output->key);
    check_value(running, record, output);
    lane->covered = output->range.to + 1;
    lane->outputs[lane->out] = arena_copy(running->kept, output->value);
    ck_assert_ptr_nonnull(lane->outputs[lane->out++].data);
}

static void collect(struct running *running)
{
    struct window *window = running->sender.window;
    struct window_output output;

    while (window_unsent(window, &output)) {
        check_output(running, &output);
        window_sent(window);
        ck_assert_int_eq(window_report(window, window_incarnation(window), output.partition,
                                       output.sequence, true,
                                       running->lanes[output.partition].acknowledged++),
                         WINDOW_TAKEN);
    }
}

const struct window *sender_window(const struct sender *sender)
{
    return sender->window;
}

const struct error *sender_doubt(const struct sender *sender)
{
    return &sender->doubt;
}

bool sender_push(struct sender *sender, int32_t partition, int64_t to, struct slice key,
                 struct slice value)
{
    return random_below(sender->running->random, 20) > 0 &&
           window_push(sender->window, partition, to, key, value);
}

/* Room again, or the batch is given back in the middle. */
enum status sender_turn(struct sender *sender, int64_t wait_ms, struct error *error)
{
    (void)wait_ms;
    if (random_below(sender->running->random, 3) == 0)
        return error_set(error, STATUS_RETRY, "later");
    collect(sender->running);
    return STATUS_OK;
}

/* ---- Batches ---- */

static void take(struct running *running, int32_t partition, int64_t committed)
{
    const struct transform *transform = running->program.transform;

    window_take(running->sender.window, partition, committed);
    running->lanes[partition].acknowledged = 0;
    if (transform->taken != NULL)
        transform->taken(running->life.state, partition);
}

static void rebalance(struct running *running, int32_t partition)
{
    const struct transform *transform = running->program.transform;
    int64_t committed = window_committable(running->sender.window, partition);

    ck_assert_int_eq(committed, running->lanes[partition].covered);
    ck_assert_uint_eq(window_drop(running->sender.window, partition), 0);
    if (transform->revoked != NULL)
        transform->revoked(running->life.state, partition);
    take(running, partition, committed);
}

static size_t fill(struct running *running, struct arena *arena)
{
    size_t limit = random_below(running->random, 3) == 0 ? SOURCE_RECORDS : 8;
    size_t wanted = 1 + (size_t)random_below(running->random, limit), count = 0;

    for (size_t tries = 0; count < wanted && tries < 4 * wanted; tries++) {
        int32_t p = (int32_t)random_below(running->random, SOURCE_PARTITIONS);
        struct lane *lane = &running->lanes[p];

        if (lane->fed < running->source->counts[p])
            running->records[count++] =
                source_copy(&running->source->records[p][lane->fed++], arena);
    }
    return count;
}

/* Nothing of a batch may be needed after it: its memory is gone. */
static void feed_batch(struct running *running)
{
    struct arena *arena = arena_new(BATCH_ARENA_BYTES);
    struct batch batch = {.records = running->records, .arena = arena};
    struct error error;
    enum status status = STATUS_RETRY;

    batch.count = fill(running, arena);
    batch.now = (struct now){RUNNING_WALL_US, clock_steady_us()};
    for (int tries = 0; status == STATUS_RETRY && tries < TRIES_MAX; tries++) {
        error = (struct error){0};
        status = transform_apply(&running->life, &batch, &error);
    }
    ck_assert_msg(status == STATUS_OK, "%s", error.text);
    arena_free(arena);
    collect(running);
}

static bool is_fed(const struct running *running)
{
    for (int32_t p = 0; p < SOURCE_PARTITIONS; p++)
        if (running->lanes[p].fed < running->source->counts[p])
            return false;
    return true;
}

void running_feed(struct running *running, const struct source *source, struct random *random)
{
    const struct transform *transform = running->program.transform;

    running->source = source;
    running->random = random;
    for (int32_t p = 0; p < SOURCE_PARTITIONS; p++) {
        running->lanes[p].covered = source->starts[p];
        take(running, p, source->starts[p]);
    }
    while (!is_fed(running)) {
        feed_batch(running);
        if (random_below(random, 6) == 0)
            rebalance(running, (int32_t)random_below(random, SOURCE_PARTITIONS));
        if (transform->tick != NULL && random_below(random, 4) == 0)
            transform->tick(running->life.state, (struct now){RUNNING_WALL_US, clock_steady_us()});
    }
    for (int32_t p = 0; p < SOURCE_PARTITIONS; p++) {
        ck_assert_msg(running->lanes[p].out == source->counts[p], "an output is missing");
        ck_assert_int_eq(window_committable(running->sender.window, p), running->lanes[p].covered);
    }
}
