/* The tests' broker: quick to start, and what it promises after being killed, stopped, paused. */
#include "tests/support/broker/broker.h"

#include "tests/support/process/place.h"
#include "tests/support/suite/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

START_TEST(keeps_its_topics_whatever_ends_it)
{
    OWNED(broker) broker = broker_start(NULL);
    char topic[64];

    printf("broker up after %lld ms\n", (long long)broker_ready_ms(broker));
    snprintf(topic, sizeof topic, "%stopic", broker_prefix(broker));
    broker_create_topic(broker, topic, 24);
    ck_assert_int_eq(broker_end_offset(broker, topic, 23), 0);
    broker_restart(broker);
    printf("again after %lld ms\n", (long long)broker_ready_ms(broker));
    ck_assert_int_eq(broker_end_offset(broker, topic, 0), 0);
    broker_kill(broker);
    broker_restart(broker);
    printf("after a kill, %lld ms\n", (long long)broker_ready_ms(broker));
    ck_assert_int_eq(broker_end_offset(broker, topic, 0), 0);
    broker_pause(broker);
    broker_resume(broker);
    ck_assert_int_eq(broker_end_offset(broker, topic, 0), 0);
}
END_TEST

START_TEST(prefixes_differ)
{
    OWNED(broker) broker = NULL;
    const char *first;

    setenv("TRIBUTARY_TEST_BROKER", "127.0.0.1:9", 1);
    broker = broker_shared();
    first = broker_prefix(broker);
    ck_assert_str_ne(first, broker_prefix(broker));
    ck_assert_str_eq(broker_address(broker), "127.0.0.1:9");
}
END_TEST

SUITE_MAIN_TIMEOUT("broker", 90, keeps_its_topics_whatever_ends_it, prefixes_differ);
