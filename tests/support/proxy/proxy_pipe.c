#include "tests/support/proxy/proxy_pipe.h"

#include "common/base/must.h"

enum { PASSING_BYTES = 256 << 10 };

void proxy_pipe_init(struct proxy_pipe *pipe, enum proxy_direction direction)
{
    *pipe = (struct proxy_pipe){.direction = direction};
    buffer_init(&pipe->bytes, PROXY_BUFFER_BYTES);
}

void proxy_pipe_done(struct proxy_pipe *pipe)
{
    buffer_done(&pipe->bytes);
}

static struct proxy_segment *segment_at(struct proxy_pipe *pipe, size_t index)
{
    return &pipe->segments[(pipe->first + index) % PROXY_SEGMENTS];
}

static bool holds_some(const struct proxy_pipe *pipe)
{
    for (size_t i = 0; i < pipe->count; i++) {
        if (pipe->segments[(pipe->first + i) % PROXY_SEGMENTS].held)
            return true;
    }
    return false;
}

/* Little while everything passes, so that a slow reader slows its writer down as without us. */
size_t proxy_pipe_room(const struct proxy_pipe *pipe, bool delayed)
{
    size_t limit = delayed || holds_some(pipe) ? PROXY_BUFFER_BYTES : PASSING_BYTES;

    return pipe->bytes.size < limit ? limit - pipe->bytes.size : 0;
}

static void add_segment(struct proxy_pipe *pipe, size_t size, int64_t due_ms, bool held)
{
    struct proxy_segment *last = pipe->count == 0 ? NULL : segment_at(pipe, pipe->count - 1);

    pipe->judged += size;
    if (last != NULL && last->held == held && last->due_ms == due_ms) {
        last->size += size;
        return;
    }
    MUST(pipe->count < PROXY_SEGMENTS);
    *segment_at(pipe, pipe->count++) = (struct proxy_segment){size, due_ms, held};
}

static void remove_unjudged(struct proxy_pipe *pipe, size_t size)
{
    char *from = pipe->bytes.data + pipe->judged;
    size_t behind = pipe->bytes.size - pipe->judged - size;

    memmove(from, from + size, behind);
    pipe->bytes.size -= size;
}

/* What has come of the message that was judged last goes its way. */
static void move_rest(struct proxy_pipe *pipe, const struct proxy_judge *judge)
{
    size_t there = pipe->bytes.size - pipe->judged;
    size_t size = pipe->rest < there ? pipe->rest : there;

    if (size > 0 && pipe->verdict == PROXY_DROP)
        remove_unjudged(pipe, size);
    else if (size > 0)
        add_segment(pipe, size, judge->due_ms, pipe->verdict == PROXY_HOLD);
    pipe->rest -= size;
    if (pipe->rest == 0 && pipe->counts) {
        pipe->counts = false;
        judge->rule->matched++;
    }
}

static size_t message_size(const struct proxy_pipe *pipe, const struct proxy_judge *judge,
                           struct slice bytes)
{
    switch (judge->protocol) {
    case PROXY_KAFKA:
        return proxy_kafka_size(pipe->direction, bytes);
    case PROXY_POSTGRES:
        return proxy_postgres_size(judge->postgres, pipe->direction, bytes);
    case PROXY_RAW:
        break;
    }
    return bytes.size < PROXY_VIEW_BYTES ? bytes.size : PROXY_VIEW_BYTES;
}

static enum proxy_verdict judge_message(const struct proxy_judge *judge,
                                        struct proxy_message *message, bool *ret_matched)
{
    enum proxy_verdict verdict;

    if (judge->protocol == PROXY_KAFKA)
        proxy_kafka_read(judge->kafka, message);
    if (judge->protocol == PROXY_POSTGRES)
        proxy_postgres_read(judge->postgres, message);
    verdict = proxy_rule_judge(judge->rule, message, ret_matched);
    if (judge->protocol == PROXY_KAFKA && message->direction == PROXY_REQUEST &&
        (verdict == PROXY_PASS || verdict == PROXY_HOLD))
        proxy_kafka_sent(judge->kafka, message);
    return verdict;
}

/* The first message of what is not judged yet; false while too little of it is there. */
static bool begin_message(struct proxy_pipe *pipe, const struct proxy_judge *judge)
{
    struct slice bytes = {pipe->bytes.data + pipe->judged, pipe->bytes.size - pipe->judged};
    struct proxy_message message = {
        .connection = judge->connection, .direction = pipe->direction, .api_key = -1};
    size_t view;

    message.size = bytes.size == 0 ? 0 : message_size(pipe, judge, bytes);
    view = message.size < PROXY_VIEW_BYTES ? message.size : PROXY_VIEW_BYTES;
    if (message.size == 0 || bytes.size < view || pipe->count == PROXY_SEGMENTS)
        return false;
    message.bytes = (struct slice){bytes.data, view};
    pipe->verdict = judge_message(judge, &message, &pipe->counts);
    pipe->rest = message.size;
    return true;
}

bool proxy_pipe_judge(struct proxy_pipe *pipe, const struct proxy_judge *judge)
{
    while (pipe->rest > 0 || begin_message(pipe, judge)) {
        if (pipe->verdict == PROXY_CUT) {
            judge->rule->matched += pipe->counts;
            return false;
        }
        if (pipe->count == PROXY_SEGMENTS)
            break;
        move_rest(pipe, judge);
        if (pipe->rest > 0)
            break;
    }
    return true;
}

void proxy_pipe_end(struct proxy_pipe *pipe)
{
    size_t size = pipe->bytes.size - pipe->judged;

    if (size > 0 && pipe->count < PROXY_SEGMENTS)
        add_segment(pipe, size, 0, false);
}

struct slice proxy_pipe_due(const struct proxy_pipe *pipe, int64_t now_ms)
{
    size_t size = 0;

    for (size_t i = 0; i < pipe->count; i++) {
        const struct proxy_segment *segment = &pipe->segments[(pipe->first + i) % PROXY_SEGMENTS];

        if (segment->held || segment->due_ms > now_ms)
            break;
        size += segment->size;
    }
    return (struct slice){pipe->bytes.data, size};
}

void proxy_pipe_written(struct proxy_pipe *pipe, size_t size)
{
    buffer_consume(&pipe->bytes, size);
    pipe->judged -= size;
    while (size > 0) {
        struct proxy_segment *segment = segment_at(pipe, 0);
        size_t part = segment->size < size ? segment->size : size;

        segment->size -= part;
        size -= part;
        if (segment->size > 0)
            break;
        pipe->first = (pipe->first + 1) % PROXY_SEGMENTS;
        pipe->count--;
    }
}

int64_t proxy_pipe_next_ms(const struct proxy_pipe *pipe)
{
    const struct proxy_segment *segment = &pipe->segments[pipe->first];

    return pipe->count == 0 || segment->held ? INT64_MAX : segment->due_ms;
}

bool proxy_pipe_empty(const struct proxy_pipe *pipe)
{
    return pipe->bytes.size == 0;
}

void proxy_pipe_release(struct proxy_pipe *pipe)
{
    for (size_t i = 0; i < pipe->count; i++)
        segment_at(pipe, i)->held = false;
    if (pipe->verdict == PROXY_HOLD)
        pipe->verdict = PROXY_PASS;
}
