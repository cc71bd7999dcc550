/* A setting: its name, type, default, range, help, and where its value goes in the component's own
 * struct. A component declares one static const table of them and never reads a file or the
 * environment itself; config.h fills the struct.
 *
 *     struct redis_settings { const char *address; int64_t timeout_ms; };
 *
 *     const struct setting redis_setting_table[] = {
 *         {.name = "address", SETTING_AT(TEXT, struct redis_settings, address),
 *          .fallback = "127.0.0.1:6379", .help = "host:port, or the path of a socket"},
 *         {.name = "timeout", SETTING_AT(DURATION, struct redis_settings, timeout_ms),
 *          .fallback = "500ms", .min = 1, .max = 60000, .help = "deadline of a command"},
 *     };
 *
 * The setting `timeout` of a section `redis` is the flag --redis-timeout, the environment variable
 * TRIBUTARY_REDIS_TIMEOUT, and the key `timeout` under [redis] in the file. */
#ifndef TRIBUTARY_CONFIG_SETTING_H
#define TRIBUTARY_CONFIG_SETTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum setting_type {
    SETTING_TEXT,     /* const char *; NULL when unset. Owned by the struct config that filled it */
    SETTING_INTEGER,  /* int64_t */
    SETTING_REAL,     /* double; min and max are whole numbers */
    SETTING_BOOLEAN,  /* bool: true, false, yes, no, on, off, 1, 0 */
    SETTING_DURATION, /* int64_t milliseconds: a number with ms, s, m, h or d; "0" needs no unit */
    SETTING_SIZE,     /* int64_t bytes: a number with B, KiB, MiB, GiB or kB, MB, GB; or bare */
    SETTING_CHOICE,   /* an enum (int): the index of the word in `choices` */
};

enum setting_flag {
    /* Masked wherever it is printed, refused on the command line, and with a twin `<name>_file`
     * (flag, environment, file) that names a file to read the value from; one line break at its
     * end is cut. Type text only. */
    SETTING_SECRET = 1 << 0,
    /* Refuses to start when unset or empty. Has no fallback. */
    SETTING_REQUIRED = 1 << 1,
};

struct setting {
    const char *name; /* snake_case */
    enum setting_type type;
    size_t offset;        /* in the section's target; SETTING_AT sets it with the type */
    const char *fallback; /* as a user would write it; NULL: unset (text), else zero */
    int64_t min, max;     /* in the unit of the value; both 0: no range (but never negative for
                             durations and sizes). For text: length in bytes */
    const char *choices;  /* "debug|info|warn" */
    const char *help;     /* one line: what it does, not its default */
    unsigned flags;
};

/* .type and .offset of a member, which must have the type that the table above says. */
#define SETTING_AT(type_, struct_, member)                                                         \
    .type = SETTING_##type_,                                                                       \
    .offset = offsetof(struct_, member) +                                                          \
              0 * sizeof(struct {                                                                  \
                  _Static_assert(SETTING_HOLDS_##type_(((struct_ *)0)->member),                    \
                                 "the member has another type than the setting");                  \
                  int unused;                                                                      \
              })

#define SETTING_SAME(member, type_)    __builtin_types_compatible_p(__typeof__(member), type_)
#define SETTING_HOLDS_TEXT(member)     SETTING_SAME(member, const char *)
#define SETTING_HOLDS_INTEGER(member)  SETTING_SAME(member, int64_t)
#define SETTING_HOLDS_REAL(member)     SETTING_SAME(member, double)
#define SETTING_HOLDS_BOOLEAN(member)  SETTING_SAME(member, bool)
#define SETTING_HOLDS_DURATION(member) SETTING_SAME(member, int64_t)
#define SETTING_HOLDS_SIZE(member)     SETTING_SAME(member, int64_t)
#define SETTING_HOLDS_CHOICE(member)   (sizeof(member) == sizeof(int))

#endif
