#include "tests/support/proxy/proxy_rule.h"

static bool is_kafka(const struct proxy_message *message, enum proxy_direction direction,
                     int16_t api_key)
{
    return message->direction == direction && message->api_key == api_key;
}

static bool matches(enum proxy_match match, const struct proxy_message *message)
{
    switch (match) {
    case PROXY_ANY_REQUEST:
        return message->direction == PROXY_REQUEST;
    case PROXY_ANY_ANSWER:
        return message->direction == PROXY_ANSWER;
    case PROXY_PRODUCE:
        return is_kafka(message, PROXY_REQUEST, PROXY_KAFKA_PRODUCE);
    case PROXY_PRODUCE_ANSWER:
        return is_kafka(message, PROXY_ANSWER, PROXY_KAFKA_PRODUCE);
    case PROXY_OFFSET_COMMIT:
        return is_kafka(message, PROXY_REQUEST, PROXY_KAFKA_OFFSET_COMMIT);
    case PROXY_OFFSET_COMMIT_ANSWER:
        return is_kafka(message, PROXY_ANSWER, PROXY_KAFKA_OFFSET_COMMIT);
    case PROXY_COMMIT:
        return message->direction == PROXY_REQUEST && message->commit &&
               (message->type == 'Q' || message->type == 'E');
    case PROXY_COMMIT_ANSWER:
        return message->direction == PROXY_ANSWER && message->commit;
    }
    return false;
}

enum proxy_verdict proxy_rule_judge(struct proxy_rule *rule, const struct proxy_message *message,
                                    bool *ret_matched)
{
    enum proxy_verdict verdict = PROXY_PASS;

    for (int match = 0; match < PROXY_MATCHES; match++) {
        if (matches((enum proxy_match)match, message))
            rule->seen[match]++;
    }
    *ret_matched = false;
    if (rule->filter != NULL) {
        verdict = rule->filter(rule->context, message);
        *ret_matched = verdict != PROXY_PASS;
    } else if (rule->left > 0 && matches(rule->match, message)) {
        rule->left--;
        verdict = rule->verdict;
        *ret_matched = true;
    }
    return verdict;
}
