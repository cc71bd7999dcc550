#include "tests/support/sample/sample.h"

#include "common/base/must.h"

enum { RAW_MAX = 2000 };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void *take(struct arena *arena, size_t count, size_t size)
{
    void *place = arena_zalloc(arena, count, size);

    MUST(place != NULL);
    return place;
}

struct slice sample_text(struct random *random, struct arena *arena, size_t min, size_t max)
{
    static const char *const pieces[] = {
        "a",
        "Z",
        "7",
        " ",
        "-",
        "\"",
        "\\",
        "{",
        "merchant",
        "\xc3\xa9",
        "\xe2\x82\xac",
        "\xe2\x80\xae",
        "\xf0\x9f\x98\x80",
    };
    /* Short ones mostly; the longest now and then. */
    size_t limit = random_below(random, 8) == 0 ? max : max < 24 ? max : 24;
    size_t wanted = min + random_below(random, limit - min + 1), size = 0;
    char *text = take(arena, max + 1, 1);

    while (size < wanted) {
        const char *piece = pieces[random_below(random, COUNT(pieces))];

        if (size + strlen(piece) > wanted)
            piece = "x";
        memcpy(text + size, piece, strlen(piece));
        size += strlen(piece);
    }
    return (struct slice){text, size};
}

static struct slice sample_bytes(struct random *random, struct arena *arena)
{
    size_t size = random_below(random, RAW_MAX);
    char *bytes = take(arena, RAW_MAX, 1);

    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)random_next(random);
    return (struct slice){bytes, size};
}

static struct slice sample_tenant(struct random *random)
{
    static const char *const tenants[] = {"acme", "a", "0-_z", "abcdefghijklmnopqrstuvwxyz012345"};

    return slice_of(tenants[random_below(random, COUNT(tenants))]);
}

/* 0 .. bound, both ends likely. */
static int64_t sample_number(struct random *random, int64_t bound)
{
    switch (random_below(random, 8)) {
    case 0:
        return 0;
    case 1:
        return bound;
    case 2:
        return (int64_t)random_below(random, 200) % (bound + 1);
    default:
        return (int64_t)random_below(random, (uint64_t)bound + 1);
    }
}

static const struct text_pair *sample_metadata(struct random *random, struct arena *arena,
                                               size_t *ret_count)
{
    size_t count = (size_t)sample_number(random, random_below(random, 4) == 0 ? 32 : 3);
    struct text_pair *pairs;

    *ret_count = count;
    if (count == 0)
        return NULL;
    pairs = take(arena, count, sizeof *pairs);
    for (size_t i = 0; i < count; i++) {
        struct slice name = sample_text(random, arena, 1, 60);
        char *key = take(arena, name.size + 2, 1);

        /* No two the same. */
        key[0] = (char)('A' + i % 26);
        key[1] = (char)('a' + i / 26);
        memcpy(key + 2, name.data, name.size);
        pairs[i].key = (struct slice){key, name.size + 2};
        pairs[i].value = sample_text(random, arena, 0, EVENT_METADATA_VALUE_MAX);
    }
    return pairs;
}

struct transaction sample_transaction(struct random *random, struct arena *arena)
{
    static const char *const currencies[] = {"EUR", "USD", "JPY", "KWD", "CLF"};
    struct transaction event = {
        .tenant = sample_tenant(random),
        .id = sample_text(random, arena, 1, EVENT_ID_MAX),
        .user = sample_text(random, arena, 1, EVENT_ID_MAX),
        .account = sample_text(random, arena, 0, EVENT_ID_MAX),
        .amount_minor = sample_number(random, EVENT_AMOUNT_MAX),
        .currency = slice_of(currencies[random_below(random, COUNT(currencies))]),
        .description = sample_text(random, arena, 0, EVENT_DESCRIPTION_MAX),
        .merchant = sample_text(random, arena, 0, EVENT_MERCHANT_MAX),
        .mcc = (int32_t)sample_number(random, EVENT_MCC_MAX),
        .occurred_at = EVENT_OCCURRED_MIN + sample_number(random, INT64_C(1) << 51),
    };

    if (random_below(random, 4) == 0)
        event.amount_minor = -event.amount_minor;
    event.received_at = event.occurred_at + sample_number(random, INT64_C(1) << 40);
    event.metadata = sample_metadata(random, arena, &event.metadata_count);
    return event;
}

struct feedback sample_feedback(struct random *random, struct arena *arena)
{
    struct feedback event = {
        .tenant = sample_tenant(random),
        .id = sample_text(random, arena, 1, EVENT_ID_MAX),
        .user = sample_text(random, arena, 1, EVENT_ID_MAX),
        .transaction_id = sample_text(random, arena, 1, EVENT_ID_MAX),
        .kind = (enum feedback_kind)random_below(random, FEEDBACK_KIND_COUNT),
        .occurred_at = EVENT_OCCURRED_MIN + sample_number(random, INT64_C(1) << 51),
    };

    if (event.kind == FEEDBACK_KIND_CORRECTION)
        event.category = sample_text(random, arena, 1, EVENT_CATEGORY_MAX);
    if (event.kind == FEEDBACK_KIND_RATING)
        event.rating = 1 + (int32_t)random_below(random, EVENT_RATING_MAX);
    event.received_at = event.occurred_at + sample_number(random, INT64_C(1) << 40);
    event.metadata = sample_metadata(random, arena, &event.metadata_count);
    return event;
}

