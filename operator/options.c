#include "operator/options.h"

#include <string.h>

#define AT(type, member) SETTING_AT(type, struct command_options, member)

static const struct setting option_table[] = {
    {.name = "json", AT(BOOLEAN, json), .help = "print JSON on stdout"},
    {.name = "execute", AT(BOOLEAN, execute), .help = "do it, not only say what would be done"},
    {.name = "all", AT(BOOLEAN, all), .help = "every partition, not only those that need it"},
    {.name = "raw", AT(BOOLEAN, raw), .help = "the bytes as hex, not decoded"},
    {.name = "deep",
     AT(CHOICE, deep),
     .fallback = "auto",
     .choices = "auto|yes|no",
     .help = "look up every event of the logs; auto: below two million records"},
    {.name = "group", AT(TEXT, group), .help = "only this consumer group"},
    {.name = "topic", AT(TEXT, topic), .help = "the topic of the row, without the prefix"},
    {.name = "reason", AT(TEXT, reason), .help = "only this reason"},
    {.name = "since", AT(TEXT, since), .help = "only from this time on: 2026-02-28T09:00:00Z"},
    {.name = "tenant",
     AT(TEXT, tenant),
     .help = "whose events the key may post",
     .flags = SETTING_REQUIRED},
    {.name = "name", AT(TEXT, name), .max = 200, .help = "a note of yours, in the file's line"},
    {.name = "limit",
     AT(INTEGER, limit),
     .fallback = "50",
     .min = 1,
     .max = 100000,
     .help = "most rows to print, the newest"},
    {.name = "partition",
     AT(INTEGER, partition),
     .fallback = "-1",
     .min = -1,
     .max = 1023,
     .help = "only this partition; -1: all"},
    {.name = "skip_to",
     AT(INTEGER, skip_to),
     .fallback = "-1",
     .min = -1,
     .max = INT64_MAX,
     .help = "the first source offset that the row's group still gets; what lies before is lost"},
    {.name = "watch", AT(DURATION, watch_ms), .help = "print again and again, with this pause"},
};
enum { OPTIONS = sizeof option_table / sizeof option_table[0] };
_Static_assert((int)OPTIONS <= (int)OPTIONS_MAX, "options_select has room for all");

static bool is_among(const char *names, const char *name)
{
    size_t size = strlen(name);

    while (*names != '\0') {
        size_t word = strcspn(names, " ");

        if (word == size && memcmp(names, name, size) == 0)
            return true;
        names += word + strspn(names + word, " ");
    }
    return false;
}

size_t options_select(const char *names, struct setting *ret_settings)
{
    size_t count = 0;

    for (size_t i = 0; i < OPTIONS; i++)
        if (is_among(names, option_table[i].name))
            ret_settings[count++] = option_table[i];
    return count;
}

#define TOPIC(type, member) SETTING_AT(type, struct topics_settings, member)

const struct setting topics_setting_table[] = {
    {.name = "partitions",
     TOPIC(INTEGER, partitions),
     .fallback = "24",
     .min = 1,
     .max = 1024,
     .help = "of every topic; never changes afterwards"},
    {.name = "replicas",
     TOPIC(INTEGER, replicas),
     .fallback = "-1",
     .min = -1,
     .max = 10,
     .help = "copies of every partition; -1: the cluster's default"},
    {.name = "min_insync",
     TOPIC(INTEGER, min_insync),
     .fallback = "0",
     .max = 10,
     .help = "copies that must have a record before it is acknowledged; 0: the cluster's default"},
    {.name = "retention",
     TOPIC(DURATION, retention_ms),
     .fallback = "14d",
     .min = 60000,
     .max = INT64_C(315360000000),
     .help = "how long records are kept"},
};
const size_t topics_setting_count = sizeof topics_setting_table / sizeof topics_setting_table[0];
