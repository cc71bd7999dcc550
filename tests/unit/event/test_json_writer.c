/* common/event: events into JSON, which reads back as the same. */
#include "common/base/random.h"
#include "tests/unit/event/setting.h"

START_TEST(events_are_written)
{
    static const struct text_pair metadata[] = {{{"k\"", 2}, {"v\\", 2}}};
    static const struct reason reasons[] = {{DECIDER_USER, {"dining", 6}, 0.5f, 3}};
    const struct transaction transaction = {
        .tenant = SLICE_LITERAL("acme"),
        .id = SLICE_LITERAL("t1"),
        .user = SLICE_LITERAL("u1"),
        .amount_minor = -1230,
        .currency = SLICE_LITERAL("EUR"),
        .mcc = 42,
        .occurred_at = noon,
        .received_at = noon,
        .metadata = metadata,
        .metadata_count = 1,
    };
    const struct classification classified = {
        .from = 1,
        .to = 2,
        .outcome = OUTCOME_CLASSIFIED,
        .transaction = &transaction,
        .category = SLICE_LITERAL("dining"),
        .confidence = 0.1f,
        .decided_by = DECIDER_USER,
        .model_version = SLICE_LITERAL("7"),
        .reasons = reasons,
        .reasons_count = 1,
        .classified_at = noon,
    };
    const struct reject reject = {SLICE_LITERAL("bad_utf8"), SLICE_LITERAL("d"),
                                  SLICE_LITERAL("\xff"), SLICE_LITERAL("1234")};
    const struct classification rejected = {
        .from = 3,
        .to = 3,
        .outcome = OUTCOME_REJECTED,
        .decided_by = DECIDER_NONE,
        .reject = &reject,
        .classified_at = noon,
    };
    struct buffer out;

    buffer_init(&out, 8192);
    event_json_write_transaction(&transaction, EVENT_JSON_POSTED, &out);
    buffer_append_text(&out, "\n");
    event_json_write_classification(&classified, &out);
    buffer_append_text(&out, "\n");
    event_json_write_classification(&rejected, &out);
    buffer_append_byte(&out, 0);
    ck_assert_str_eq(
        out.data,
        "{\"id\":\"t1\",\"user\":\"u1\",\"amount\":\"-12.30\",\"currency\":\"EUR\",\"mcc\":42,"
        "\"occurred_at\":\"2026-02-28T12:00:00.000000Z\",\"metadata\":{\"k\\\"\":\"v\\\\\"}}\n"
        "{\"from\":1,\"to\":2,\"outcome\":\"classified\",\"transaction\":{\"tenant\":\"acme\","
        "\"id\":\"t1\",\"user\":\"u1\",\"amount\":\"-12.30\",\"currency\":\"EUR\",\"mcc\":42,"
        "\"occurred_at\":\"2026-02-28T12:00:00.000000Z\","
        "\"received_at\":\"2026-02-28T12:00:00.000000Z\",\"metadata\":{\"k\\\"\":\"v\\\\\"}},"
        "\"category\":\"dining\",\"confidence\":0.1,\"decided_by\":\"user\","
        "\"model_version\":\"7\",\"reasons\":[{\"source\":\"user\",\"category\":\"dining\","
        "\"confidence\":0.5,\"evidence\":3}],\"classified_at\":\"2026-02-28T12:00:00.000000Z\"}\n"
        "{\"from\":3,\"to\":3,\"outcome\":\"rejected\",\"reject\":{\"reason\":\"bad_utf8\","
        "\"detail\":\"d\",\"key_bytes\":1,\"value_bytes\":4},"
        "\"classified_at\":\"2026-02-28T12:00:00.000000Z\"}");
    buffer_done(&out);
}
END_TEST

static struct slice random_text(struct random *random, struct arena *arena, size_t max)
{
    static const char *const pieces[] = {
        "a", "Z", "0", " ", "\"", "\\", "/", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
    struct buffer text;
    struct slice copy;

    buffer_init(&text, max);
    for (uint64_t count = random_below(random, 20); count > 0 && text.size + 4 <= max; count--)
        buffer_append_text(&text, pieces[random_below(random, sizeof pieces / sizeof pieces[0])]);
    if (text.size == 0)
        buffer_append_text(&text, "x");
    copy = arena_copy(arena, buffer_slice(&text));
    buffer_done(&text);
    return copy;
}

static bool same(struct slice a, struct slice b)
{
    return slice_equal(a, b);
}

static bool same_transaction(const struct transaction *a, const struct transaction *b)
{
    bool equal = same(a->tenant, b->tenant) && same(a->id, b->id) && same(a->user, b->user) &&
                 same(a->account, b->account) && a->amount_minor == b->amount_minor &&
                 same(a->currency, b->currency) && same(a->description, b->description) &&
                 same(a->merchant, b->merchant) && a->mcc == b->mcc &&
                 a->occurred_at == b->occurred_at && a->received_at == b->received_at &&
                 a->metadata_count == b->metadata_count;

    for (size_t i = 0; equal && i < a->metadata_count; i++)
        equal = same(a->metadata[i].key, b->metadata[i].key) &&
                same(a->metadata[i].value, b->metadata[i].value);
    return equal;
}

START_TEST(what_is_written_reads_back)
{
    static const char *const currencies[] = {"EUR", "JPY", "KWD", "CLF"};
    struct arena *texts = arena_new(1 << 20);
    struct random random;
    struct setting setting;
    struct buffer body;

    random_init(&random, suite_seed());
    begin(&setting, EVENT_TRANSACTION);
    buffer_init(&body, 1 << 16);
    for (int round = 0; round < 1000; round++) {
        struct text_pair pair = {random_text(&random, texts, 64), random_text(&random, texts, 256)};
        struct transaction event = {
            .tenant = SLICE_LITERAL("acme"),
            .id = random_text(&random, texts, 64),
            .user = random_text(&random, texts, 64),
            .account = random_text(&random, texts, 64),
            .amount_minor = (int64_t)random_below(&random, 2000000) - 1000000,
            .currency = slice_of(currencies[random_below(&random, 4)]),
            .description = random_text(&random, texts, 512),
            .merchant = random_text(&random, texts, 128),
            .mcc = (int32_t)random_below(&random, 10000),
            .occurred_at = noon - (int64_t)random_below(&random, 1ULL << 50),
            .received_at = noon,
            .metadata = &pair,
            .metadata_count = (size_t)random_below(&random, 2),
        };
        const struct event_json_item *item;

        buffer_reset(&body);
        event_json_write_transaction(&event, EVENT_JSON_POSTED, &body);
        buffer_append_byte(&body, 0);
        item = only(&setting, body.data);
        ck_assert_msg(item->verdict == EVENT_JSON_OK, "%s: %s", body.data, item->reason);
        ck_assert_msg(same_transaction(&event, &item->transaction), "%s", body.data);
        arena_reset(texts);
    }
    buffer_done(&body);
    arena_free(texts);
    end(&setting);
}
END_TEST

SUITE_MAIN("event json writer", events_are_written, what_is_written_reads_back);