static void sample_classified(struct random *random, struct arena *arena,
                              struct classification *event)
{
    struct transaction *transaction = take(arena, 1, sizeof *transaction);
    size_t count = random_below(random, EVENT_REASONS_MAX + 1);
    struct reason *reasons = take(arena, EVENT_REASONS_MAX, sizeof *reasons);

    *transaction = sample_transaction(random, arena);
    for (size_t i = 0; i < count; i++)
        reasons[i] = (struct reason){
            .source = (enum decider)random_below(random, DECIDER_NONE),
            .category = sample_text(random, arena, 1, EVENT_CATEGORY_MAX),
            .confidence = (float)random_unit(random),
            .evidence = (int32_t)sample_number(random, INT32_MAX),
        };
    event->transaction = transaction;
    event->category = sample_text(random, arena, 1, EVENT_CATEGORY_MAX);
    event->confidence = (float)random_unit(random);
    event->decided_by = (enum decider)random_below(random, DECIDER_COUNT);
    event->model_version = sample_text(random, arena, 0, EVENT_MODEL_VERSION_MAX);
    event->reasons = count > 0 ? reasons : NULL;
    event->reasons_count = count;
}

static void sample_rejected(struct random *random, struct arena *arena,
                            struct classification *event)
{
    struct reject *reject = take(arena, 1, sizeof *reject);

    *reject = (struct reject){
        .reason = SLICE_LITERAL("trailing_bytes"),
        .detail = sample_text(random, arena, 0, EVENT_REJECT_DETAIL_MAX),
        .key = sample_bytes(random, arena),
        .value = sample_bytes(random, arena),
    };
    event->reject = reject;
}

struct classification sample_classification(struct random *random, struct arena *arena)
{
    struct classification event = {
        .from = sample_number(random, INT64_C(1) << 60),
        .outcome = (enum outcome)random_below(random, OUTCOME_COUNT),
        .decided_by = DECIDER_NONE,
        .classified_at = EVENT_OCCURRED_MIN + sample_number(random, INT64_C(1) << 51),
    };

    event.to = event.from + sample_number(random, 1000);
    if (event.outcome == OUTCOME_CLASSIFIED)
        sample_classified(random, arena, &event);
    if (event.outcome == OUTCOME_REJECTED)
        sample_rejected(random, arena, &event);
    return event;
}

static bool same_metadata(const struct text_pair *a, size_t a_count, const struct text_pair *b,
                          size_t b_count)
{
    if (a_count != b_count)
        return false;
    for (size_t i = 0; i < a_count; i++)
        if (!slice_equal(a[i].key, b[i].key) || !slice_equal(a[i].value, b[i].value))
            return false;
    return true;
}

bool sample_same_transaction(const struct transaction *a, const struct transaction *b)
{
    return slice_equal(a->tenant, b->tenant) && slice_equal(a->id, b->id) &&
           slice_equal(a->user, b->user) && slice_equal(a->account, b->account) &&
           a->amount_minor == b->amount_minor && slice_equal(a->currency, b->currency) &&
           slice_equal(a->description, b->description) && slice_equal(a->merchant, b->merchant) &&
           a->mcc == b->mcc && a->occurred_at == b->occurred_at &&
           a->received_at == b->received_at &&
           same_metadata(a->metadata, a->metadata_count, b->metadata, b->metadata_count);
}

bool sample_same_feedback(const struct feedback *a, const struct feedback *b)
{
    return slice_equal(a->tenant, b->tenant) && slice_equal(a->id, b->id) &&
           slice_equal(a->user, b->user) && slice_equal(a->transaction_id, b->transaction_id) &&
           a->kind == b->kind && slice_equal(a->category, b->category) && a->rating == b->rating &&
           a->occurred_at == b->occurred_at && a->received_at == b->received_at &&
           same_metadata(a->metadata, a->metadata_count, b->metadata, b->metadata_count);
}

static bool same_reasons(const struct classification *a, const struct classification *b)
{
    if (a->reasons_count != b->reasons_count)
        return false;
    for (size_t i = 0; i < a->reasons_count; i++)
        if (a->reasons[i].source != b->reasons[i].source ||
            !slice_equal(a->reasons[i].category, b->reasons[i].category) ||
            a->reasons[i].confidence != b->reasons[i].confidence ||
            a->reasons[i].evidence != b->reasons[i].evidence)
            return false;
    return true;
}

static bool same_reject(const struct reject *a, const struct reject *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return slice_equal(a->reason, b->reason) && slice_equal(a->detail, b->detail) &&
           slice_equal(a->key, b->key) && slice_equal(a->value, b->value);
}

bool sample_same_classification(const struct classification *a, const struct classification *b)
{
    if ((a->transaction == NULL) != (b->transaction == NULL))
        return false;
    if (a->transaction != NULL && !sample_same_transaction(a->transaction, b->transaction))
        return false;
    return a->from == b->from && a->to == b->to && a->outcome == b->outcome &&
           slice_equal(a->category, b->category) && a->confidence == b->confidence &&
           a->decided_by == b->decided_by && slice_equal(a->model_version, b->model_version) &&
           same_reasons(a, b) && same_reject(a->reject, b->reject) &&
           a->classified_at == b->classified_at;
}
