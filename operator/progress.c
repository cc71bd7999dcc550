#include "operator/progress.h"

#include "common/base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum { BAR_WIDTH = 40, TERMINAL_PAUSE_MS = 200, LINE_PAUSE_MS = 10000 };

static int64_t pause_ms(const struct progress *progress)
{
    return progress->terminal ? TERMINAL_PAUSE_MS : LINE_PAUSE_MS;
}

void progress_begin(struct progress *progress, const char *what, int64_t total)
{
    *progress =
        (struct progress){.what = what, .total = total, .terminal = isatty(STDERR_FILENO) == 1};
    progress->next_ms = clock_steady_ms() + pause_ms(progress);
}

static void show(struct progress *progress)
{
    int64_t done = progress->done < progress->total ? progress->done : progress->total;
    char bar[BAR_WIDTH + 1];
    int filled = (int)((double)done / (double)progress->total * (double)BAR_WIDTH);

    for (int i = 0; i < BAR_WIDTH; i++)
        bar[i] = i < filled ? '#' : '.';
    bar[BAR_WIDTH] = '\0';
    if (progress->terminal)
        fprintf(stderr, "\r%s [%s] %" PRId64 " of %" PRId64, progress->what, bar, done,
                progress->total);
    else
        fprintf(stderr, "%s: %" PRId64 " of %" PRId64 "\n", progress->what, done, progress->total);
    progress->shown = true;
}

void progress_add(struct progress *progress, int64_t done)
{
    int64_t now_ms;

    progress->done += done;
    if (progress->total <= 0 || (now_ms = clock_steady_ms()) < progress->next_ms)
        return;
    progress->next_ms = now_ms + pause_ms(progress);
    show(progress);
}

void progress_end(struct progress *progress)
{
    if (progress->shown && progress->terminal)
        fprintf(stderr, "\r\033[K");
}
