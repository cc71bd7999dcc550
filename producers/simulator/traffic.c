#include "producers/simulator/traffic.h"

#include "common/base/must.h"
#include "producers/simulator/person.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>

enum {
    RECENT = 64,    /* transactions that can be sent again or refunded */
    SAYINGS = 4096, /* feedback that is to come */
    TEXT_SIZE = 96,
    ID_SIZE = 48,
    PER_DAY = 3, /* transactions of a user */
};

/* In a thousand. */
enum {
    AGAIN = 10,
    REFUND = 20,
    LATE = 30,
    CORRECTION = 400, /* of those that the user calls otherwise */
    CONFIRMATION = 20,
    RATING = 20,
};

#define DAY_US  INT64_C(86400000000)
#define YEAR_US (365 * DAY_US)

/* A transaction with all its texts. */
struct made {
    char id[ID_SIZE], user[ID_SIZE], merchant[TEXT_SIZE], description[TEXT_SIZE];
    uint32_t number; /* of the user */
    struct world_merchant shop;
    const char *currency;
    const char *label;
    int64_t amount_minor;
    int64_t occurred_at;
    int32_t mcc;
    bool online;
};

/* Feedback that comes when so many transactions are out. */
struct saying {
    uint64_t due;
    char id[ID_SIZE], user[ID_SIZE], transaction[ID_SIZE];
    enum feedback_kind kind;
    const char *category;
    int32_t rating;
    int64_t occurred_at;
};

struct traffic {
    struct traffic_plan plan;
    struct random random;
    struct person_past *past;
    int64_t step_us;
    uint64_t count; /* transactions given */
    uint64_t made;  /* of them, not repeated */
    struct made recent[RECENT];
    struct saying *sayings; /* a ring, by due */
    size_t first, waiting;
    struct text_pair metadata[1];
};

struct traffic *traffic_new(const struct traffic_plan *plan)
{
    struct traffic *traffic = must_alloc(sizeof *traffic);

    MUST(plan->users > 0 && plan->users <= TRAFFIC_USERS_MAX);
    traffic->plan = *plan;
    traffic->random = world_random(plan->seed, 0, 0);
    traffic->past = must_alloc(plan->users * sizeof *traffic->past);
    traffic->sayings = must_alloc(SAYINGS * sizeof *traffic->sayings);
    traffic->step_us = DAY_US / ((int64_t)plan->users * PER_DAY);
    if (plan->events > 0 && traffic->step_us > YEAR_US / (int64_t)plan->events)
        traffic->step_us = YEAR_US / (int64_t)plan->events;
    if (traffic->step_us == 0)
        traffic->step_us = 1;
    return traffic;
}

void traffic_free(struct traffic *traffic)
{
    if (traffic == NULL)
        return;
    free(traffic->past);
    free(traffic->sayings);
    free(traffic);
}

static bool happens(struct traffic *traffic, uint64_t in_a_thousand)
{
    return random_below(&traffic->random, 1000) < in_a_thousand;
}

/* As terminals print it: sometimes in capitals with the branch's number. */
static void write_texts(struct traffic *traffic, struct made *made)
{
    char name[WORLD_NAME_SIZE];

    (void)world_name(traffic->plan.seed, made->shop, name);
    if (happens(traffic, 300)) {
        for (char *c = name; *c != '\0'; c++)
            *c = (char)toupper((unsigned char)*c);
        snprintf(made->merchant, TEXT_SIZE, "%s %u", name,
                 1 + (unsigned)random_below(&traffic->random, 40));
    } else {
        snprintf(made->merchant, TEXT_SIZE, "%s", name);
    }
    snprintf(made->description, TEXT_SIZE, "%s %04u %s", made->amount_minor < 0 ? "credit" : "card",
             (unsigned)random_below(&traffic->random, 10000), name);
}

static int64_t minor_of(const char *currency, int64_t hundredths)
{
    return strcmp(currency, "JPY") == 0 ? hundredths * 3 / 2 : hundredths;
}

static int64_t time_of(struct traffic *traffic)
{
    int64_t at_us =
        traffic->plan.start_us +
        (int64_t)(traffic->made % (uint64_t)(YEAR_US / traffic->step_us)) * traffic->step_us;

    return at_us;
}

static void make_purchase(struct traffic *traffic, struct made *made)
{
    uint32_t number = (uint32_t)random_below(&traffic->random, traffic->plan.users);
    struct person person = person_of(traffic->plan.seed, number);
    int64_t at_us = time_of(traffic);
    struct person_purchase purchase =
        person_next(&person, &traffic->past[number], at_us, &traffic->random);

    made->number = number;
    made->shop = purchase.merchant;
    made->currency = person.currency;
    made->label = person_category(&person, purchase.merchant);
    made->amount_minor = minor_of(person.currency, purchase.amount);
    made->occurred_at = at_us;
    made->mcc = world_mcc(traffic->plan.seed, purchase.merchant);
    made->online = random_below(&traffic->random, 4) == 0;
    if (happens(traffic, LATE))
        made->occurred_at -= DAY_US * (1 + (int64_t)random_below(&traffic->random, 5));
}

/* Some of what was bought lately comes back, in part or in full. */
static void make_refund(struct traffic *traffic, struct made *made, const struct made *bought)
{
    *made = *bought;
    made->amount_minor = -(bought->amount_minor / (1 + (int64_t)random_below(&traffic->random, 2)));
    if (made->amount_minor == 0)
        made->amount_minor = -1;
    made->occurred_at = time_of(traffic);
}

