#include "operator/status.h"

#include "common/json/json.h"
#include "operator/readers.h"

#include <inttypes.h>
#include <stdio.h>

/* ---- What stands still ---- */

static const char *state_name(enum kafka_group_state state)
{
    static const char *const names[] = {[KAFKA_GROUP_EMPTY] = "empty",
                                        [KAFKA_GROUP_STABLE] = "stable",
                                        [KAFKA_GROUP_REBALANCING] = "rebalancing",
                                        [KAFKA_GROUP_DEAD] = "none",
                                        [KAFKA_GROUP_UNKNOWN] = "unknown"};

    return names[state];
}

static const char *trouble_text(enum standing_trouble trouble)
{
    static const char *const texts[] = {
        [STANDING_FINE] = "fine",
        [STANDING_BELOW] = "the log begins behind it; run `tributary offsets recover`",
        [STANDING_ABOVE] = "the log ends before it; run `tributary offsets recover`",
        [STANDING_LOST] = "outputs of the classifier are lost; run `tributary offsets recover`",
        [STANDING_NONE] = "there is none; run `tributary init`"};

    return texts[trouble];
}

void status_troubles(const struct status_view *view, void (*tell)(void *opaque, const char *line),
                     void *opaque)
{
    const struct standing *standing = &view->standing;
    char line[256];

    for (int32_t p = 0; p < standing->partitions; p++) {
        enum standing_trouble trouble = standing_of_commit(standing, p);

        if (trouble == STANDING_FINE)
            continue;
        snprintf(line, sizeof line, "%s, partition %" PRId32 ": its commit: %s", GROUP_CLASSIFIER,
                 p, trouble_text(trouble));
        tell(opaque, line);
    }
    for (size_t r = 0; r < reader_count; r++)
        for (int32_t p = 0; p < standing->partitions; p++) {
            const struct standing_row *row =
                standing_find(standing, readers[r].group, readers[r].topic, p);
            enum standing_trouble trouble =
                row == NULL ? STANDING_NONE : standing_of_row(standing, row);

            if (trouble == STANDING_FINE)
                continue;
            snprintf(line, sizeof line, "%s, topic %s, partition %" PRId32 ": its offset row: %s",
                     readers[r].group, readers[r].topic, p, trouble_text(trouble));
            tell(opaque, line);
        }
}

/* ---- For people ---- */

static void print_trouble(void *opaque, const char *line)
{
    buffer_format(opaque, "  %s\n", line);
}

static void print_count(void *opaque, const char *line)
{
    (void)line;
    (*(size_t *)opaque)++;
}

static void print_age(const struct status_reading *reading, struct buffer *out)
{
    if (reading->oldest_ms < 0)
        buffer_format(out, " %9s", "-");
    else
        buffer_format(out, " %8.1fs", (double)reading->oldest_ms / 1000);
}

static void print_reading(const struct status_reading *reading, struct buffer *out)
{
    buffer_format(out, "%-11s %-16s %10" PRId64, reading->group, reading->topic, reading->lag);
    print_age(reading, out);
    if (reading->has_books)
        buffer_format(
            out, " %12" PRId64 " %10" PRId64 " %9" PRId64 " %8" PRId64 " %10" PRId64 " %11" PRId64,
            reading->applied, reading->duplicate, reading->rejected, reading->gap,
            reading->in_flight, reading->unaccounted);
    buffer_append_byte(out, '\n');
}

static void print_letters(const struct status_view *view, struct buffer *out)
{
    buffer_append_text(out, "\nDead letters\n");
    for (size_t i = 0; i < postgres_result_rows(view->letters); i++)
        buffer_format(out, "  %-11.*s %-24.*s %10" PRId64 "\n",
                      SLICE_FORMAT(postgres_result_text(view->letters, i, 0)),
                      SLICE_FORMAT(postgres_result_text(view->letters, i, 1)),
                      postgres_result_int8(view->letters, i, 2));
    if (postgres_result_rows(view->letters) == 0)
        buffer_append_text(out, "  none\n");
}

