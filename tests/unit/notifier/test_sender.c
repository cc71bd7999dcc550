#include "consumers/notifier/channels/webhook.h"
#include "consumers/notifier/sender/breaker.h"
#include "consumers/notifier/sender/endpoints.h"
#include "consumers/notifier/sender/schedule.h"
#include "tests/support/suite/suite.h"

#include <string.h>

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };

START_TEST(delays_follow_the_schedule_with_full_jitter)
{
    static const int64_t steps[] = {5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR,
                                    10 * HOUR,  14 * HOUR,  20 * HOUR,   24 * HOUR};
    struct random random;

    random_init(&random, suite_seed());
    for (int attempts = 1; attempts < SCHEDULE_ATTEMPTS; attempts++) {
        int64_t step = steps[attempts - 1], least = INT64_MAX, most = 0;

        for (int i = 0; i < 1000; i++) {
            int64_t delay = schedule_delay_ms(&random, attempts, 1, 0);

            least = delay < least ? delay : least;
            most = delay > most ? delay : most;
        }
        ck_assert_int_ge(least, 1);
        ck_assert_int_le(most, step);
        ck_assert_int_lt(least, step / 20);       /* from 0 … */
        ck_assert_int_gt(most, step - step / 20); /* … to all of it */
    }
    ck_assert_int_eq(schedule_delay_ms(&random, SCHEDULE_ATTEMPTS, 1, 0), SCHEDULE_GIVEN_UP);
    ck_assert_int_eq(schedule_delay_ms(&random, SCHEDULE_ATTEMPTS, 1, 60), SCHEDULE_GIVEN_UP);
    ck_assert_int_eq(schedule_delay_ms(&random, SCHEDULE_ATTEMPTS + 1, 1, 0), SCHEDULE_GIVEN_UP);
}
END_TEST

START_TEST(the_endpoint_may_ask_for_more_time_up_to_a_day)
{
    struct random random;

    random_init(&random, 1);
    ck_assert_int_eq(schedule_delay_ms(&random, 1, 1, 60), 60 * SECOND);
    ck_assert_int_eq(schedule_delay_ms(&random, 1, 0.001, 60), 60 * SECOND);
    ck_assert_int_eq(schedule_delay_ms(&random, 1, 1, INT64_MAX), 24 * HOUR);
    ck_assert_int_ge(schedule_delay_ms(&random, 9, 0, 0), 1);
}
END_TEST

static void fail_often(struct breaker *breaker, struct random *random, int64_t now_ms, int times)
{
    for (int i = 0; i < times; i++)
        breaker_failed(breaker, random, now_ms, 1);
}

START_TEST(a_breaker_opens_probes_and_closes)
{
    struct breaker breaker = {.failures = 0};
    struct random random;
    int64_t now_ms = 1000000;

    random_init(&random, suite_seed());
    fail_often(&breaker, &random, now_ms, BREAKER_FAILURES - 1);
    ck_assert_uint_eq(breaker_slots(&breaker, now_ms, 1, 4), 3);
    ck_assert_uint_eq(breaker_slots(&breaker, now_ms, 5, 4), 0);
    breaker_delivered(&breaker);
    ck_assert(breaker_is_new(&breaker));
    fail_often(&breaker, &random, now_ms, BREAKER_FAILURES);
    ck_assert_uint_eq(breaker_slots(&breaker, now_ms, 0, 4), 0);
    ck_assert(!breaker_is_new(&breaker));
    ck_assert_int_ge(breaker.probe_at_ms, now_ms + 2500);
    ck_assert_int_le(breaker.probe_at_ms, now_ms + 5000);
    now_ms = breaker.probe_at_ms;
    ck_assert_uint_eq(breaker_slots(&breaker, now_ms - 1, 0, 4), 0);
    ck_assert_uint_eq(breaker_slots(&breaker, now_ms, 0, 4), 1);
    ck_assert_uint_eq(breaker_slots(&breaker, now_ms, 1, 4), 0); /* one probe alone */
    fail_often(&breaker, &random, now_ms, 1);
    ck_assert_int_ge(breaker.probe_at_ms, now_ms + 5000); /* a longer pause */
    breaker_delivered(&breaker);
    ck_assert_uint_eq(breaker_slots(&breaker, now_ms, 0, 4), 4);
}
END_TEST