static struct made *recent_of(struct traffic *traffic)
{
    uint64_t kept = traffic->made < RECENT ? traffic->made : RECENT;

    return &traffic->recent[(traffic->made - 1 - random_below(&traffic->random, kept)) % RECENT];
}

static struct made *make(struct traffic *traffic)
{
    const struct made *bought =
        traffic->made > 0 && happens(traffic, REFUND) ? recent_of(traffic) : NULL;
    struct made made = {.number = 0};

    if (bought != NULL && bought->amount_minor > 0)
        make_refund(traffic, &made, bought);
    else
        make_purchase(traffic, &made);
    snprintf(made.id, ID_SIZE, "s%" PRIx64 "-%" PRIu64, traffic->plan.seed, traffic->made);
    snprintf(made.user, ID_SIZE, "user-%06" PRIu32, made.number);
    write_texts(traffic, &made);
    traffic->recent[traffic->made % RECENT] = made;
    return &traffic->recent[traffic->made++ % RECENT];
}

/* Comes when so many more transactions are out, and not before what was said earlier. */
static void say(struct traffic *traffic, const struct made *made, enum feedback_kind kind,
                uint64_t delay, int32_t stars)
{
    size_t place = (traffic->first + traffic->waiting) % SAYINGS;
    struct saying *saying = &traffic->sayings[place];
    uint64_t due = traffic->count + delay;

    if (traffic->waiting == SAYINGS)
        return;
    if (traffic->waiting > 0) {
        uint64_t last = traffic->sayings[(place + SAYINGS - 1) % SAYINGS].due;

        due = due < last ? last : due;
    }
    *saying = (struct saying){.due = due,
                              .kind = kind,
                              .category = kind == FEEDBACK_KIND_CORRECTION ? made->label : "",
                              .rating = kind == FEEDBACK_KIND_RATING ? stars : 0,
                              .occurred_at = made->occurred_at + DAY_US / 24};
    snprintf(saying->id, ID_SIZE, "f-%.*s", ID_SIZE - 3, made->id);
    snprintf(saying->user, ID_SIZE, "%s", made->user);
    snprintf(saying->transaction, ID_SIZE, "%s", made->id);
    traffic->waiting++;
}

/* All is drawn whether corrections are wanted or not, so that the transactions are the same. */
static void perhaps_say(struct traffic *traffic, const struct made *made)
{
    bool own = strcmp(made->label, world_categories[made->shop.category].name) != 0;
    bool corrects = happens(traffic, CORRECTION), confirms = happens(traffic, CONFIRMATION);
    bool rates = happens(traffic, RATING);
    uint64_t delay = 20 + random_below(&traffic->random, 200);
    int32_t stars = 1 + (int32_t)random_below(&traffic->random, 5);

    if (own && corrects && traffic->plan.corrections)
        say(traffic, made, FEEDBACK_KIND_CORRECTION, delay, stars);
    else if (!own && confirms)
        say(traffic, made, FEEDBACK_KIND_CONFIRMATION, delay, stars);
    else if (!own && rates)
        say(traffic, made, FEEDBACK_KIND_RATING, delay, stars);
}

static void give_transaction(struct traffic *traffic, const struct made *made,
                             struct feeder_event *ret)
{
    traffic->metadata[0] = (struct text_pair){SLICE_LITERAL("channel"),
                                              slice_of(made->online ? "online" : "terminal")};
    ret->kind = EVENT_TRANSACTION;
    ret->label = slice_of(made->label);
    ret->transaction = (struct transaction){
        .id = slice_of(made->id),
        .user = slice_of(made->user),
        .amount_minor = made->amount_minor,
        .currency = slice_of(made->currency),
        .description = slice_of(made->description),
        .merchant = slice_of(made->merchant),
        .mcc = made->mcc,
        .occurred_at = made->occurred_at,
        .metadata = traffic->metadata,
        .metadata_count = 1,
    };
}

static void give_saying(struct traffic *traffic, struct feeder_event *ret)
{
    const struct saying *saying = &traffic->sayings[traffic->first];

    traffic->first = (traffic->first + 1) % SAYINGS;
    traffic->waiting--;
    ret->kind = EVENT_FEEDBACK;
    ret->feedback = (struct feedback){
        .id = slice_of(saying->id),
        .user = slice_of(saying->user),
        .transaction_id = slice_of(saying->transaction),
        .kind = saying->kind,
        .category = slice_of(saying->category),
        .rating = saying->rating,
        .occurred_at = saying->occurred_at,
    };
}

bool traffic_next(struct traffic *traffic, struct feeder_event *ret_event)
{
    bool ended = traffic->plan.events > 0 && traffic->count == traffic->plan.events;

    *ret_event = (struct feeder_event){.place.at = traffic->count};
    if (traffic->waiting > 0 && (ended || traffic->sayings[traffic->first].due <= traffic->count)) {
        give_saying(traffic, ret_event);
        return true;
    }
    if (ended)
        return false;
    ret_event->again = traffic->made > 0 && happens(traffic, AGAIN);
    if (ret_event->again) {
        give_transaction(traffic, recent_of(traffic), ret_event);
    } else {
        const struct made *made = make(traffic);

        perhaps_say(traffic, made);
        give_transaction(traffic, made, ret_event);
    }
    traffic->count++;
    return true;
}
