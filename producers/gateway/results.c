#include "producers/gateway/results.h"

#include "common/base/must.h"
#include "common/json/json.h"

#include <stdlib.h>

enum { NUMBER_SIZE = 24 };

void results_init(struct results *results, size_t limit)
{
    *results = (struct results){.items = NULL};
    buffer_init(&results->text, limit * RESULTS_TEXT_BYTES);
}

void results_done(struct results *results)
{
    free(results->items);
    buffer_done(&results->text);
}

void results_begin(struct results *results, size_t count, void *owner)
{
    if (count > results->capacity) {
        results->items = must_realloc(results->items, count * sizeof *results->items);
        results->capacity = count;
    }
    results->count = count;
    buffer_reset(&results->text);
    for (size_t i = 0; i < count; i++)
        results->items[i] = (struct result){.owner = owner};
}

static struct results_text put_text(struct results *results, struct slice text, size_t limit)
{
    struct results_text place = {(uint32_t)results->text.size, (uint32_t)text.size};

    if (text.size > limit)
        return (struct results_text){0, 0};
    buffer_append_slice(&results->text, text);
    return place;
}

void results_set(struct results *results, size_t index, const struct event_json_item *item)
{
    struct result *result = &results->items[index];

    result->id = put_text(results, item->id, EVENT_ID_MAX);
    if (item->verdict == EVENT_JSON_OK)
        return;
    result->status = item->verdict == EVENT_JSON_MALFORMED ? 400 : 422;
    result->reason = item->reason;
    result->detail = item->detail;
    result->pointer = put_text(results, item->pointer, RESULTS_POINTER_MAX);
}

struct results_sum results_sum(const struct results *results)
{
    struct results_sum sum = {0};

    for (size_t i = 0; i < results->count; i++) {
        switch (results->items[i].status) {
        case 202:
            sum.accepted++;
            break;
        case 0:
        case 503:
            sum.retryable++;
            break;
        default:
            sum.rejected++;
        }
    }
    return sum;
}

int results_status(struct results_sum sum)
{
    if (sum.rejected == 0 && sum.retryable == 0)
        return 202;
    if (sum.accepted > 0)
        return 207;
    return sum.retryable > 0 ? 503 : 422;
}

static void put_number(struct buffer *out, int64_t value)
{
    char text[NUMBER_SIZE], *at = text + sizeof text;
    uint64_t left = value < 0 ? -(uint64_t)value : (uint64_t)value;

    do
        *--at = (char)('0' + left % 10);
    while ((left /= 10) > 0);
    if (value < 0)
        *--at = '-';
    buffer_append(out, at, (size_t)(text + sizeof text - at));
}

#define PUT(out, literal) buffer_append((out), literal, sizeof(literal) - 1)

/* Ids and pointers are mostly plain; the JSON writer knows what to do with the others. */
static void put_string(struct buffer *out, struct slice text)
{
    struct json_writer writer;

    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];

        if (c < ' ' || c >= 0x7f || c == '"' || c == '\\') {
            json_writer_init(&writer, out);
            json_write_string(&writer, text);
            return;
        }
    }
    PUT(out, "\"");
    buffer_append_slice(out, text);
    PUT(out, "\"");
}

static struct slice text_of(const struct results *results, struct results_text place)
{
    return (struct slice){results->text.data + place.at, place.size};
}

static void put_receipt(const struct result *result, struct buffer *out)
{
    PUT(out, ",\"status\":202,\"partition\":");
    put_number(out, result->partition);
    PUT(out, ",\"offset\":");
    if (result->offset < 0)
        PUT(out, "null");
    else
        put_number(out, result->offset);
}

static void put_fault(const struct results *results, const struct result *result,
                      struct buffer *out)
{
    PUT(out, ",\"status\":");
    put_number(out, result->status);
    PUT(out, ",\"reason\":");
    put_string(out, slice_of(result->reason));
    if (result->pointer.size > 0) {
        PUT(out, ",\"pointer\":");
        put_string(out, text_of(results, result->pointer));
    }
    PUT(out, ",\"detail\":");
    put_string(out, slice_of(result->detail));
}

static void put_result(const struct results *results, size_t index, struct buffer *out)
{
    const struct result *result = &results->items[index];

    PUT(out, "{\"index\":");
    put_number(out, (int64_t)index);
    if (result->id.size > 0) {
        PUT(out, ",\"id\":");
        put_string(out, text_of(results, result->id));
    }
    if (result->status == 202)
        put_receipt(result, out);
    else
        put_fault(results, result, out);
    PUT(out, "}");
}

void results_write(const struct results *results, struct results_sum sum, struct buffer *out)
{
    PUT(out, "{\"accepted\":");
    put_number(out, (int64_t)sum.accepted);
    PUT(out, ",\"rejected\":");
    put_number(out, (int64_t)(sum.rejected + sum.retryable));
    PUT(out, ",\"results\":[");
    for (size_t i = 0; i < results->count; i++) {
        if (i > 0)
            PUT(out, ",");
        put_result(results, i, out);
    }
    PUT(out, "]}\n");
}