START_TEST(late_failures_do_not_lengthen_the_pause)
{
    struct breaker breaker = {.failures = 0};
    struct random random;
    int64_t probe_at_ms;

    random_init(&random, 1);
    fail_often(&breaker, &random, 0, BREAKER_FAILURES);
    probe_at_ms = breaker.probe_at_ms;
    fail_often(&breaker, &random, 100, 3);
    ck_assert_int_eq(breaker.probe_at_ms, probe_at_ms);
}
END_TEST

START_TEST(the_pause_has_an_end)
{
    struct breaker breaker = {.failures = 0};
    struct random random;
    int64_t now_ms = 0;

    random_init(&random, 1);
    fail_often(&breaker, &random, now_ms, BREAKER_FAILURES);
    for (int i = 0; i < 100; i++) {
        int64_t before_ms = now_ms = breaker.probe_at_ms;

        fail_often(&breaker, &random, now_ms, 1);
        ck_assert_int_le(breaker.probe_at_ms - before_ms, 320 * SECOND);
    }
}
END_TEST

struct seen {
    size_t count;
    size_t slots;
};

static void see(void *context, const struct crypto_uuid *id, size_t slots)
{
    struct seen *seen = context;

    (void)id;
    seen->count++;
    seen->slots += slots;
}

START_TEST(endpoints_are_remembered_while_there_is_reason)
{
    struct endpoints *endpoints = endpoints_new(1, 1);
    struct seen seen = {0};

    endpoints_begin(endpoints, crypto_uuid_dns, 4);
    endpoints_begin(endpoints, crypto_uuid_dns, 4);
    endpoints_begin(endpoints, crypto_uuid_url, 4);
    endpoints_each(endpoints, 0, see, &seen);
    ck_assert_uint_eq(seen.count, 2);
    ck_assert_uint_eq(seen.slots, 2 + 3);
    endpoints_end(endpoints, crypto_uuid_dns, ENDPOINT_UNTRIED, 0);
    endpoints_end(endpoints, crypto_uuid_dns, ENDPOINT_DELIVERED, 0);
    endpoints_end(endpoints, crypto_uuid_url, ENDPOINT_FAILED, 0);
    seen = (struct seen){0};
    endpoints_each(endpoints, 0, see, &seen);
    ck_assert_uint_eq(seen.count, 1);
    ck_assert_uint_eq(endpoints_open(endpoints), 0);
    for (int i = 1; i < BREAKER_FAILURES; i++) {
        endpoints_begin(endpoints, crypto_uuid_url, 4);
        endpoints_end(endpoints, crypto_uuid_url, ENDPOINT_FAILED, 0);
    }
    ck_assert_uint_eq(endpoints_open(endpoints), 1);
    endpoints_free(endpoints);
}
END_TEST

START_TEST(both_secrets_sign)
{
    /* Computed with standardwebhooks 1.1.0 of PyPI. */
    struct channel_message message = {.payload = SLICE_LITERAL("{\"test\": 2432232314}"),
                                      .secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                                      .previous_secret = ""};
    char text[WEBHOOK_SIGNATURES_SIZE], twice[WEBHOOK_SIGNATURES_SIZE];
    struct error error = {0};

    message.id = crypto_uuid_dns;
    ck_assert_int_eq(webhook_signatures(&message, 1614265330, text, &error), STATUS_OK);
    ck_assert_str_eq(text, "v1,G+9CStDDHUAPGeRilZoYCwKgTcC/Bj6CtDIgh2VodvU=");
    message.previous_secret = message.secret;
    ck_assert_int_eq(webhook_signatures(&message, 1614265330, twice, &error), STATUS_OK);
    ck_assert_int_eq(strncmp(twice, text, strlen(text)), 0);
    ck_assert_int_eq(twice[strlen(text)], ' ');
    ck_assert_str_eq(twice + strlen(text) + 1, text);
    message.previous_secret = "no secret";
    ck_assert_int_eq(webhook_signatures(&message, 1614265330, twice, &error), STATUS_REJECT);
}
END_TEST

START_TEST(only_success_is_success)
{
    for (int status = 0; status < 600; status++) {
        enum channel_result expected = status >= 200 && status < 300 ? CHANNEL_SENT
                                       : status == 410               ? CHANNEL_GONE
                                                                     : CHANNEL_FAILED;

        ck_assert_int_eq(webhook_result(status), expected);
    }
}
END_TEST

SUITE_MAIN("sender", delays_follow_the_schedule_with_full_jitter,
           the_endpoint_may_ask_for_more_time_up_to_a_day, a_breaker_opens_probes_and_closes,
           late_failures_do_not_lengthen_the_pause, the_pause_has_an_end,
           endpoints_are_remembered_while_there_is_reason, both_secrets_sign,
           only_success_is_success);
