#include "producers/gateway/descriptors.h"

#include <sys/resource.h>

enum {
    RESERVED = 128,         /* 64 clients of the admin port, files, the main thread */
    RESERVED_A_THREAD = 64, /* its loop, and the producer's: some for each broker */
};

int64_t descriptors_raise(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return INT32_MAX;
    if (limit.rlim_cur != limit.rlim_max) {
        struct rlimit raised = {limit.rlim_max, limit.rlim_max};

        if (setrlimit(RLIMIT_NOFILE, &raised) == 0)
            limit = raised;
    }
    return limit.rlim_cur > INT32_MAX ? INT32_MAX : (int64_t)limit.rlim_cur;
}

int64_t descriptors_connections(int64_t limit, int64_t threads, int64_t wanted)
{
    int64_t room = (limit - RESERVED) / threads - RESERVED_A_THREAD;

    if (room > wanted)
        return wanted;
    return room > 1 ? room : 1;
}
