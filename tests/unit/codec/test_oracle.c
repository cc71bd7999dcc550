/* common/codec against avro-c: the same bytes from the same events, both ways. */
#include "common/codec/codec.h"
#include "tests/support/avro/avro.h"
#include "tests/support/sample/sample.h"
#include "tests/support/suite/suite.h"

#include <stdlib.h>

enum { ROUNDS = 400, PREFIX = 5 };

struct setting {
    struct random random;
    struct arena *arena;
    struct avro_oracle *oracle;
    struct buffer ours;
    struct buffer theirs;
    struct error error;
};

static void begin(struct setting *setting, enum event_kind kind)
{
    *setting = (struct setting){.arena = arena_new(1 << 20)};
    random_init(&setting->random, suite_seed());
    setting->oracle = avro_oracle_new(codec_schema_json(kind));
    buffer_init(&setting->ours, 1 << 20);
    buffer_init(&setting->theirs, 1 << 20);
}

static void end(struct setting *setting)
{
    avro_oracle_free(setting->oracle);
    buffer_done(&setting->ours);
    buffer_done(&setting->theirs);
    arena_free(setting->arena);
}

static void next(struct setting *setting)
{
    arena_reset(setting->arena);
    buffer_reset(&setting->ours);
    buffer_reset(&setting->theirs);
}

/* Equal bytes, which avro-c reads back as what it was given. */
static void compare(struct setting *setting)
{
    struct slice ours = {setting->ours.data + PREFIX, setting->ours.size - PREFIX};

    ck_assert(!setting->ours.overflow);
    ck_assert(slice_equal(ours, buffer_slice(&setting->theirs)));
    ck_assert(avro_oracle_read(setting->oracle, ours));
    ck_assert(avro_oracle_agrees(setting->oracle));
}

START_TEST(transactions_agree)
{
    struct setting setting;
    struct event_fault fault;

    begin(&setting, EVENT_TRANSACTION);
    for (int round = 0; round < ROUNDS; round++, next(&setting)) {
        struct transaction event = sample_transaction(&setting.random, setting.arena), back;

        ck_assert_msg(event_check_transaction(&event, &fault), "%s", fault.field);
        codec_encode_transaction(&event, &setting.ours);
        avro_oracle_write_transaction(setting.oracle, &event, &setting.theirs);
        compare(&setting);
        ck_assert_int_eq(codec_decode_transaction(buffer_slice(&setting.ours), setting.arena, &back,
                                                  &setting.error),
                         STATUS_OK);
        ck_assert(sample_same_transaction(&event, &back));
    }
    end(&setting);
}
END_TEST

START_TEST(feedback_agrees)
{
    struct setting setting;
    struct event_fault fault;

    begin(&setting, EVENT_FEEDBACK);
    for (int round = 0; round < ROUNDS; round++, next(&setting)) {
        struct feedback event = sample_feedback(&setting.random, setting.arena), back;

        ck_assert_msg(event_check_feedback(&event, &fault), "%s", fault.field);
        codec_encode_feedback(&event, &setting.ours);
        avro_oracle_write_feedback(setting.oracle, &event, &setting.theirs);
        compare(&setting);
        ck_assert_int_eq(codec_decode_feedback(buffer_slice(&setting.ours), setting.arena, &back,
                                               &setting.error),
                         STATUS_OK);
        ck_assert(sample_same_feedback(&event, &back));
    }
    end(&setting);
}
END_TEST

START_TEST(classifications_agree)
{
    struct setting setting;
    struct event_fault fault;

    begin(&setting, EVENT_CLASSIFICATION);
    for (int round = 0; round < ROUNDS; round++, next(&setting)) {
        struct classification event = sample_classification(&setting.random, setting.arena), back;

        ck_assert_msg(event_check_classification(&event, &fault), "%s", fault.field);
        codec_encode_classification(&event, &setting.ours);
        avro_oracle_write_classification(setting.oracle, &event, &setting.theirs);
        compare(&setting);
        ck_assert_int_eq(codec_decode_classification(buffer_slice(&setting.ours), setting.arena,
                                                     &back, &setting.error),
                         STATUS_OK);
        ck_assert(sample_same_classification(&event, &back));
    }
    end(&setting);
}
END_TEST

/* A byte changed anywhere: refused, or an event that encodes again; never more than that. */
START_TEST(damage_is_survived)
{
    struct setting setting;
    size_t taken = 0;

    begin(&setting, EVENT_CLASSIFICATION);
    for (int round = 0; round < 20 * ROUNDS; round++, next(&setting)) {
        struct classification event = sample_classification(&setting.random, setting.arena), back;
        struct error error = {0};

        codec_encode_classification(&event, &setting.ours);
        for (uint64_t i = 1 + random_below(&setting.random, 3); i > 0; i--)
            setting.ours.data[PREFIX + random_below(&setting.random, setting.ours.size - PREFIX)] =
                (char)random_next(&setting.random);
        if (codec_decode_classification(buffer_slice(&setting.ours), setting.arena, &back,
                                        &error) != STATUS_OK) {
            ck_assert_int_eq(error.status, STATUS_REJECT);
            continue;
        }
        taken++;
        codec_encode_classification(&back, &setting.theirs);
        ck_assert(!setting.theirs.overflow);
    }
    ck_assert_uint_gt(taken, 0);
    end(&setting);
}
END_TEST

START_TEST(every_cut_is_refused)
{
    struct setting setting;

    begin(&setting, EVENT_CLASSIFICATION);
    for (int round = 0; round < 30; round++, next(&setting)) {
        struct classification event = sample_classification(&setting.random, setting.arena), back;

        codec_encode_classification(&event, &setting.ours);
        for (size_t size = 0; size < setting.ours.size; size++) {
            struct error error = {0};
            /* Its own memory, so that the sanitizer sees a read behind it. */
            char *cut = malloc(size);

            memcpy(cut, setting.ours.data, size);
            ck_assert_int_eq(codec_decode_classification((struct slice){cut, size}, setting.arena,
                                                         &back, &error),
                             STATUS_REJECT);
            free(cut);
            arena_reset(setting.arena);
        }
    }
    end(&setting);
}
END_TEST

SUITE_MAIN("codec oracle", transactions_agree, feedback_agrees, classifications_agree,
           damage_is_survived, every_cut_is_refused);
