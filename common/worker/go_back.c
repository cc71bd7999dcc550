#include "common/worker/go_back.h"

enum go_back_verdict go_back_read(int64_t next_source, struct go_back_range range)
{
    if (range.to < next_source)
        return GO_BACK_RERUN;
    return range.from <= next_source ? GO_BACK_APPLY : GO_BACK_AHEAD;
}

void go_back_acks_init(struct go_back_acks *acks, int64_t committed)
{
    acks->last_offset = -1;
    acks->committable = committed;
}

bool go_back_acks_take(struct go_back_acks *acks, struct go_back_range range, bool delivered,
                       int64_t offset)
{
    if (!delivered || offset < 0 || offset <= acks->last_offset || range.from != acks->committable)
        return false;
    acks->last_offset = offset;
    acks->committable = range.to + 1;
    return true;
}
