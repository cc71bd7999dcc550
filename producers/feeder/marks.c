#include "producers/feeder/marks.h"

#include "common/base/must.h"

static struct feeder_mark *mark_of(const struct feeder_marks *marks, uint64_t ticket)
{
    MUST(ticket >= marks->first && ticket < marks->next);
    return &marks->ring[ticket % FEEDER_MARKS];
}

void feeder_marks_init(struct feeder_marks *marks, struct feeder_place place)
{
    *marks = (struct feeder_marks){.place = place};
    marks->ring = must_alloc(FEEDER_MARKS * sizeof *marks->ring);
}

void feeder_marks_done(struct feeder_marks *marks)
{
    free(marks->ring);
    *marks = (struct feeder_marks){0};
}

bool feeder_marks_full(const struct feeder_marks *marks)
{
    return marks->next - marks->first == FEEDER_MARKS;
}

uint64_t feeder_marks_open(struct feeder_marks *marks, struct feeder_place place)
{
    uint64_t ticket = marks->next++;

    MUST(marks->next - marks->first <= FEEDER_MARKS);
    *mark_of(marks, ticket) = (struct feeder_mark){place, 1};
    return ticket;
}

void feeder_marks_hold(struct feeder_marks *marks, uint64_t ticket)
{
    mark_of(marks, ticket)->holds++;
}

void feeder_marks_drop(struct feeder_marks *marks, uint64_t ticket)
{
    struct feeder_mark *mark = mark_of(marks, ticket);

    MUST(mark->holds > 0);
    mark->holds--;
    while (marks->first < marks->next && mark_of(marks, marks->first)->holds == 0) {
        marks->place = mark_of(marks, marks->first)->place;
        marks->first++;
    }
}

struct feeder_place feeder_marks_place(const struct feeder_marks *marks)
{
    return marks->place;
}
