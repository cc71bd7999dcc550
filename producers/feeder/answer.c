#include "producers/feeder/answer.h"

#include <stdio.h>
#include <stdlib.h>

enum { DEPTH_RESULT = 3 }; /* the document, its results, one of them */

enum member { OTHER, INDEX, STATUS, PARTITION, OFFSET, REASON, POINTER };

struct reading {
    struct feeder_outcome *outcomes;
    size_t count;
    size_t depth;
    bool in_results; /* the array of that name */
    bool seen;
    enum member member;
    bool has_index;
    int64_t index;
    struct feeder_outcome outcome;
};

static bool key(void *context, struct slice name)
{
    static const struct {
        const char *name;
        enum member member;
    } members[] = {{"index", INDEX},   {"status", STATUS}, {"partition", PARTITION},
                   {"offset", OFFSET}, {"reason", REASON}, {"pointer", POINTER}};
    struct reading *reading = context;

    reading->member = OTHER;
    if (reading->depth == 1)
        reading->in_results = slice_equal(name, SLICE_LITERAL("results"));
    if (reading->depth != DEPTH_RESULT || !reading->in_results)
        return true;
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        if (slice_equal(name, slice_of(members[i].name)))
            reading->member = members[i].member;
    return true;
}

static bool in_result(const struct reading *reading)
{
    return reading->depth == DEPTH_RESULT && reading->in_results;
}

/* A whole number of at most 18 digits; anything else is no index, status or offset. */
static bool whole(struct slice text, int64_t *ret)
{
    char digits[24];
    char *end;

    if (text.size == 0 || text.size > 18)
        return false;
    snprintf(digits, sizeof digits, "%.*s", SLICE_FORMAT(text));
    *ret = strtoll(digits, &end, 10);
    return *end == '\0';
}

static bool number(void *context, struct slice text)
{
    struct reading *reading = context;
    int64_t value;

    if (!in_result(reading) || reading->member == OTHER)
        return true;
    if (!whole(text, &value))
        return false;
    switch (reading->member) {
    case INDEX:
        reading->index = value;
        reading->has_index = true;
        return true;
    case STATUS:
        reading->outcome.status = value >= 0 && value <= 999 ? (int)value : 0;
        return true;
    case PARTITION:
        reading->outcome.partition = value >= 0 && value <= INT32_MAX ? (int32_t)value : -1;
        return true;
    case OFFSET:
        reading->outcome.offset = value;
        return true;
    default:
        return true;
    }
}

static bool string(void *context, struct slice text)
{
    struct reading *reading = context;

    if (in_result(reading) && reading->member == REASON)
        reading->outcome.reason = text;
    if (in_result(reading) && reading->member == POINTER)
        reading->outcome.pointer = text;
    return true;
}

static bool object_begin(void *context)
{
    struct reading *reading = context;

    reading->depth++;
    if (in_result(reading)) {
        reading->outcome = (struct feeder_outcome){.partition = -1, .offset = -1};
        reading->has_index = false;
    }
    return true;
}

static enum feeder_result result_of(int status)
{
    if (status == 202)
        return FEEDER_ACCEPTED;
    return status == 400 || status == 413 || status == 422 ? FEEDER_REJECTED : FEEDER_UNKNOWN;
}

static bool object_end(void *context)
{
    struct reading *reading = context;

    if (in_result(reading)) {
        if (!reading->has_index || reading->index < 0 || reading->index >= (int64_t)reading->count)
            return false;
        reading->outcome.result = result_of(reading->outcome.status);
        reading->outcomes[reading->index] = reading->outcome;
    }
    reading->depth--;
    return true;
}

static bool array_begin(void *context)
{
    struct reading *reading = context;

    reading->depth++;
    if (reading->depth == 2 && reading->in_results)
        reading->seen = true;
    return true;
}

static bool array_end(void *context)
{
    struct reading *reading = context;

    reading->depth--;
    return true;
}

enum status feeder_answer_parse(struct json_parser *parser, struct slice body, struct arena *arena,
                                struct feeder_outcome *outcomes, size_t count, struct error *error)
{
    static const struct json_handlers handlers = {
        .number = number,
        .string = string,
        .object_begin = object_begin,
        .key = key,
        .object_end = object_end,
        .array_begin = array_begin,
        .array_end = array_end,
    };
    struct reading reading = {.outcomes = outcomes, .count = count};
    enum status status;

    for (size_t i = 0; i < count; i++)
        outcomes[i] = (struct feeder_outcome){.partition = -1, .offset = -1};
    status = json_parse(parser, body, arena, &handlers, &reading, error);
    if (status != STATUS_OK)
        return status;
    if (!reading.seen)
        return error_set(error, STATUS_REJECT, "the answer has no results");
    return STATUS_OK;
}
