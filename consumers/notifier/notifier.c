/* The notifier group: tells people of transactions that want their eye, by rows of the outbox. It
 * keeps nothing of the others, so it cannot know that it has seen one of them before. */
#include "consumers/notifier/notifier.h"

#include "common/base/must.h"
#include "common/outbox/outbox.h"
#include "consumers/notifier/notifier_logic.h"

struct notifier_settings {
    double review_below;
    const char *large_amounts;
};

static const struct setting settings[] = {
    {.name = "review_below",
     SETTING_AT(REAL, struct notifier_settings, review_below),
     .fallback = "0.3",
     .min = 0,
     .max = 1,
     .help = "the user is asked to look at a category that is less sure than this"},
    {.name = "large_amounts",
     SETTING_AT(TEXT, struct notifier_settings, large_amounts),
     .fallback = "*:100000",
     .max = 1024,
     .help = "what the user is told of at once, in minor units by currency: EUR:100000,*:200000; *"
             " is every other one"},
};

struct notifier {
    struct notifier_measures measures;
    struct outbox outbox;
    bool opened;
};

/* The items of a batch: those of one record stand together. */
struct told {
    struct outbox_item *items;
    size_t *records; /* whose they are */
    size_t count;
};

/* What stands in the arena of the words of a notification. */
static struct slice payload_in(struct arena *arena, const char *kind,
                               const struct classification *output, struct buffer *scratch)
{
    buffer_reset(scratch);
    notifier_payload(kind, output, scratch);
    MUST(!scratch->overflow);
    return arena_copy(arena, buffer_slice(scratch));
}

static bool told_add(struct told *told, const struct batch *batch, size_t record,
                     const struct notifier_rule *rule, struct buffer *scratch)
{
    const struct record *source = &batch->records[record];
    struct outbox_item *item = &told->items[told->count];

    *item = (struct outbox_item){
        .tenant_key = source->tenant_key,
        .user_key = source->user_key,
        .kind = rule->kind,
        .subject = source->classification->transaction->id,
        .payload = payload_in(batch->arena, rule->kind, source->classification, scratch)};
    told->records[told->count++] = record;
    return item->payload.data != NULL;
}

/* Which rules apply to which records. */
static enum status told_collect(struct told *told, const struct notifier *self,
                                const struct batch *batch, struct error *error)
{
    struct buffer scratch;
    bool fits = true;

    told->count = 0;
    told->items = arena_zalloc(batch->arena, NOTIFIER_RULES * batch->count, sizeof *told->items);
    told->records =
        arena_zalloc(batch->arena, NOTIFIER_RULES * batch->count, sizeof *told->records);
    if (told->items == NULL || told->records == NULL)
        return arena_no_room(error);
    buffer_init(&scratch, OUTBOX_PAYLOAD_BYTES);
    for (size_t i = 0; i < batch->count && fits; i++)
        for (size_t r = 0; r < NOTIFIER_RULES && fits; r++)
            if (notifier_rules[r].applies(&self->measures, batch->records[i].classification))
                fits = told_add(told, batch, i, &notifier_rules[r], &scratch);
    buffer_done(&scratch);
    return fits ? STATUS_OK : arena_no_room(error);
}

/* A record is a duplicate when it would insert something and all of it was there; one of which
 * there is nothing to tell is applied, each time that it comes. */
static void told_judge(const struct told *told, const struct batch *batch,
                       struct verdicts *verdicts)
{
    size_t item = 0;

    for (size_t i = 0; i < batch->count; i++) {
        size_t rows = 0, fresh = 0;

        for (; item < told->count && told->records[item] == i; item++) {
            rows += told->items[item].ret_rows;
            fresh += told->items[item].ret_new;
        }
        verdict_set(verdicts, i, rows > 0 && fresh == 0 ? VERDICT_DUPLICATE : VERDICT_APPLIED);
    }
}

static enum status notifier_apply(void *state, struct postgres_tx *tx, const struct batch *batch,
                                  struct verdicts *verdicts, struct error *error)
{
    struct notifier *self = state;
    struct told told;
    enum status status = told_collect(&told, self, batch, error);

    if (status == STATUS_OK)
        status = outbox_append(&self->outbox, tx, told.items, told.count, batch->arena, error);
    if (status == STATUS_OK)
        told_judge(&told, batch, verdicts);
    return status;
}

static enum status notifier_open(void *state, const struct sink_context *context,
                                 struct error *error)
{
    const struct notifier_settings *given = context->settings;
    struct notifier *self = state;

    if (self->opened) /* before, and tried again */
        return STATUS_OK;
    self->measures.review_below = given->review_below;
    outbox_init(&self->outbox);
    self->opened = true;
    return notifier_limits_parse(slice_of(given->large_amounts), &self->measures.large, error);
}

static void notifier_close(void *state)
{
    struct notifier *self = state;

    if (self->opened)
        outbox_done(&self->outbox);
}

static const struct input inputs[] = {{"classifications", INPUT_CLASSIFICATIONS}};

const struct sink notifier_sink = {
    .name = "notifier",
    .inputs = inputs,
    .input_count = sizeof inputs / sizeof inputs[0],
    .settings = settings,
    .setting_count = sizeof settings / sizeof settings[0],
    .settings_size = sizeof(struct notifier_settings),
    .state_size = sizeof(struct notifier),
    .open = notifier_open,
    .apply = notifier_apply,
    .close = notifier_close,
};
