/* Fork and exec of one child: internal to tests/support/process. */
#ifndef TRIBUTARY_TESTS_SUPPORT_PROCESS_LAUNCH_H
#define TRIBUTARY_TESTS_SUPPORT_PROCESS_LAUNCH_H

#include "tests/support/process/process.h"

/* The new child's pid; a child that cannot exec fails the test. */
pid_t process_launch(const struct process_options *options);

#endif
