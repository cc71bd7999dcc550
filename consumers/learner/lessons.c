#include "consumers/learner/lessons.h"

#include "common/base/buffer.h"

#include <stdlib.h>

#define COMPARE(a, b) (((a) > (b)) - ((a) < (b)))

static int lesson_compare(const void *left, const void *right)
{
    const struct lesson *a = left, *b = right;
    int order = COMPARE(a->partition, b->partition);

    return order != 0 ? order : COMPARE(a->source_offset, b->source_offset);
}

static int pupil_compare(const void *left, const void *right)
{
    const struct pupil *a = left, *b = right;

    return COMPARE(a->user_key, b->user_key);
}

static void find_partitions(struct lessons *lessons)
{
    lessons->partition_count = 0;
    for (size_t i = 0; i < lessons->count; i++) {
        struct partition_changes *last = lessons->partitions + lessons->partition_count;

        if (lessons->partition_count == 0 || last[-1].partition != lessons->items[i].partition) {
            *last = (struct partition_changes){.partition = lessons->items[i].partition};
            lessons->partition_count++;
        }
        lessons->partitions[lessons->partition_count - 1].changes++;
    }
}

static void find_pupils(struct lessons *lessons)
{
    size_t kept = 0;

    for (size_t i = 0; i < lessons->count; i++)
        lessons->pupils[i] = (struct pupil){.user_key = lessons->items[i].user_key,
                                            .partition = lessons->items[i].partition};
    qsort(lessons->pupils, lessons->count, sizeof *lessons->pupils, pupil_compare);
    for (size_t i = 0; i < lessons->count; i++)
        if (kept == 0 || lessons->pupils[kept - 1].user_key != lessons->pupils[i].user_key)
            lessons->pupils[kept++] = lessons->pupils[i];
    lessons->pupil_count = kept;
}

enum status lessons_prepare(struct lessons *lessons, struct arena *arena, struct error *error)
{
    size_t count = lessons->count;

    lessons->partitions = arena_alloc(arena, count * sizeof *lessons->partitions);
    lessons->pupils = arena_alloc(arena, count * sizeof *lessons->pupils);
    lessons->changes = arena_alloc(arena, count * ENGINE_DELTAS_MAX * sizeof *lessons->changes);
    if (lessons->partitions == NULL || lessons->pupils == NULL || lessons->changes == NULL)
        return arena_no_room(error);
    qsort(lessons->items, count, sizeof *lessons->items, lesson_compare);
    find_partitions(lessons);
    find_pupils(lessons);
    return STATUS_OK;
}

struct pupil *lessons_pupil(struct lessons *lessons, int64_t user_key)
{
    struct pupil wanted = {.user_key = user_key};

    return bsearch(&wanted, lessons->pupils, lessons->pupil_count, sizeof wanted, pupil_compare);
}

/* The counter was raised by all changes of the batch at once: they are its last numbers. */
static void give_numbers(struct lessons *lessons)
{
    size_t at = 0;

    for (size_t p = 0; p < lessons->partition_count; p++) {
        const struct partition_changes *changes = &lessons->partitions[p];

        for (int64_t i = 0; i < changes->changes; i++)
            lessons->items[at++].number = changes->last - changes->changes + 1 + i;
    }
}

static void add_counts(struct lessons *lessons, const struct lesson *lesson,
                       const struct engine_lesson *taught)
{
    struct engine_delta deltas[ENGINE_DELTAS_MAX];
    size_t count = engine_lesson_deltas(taught, deltas);

    for (size_t i = 0; i < count; i++)
        lessons->changes[lessons->change_count++] =
            (struct count_change){.tenant_key = lesson->tenant_key,
                                  .partition = lesson->partition,
                                  .subject = deltas[i].subject,
                                  .category = deltas[i].category,
                                  .units = deltas[i].units,
                                  .number = lesson->number};
}

static void take_step(struct lessons *lessons, struct lesson *lesson, struct engine_user *user)
{
    struct engine_features features;
    const struct engine_lesson taught = {.features = &features,
                                         .kind = lesson->kind,
                                         .shown = lesson->shown,
                                         .category = lesson->said,
                                         .rating = lesson->rating};

    engine_features(&lesson->input, &features);
    engine_learn_user(user, &taught, &lesson->step);
    add_counts(lessons, lesson, &taught);
}

static enum status keep_state(struct pupil *pupil, const struct engine_user *user,
                              struct arena *arena, struct error *error)
{
    struct buffer bytes;

    buffer_init(&bytes, ENGINE_USER_BYTES_MAX);
    engine_user_encode(user, &bytes);
    pupil->state = arena_copy(arena, buffer_slice(&bytes));
    buffer_done(&bytes);
    return pupil->state.data != NULL ? STATUS_OK : arena_no_room(error);
}

static enum status teach(struct lessons *lessons, struct pupil *pupil, struct arena *arena,
                         struct error *error)
{
    OWNED(engine_user) user = NULL;

    if (engine_user_decode(pupil->old_state, &user, error) != STATUS_OK) {
        error->status =
            STATUS_FATAL; /* the batch is not to blame, and nothing may be overwritten */
        return STATUS_FATAL;
    }
    for (size_t i = 0; i < lessons->count; i++)
        if (lessons->items[i].user_key == pupil->user_key) {
            take_step(lessons, &lessons->items[i], user);
            pupil->number = lessons->items[i].number;
        }
    return keep_state(pupil, user, arena, error);
}

static int change_compare(const void *left, const void *right)
{
    const struct count_change *a = left, *b = right;
    int order = COMPARE(a->tenant_key, b->tenant_key);
    size_t size = a->category.size < b->category.size ? a->category.size : b->category.size;

    if (order == 0)
        order = COMPARE(a->subject, b->subject);
    if (order == 0)
        order = memcmp(a->category.data, b->category.data, size);
    if (order == 0)
        order = COMPARE(a->category.size, b->category.size);
    return order != 0 ? order : COMPARE(a->partition, b->partition);
}

static void fold_counts(struct lessons *lessons)
{
    size_t kept = 0;

    if (lessons->change_count > 1)
        qsort(lessons->changes, lessons->change_count, sizeof *lessons->changes, change_compare);
    for (size_t i = 0; i < lessons->change_count; i++) {
        struct count_change *change = &lessons->changes[i];
        struct count_change *last = kept > 0 ? &lessons->changes[kept - 1] : NULL;

        if (last != NULL && change_compare(last, change) == 0) {
            last->units += change->units;
            if (change->number > last->number)
                last->number = change->number;
        } else {
            lessons->changes[kept++] = *change;
        }
    }
    lessons->change_count = kept;
}

enum status lessons_learn(struct lessons *lessons, struct arena *arena, struct error *error)
{
    give_numbers(lessons);
    lessons->change_count = 0;
    for (size_t i = 0; i < lessons->pupil_count; i++) {
        enum status status = teach(lessons, &lessons->pupils[i], arena, error);

        if (status != STATUS_OK)
            return status;
    }
    fold_counts(lessons);
    return STATUS_OK;
}
