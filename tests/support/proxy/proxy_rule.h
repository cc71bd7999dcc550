/* What becomes of a message: the armed rule or the test's filter, and what was seen. Internal to
 * tests/support/proxy; under the proxy's lock. */
#ifndef TRIBUTARY_TESTS_SUPPORT_PROXY_RULE_H
#define TRIBUTARY_TESTS_SUPPORT_PROXY_RULE_H

#include "tests/support/proxy/proxy.h"

enum { PROXY_MATCHES = PROXY_COMMIT_ANSWER + 1 };

struct proxy_rule {
    proxy_filter *filter; /* over the rest if not NULL */
    void *context;
    enum proxy_match match;
    enum proxy_verdict verdict;
    int left;         /* how many more get the verdict */
    uint64_t matched; /* since it was set; held ones count when they are whole */
    uint64_t seen[PROXY_MATCHES];
};

/* *ret_matched: it counts as a match (which the caller does). */
enum proxy_verdict proxy_rule_judge(struct proxy_rule *rule, const struct proxy_message *message,
                                    bool *ret_matched);

#endif
