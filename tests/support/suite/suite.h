/* The main of a check program: one line at the end of a test file.
 *
 *     SUITE_MAIN("base", murmur2_is_javas, timestamps_refuse)
 *
 * Each test runs in a process of its own (CK_FORK=no in the environment for a debugger). */
#ifndef TRIBUTARY_TESTS_SUPPORT_SUITE_H
#define TRIBUTARY_TESTS_SUPPORT_SUITE_H

#include <check.h>
#include <stddef.h>
#include <stdint.h>

/* Runs the tests with a limit of `timeout_s` seconds each; the exit code for main. */
int suite_run(const char *name, double timeout_s, const TTest *const *tests, size_t count);

/* The seed of a property test: SEED of the environment, else the clock's. Printed, so that what
 * failed once can be run again. */
uint64_t suite_seed(void);

#define SUITE_MAIN_TIMEOUT(name, timeout_s, ...)                                                  \
    int main(void)                                                                                \
    {                                                                                             \
        const TTest *const tests[] = {__VA_ARGS__};                                               \
                                                                                                  \
        return suite_run(name, timeout_s, tests, sizeof tests / sizeof tests[0]);                 \
    }                                                                                             \
    _Static_assert(1, "")

#define SUITE_MAIN(name, ...) SUITE_MAIN_TIMEOUT(name, 20, __VA_ARGS__)

#endif