void status_print(const struct status_view *view, struct buffer *out)
{
    size_t troubles = 0;

    buffer_format(out, "%-11s %-12s %s\n", "GROUP", "STATE", "MEMBERS");
    for (size_t i = 0; i < view->group_count; i++)
        buffer_format(out, "%-11s %-12s %7zu\n", view->groups[i].name,
                      state_name(view->groups[i].kafka.state), view->groups[i].kafka.members);
    buffer_format(out, "\n%-11s %-16s %10s %9s %12s %10s %9s %8s %10s %11s\n", "GROUP", "TOPIC",
                  "LAG", "OLDEST", "APPLIED", "DUPLICATE", "REJECTED", "GAP", "IN FLIGHT",
                  "UNACCOUNTED");
    for (size_t i = 0; i < view->reading_count; i++)
        print_reading(&view->readings[i], out);
    print_letters(view, out);
    status_troubles(view, print_count, &troubles);
    if (troubles > 0) {
        buffer_append_text(out, "\nStanding still\n");
        status_troubles(view, print_trouble, out);
    }
}

/* ---- JSON ---- */

static void write_trouble(void *opaque, const char *line)
{
    json_write_text(opaque, line);
}

static void write_number(struct json_writer *out, const char *key, int64_t value)
{
    json_write_key(out, key);
    json_write_integer(out, value);
}

static void write_reading(const struct status_reading *reading, struct json_writer *out)
{
    json_write_object_begin(out);
    json_write_key(out, "group");
    json_write_text(out, reading->group);
    json_write_key(out, "topic");
    json_write_text(out, reading->topic);
    write_number(out, "lag", reading->lag);
    json_write_key(out, "oldest_seconds");
    if (reading->oldest_ms < 0)
        json_write_null(out);
    else
        json_write_double(out, (double)reading->oldest_ms / 1000);
    if (reading->has_books) {
        write_number(out, "applied", reading->applied);
        write_number(out, "duplicate", reading->duplicate);
        write_number(out, "rejected", reading->rejected);
        write_number(out, "gap", reading->gap);
        write_number(out, "in_flight", reading->in_flight);
        write_number(out, "unaccounted", reading->unaccounted);
    }
    json_write_object_end(out);
}

static void write_groups(const struct status_view *view, struct json_writer *out)
{
    json_write_key(out, "groups");
    json_write_array_begin(out);
    for (size_t i = 0; i < view->group_count; i++) {
        json_write_object_begin(out);
        json_write_key(out, "name");
        json_write_text(out, view->groups[i].name);
        json_write_key(out, "state");
        json_write_text(out, state_name(view->groups[i].kafka.state));
        write_number(out, "members", (int64_t)view->groups[i].kafka.members);
        json_write_object_end(out);
    }
    json_write_array_end(out);
}

static void write_letters(const struct status_view *view, struct json_writer *out)
{
    json_write_key(out, "dead_letters");
    json_write_array_begin(out);
    for (size_t i = 0; i < postgres_result_rows(view->letters); i++) {
        json_write_object_begin(out);
        json_write_key(out, "group");
        json_write_string(out, postgres_result_text(view->letters, i, 0));
        json_write_key(out, "reason");
        json_write_string(out, postgres_result_text(view->letters, i, 1));
        write_number(out, "count", postgres_result_int8(view->letters, i, 2));
        json_write_object_end(out);
    }
    json_write_array_end(out);
}

void status_write(const struct status_view *view, struct buffer *out)
{
    struct json_writer writer;

    json_writer_init(&writer, out);
    json_write_object_begin(&writer);
    write_groups(view, &writer);
    json_write_key(&writer, "readings");
    json_write_array_begin(&writer);
    for (size_t i = 0; i < view->reading_count; i++)
        write_reading(&view->readings[i], &writer);
    json_write_array_end(&writer);
    write_letters(view, &writer);
    json_write_key(&writer, "standing_still");
    json_write_array_begin(&writer);
    status_troubles(view, write_trouble, &writer);
    json_write_array_end(&writer);
    json_write_object_end(&writer);
    buffer_append_byte(out, '\n');
}
