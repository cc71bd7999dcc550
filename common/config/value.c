#include "common/config/value.h"

#include "common/base/real.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>

/* Largest first: the first that divides is the canonical one. */
struct unit {
    const char *name;
    int64_t factor;
    bool canonical;
};

static const struct unit duration_units[] = {
    {"d", 86400000, true}, {"h", 3600000, true}, {"m", 60000, true},
    {"s", 1000, true},     {"ms", 1, true},      {NULL, 0, false},
};

static const struct unit size_units[] = {
    {"TiB", INT64_C(1) << 40, true},
    {"GiB", INT64_C(1) << 30, true},
    {"MiB", INT64_C(1) << 20, true},
    {"KiB", INT64_C(1) << 10, true},
    {"TB", INT64_C(1000000000000), false},
    {"GB", 1000000000, false},
    {"MB", 1000000, false},
    {"kB", 1000, false},
    {"B", 1, false},
    {"", 1, true},
    {NULL, 0, false},
};

/* Digits with an optional minus; what follows them is in ret_rest. False: none, or too large. */
static bool parse_digits(const char *text, int64_t *ret_value, const char **ret_rest)
{
    bool negative = text[0] == '-';
    const char *c = text + negative;
    int64_t value = 0;

    if (!isdigit((unsigned char)*c))
        return false;
    for (; isdigit((unsigned char)*c); c++)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, *c - '0', &value))
            return false;
    if (!negative && __builtin_sub_overflow(0, value, &value))
        return false;
    *ret_value = value;
    *ret_rest = c;
    return true;
}

static bool parse_integer(const char *text, int64_t *ret_value)
{
    const char *rest;

    return parse_digits(text, ret_value, &rest) && *rest == '\0';
}

static bool parse_quantity(const struct unit *units, const char *text, int64_t *ret_value)
{
    const char *rest;
    int64_t count;

    if (!parse_digits(text, &count, &rest) || count < 0)
        return false;
    for (; units->name != NULL; units++)
        if (strcmp(rest, units->name) == 0)
            return !__builtin_mul_overflow(count, units->factor, ret_value);
    *ret_value = 0;
    return count == 0 && *rest == '\0';
}

static bool parse_real(const char *text, double *ret_value)
{
    char *end;

    if (text[0] == '\0' || strspn(text, "0123456789+-.eE") != strlen(text))
        return false;
    *ret_value = strtod(text, &end);
    return *end == '\0' && *ret_value - *ret_value == 0; /* not beyond the largest */
}

static bool parse_boolean(const char *text, bool *ret_value)
{
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on", "0", "1"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(text, words[i]) == 0) {
            *ret_value = i % 2 == 1;
            return true;
        }
    return false;
}

/* The index-th word of "a|b|c"; data is NULL beyond the last. */
static struct slice choice_word(const char *choices, int index)
{
    size_t size;

    for (; index > 0; index--) {
        choices = strchr(choices, '|');
        if (choices == NULL)
            return (struct slice){NULL, 0};
        choices++;
    }
    size = strcspn(choices, "|");
    return (struct slice){choices, size};
}

static bool parse_choice(const char *choices, const char *text, int *ret_value)
{
    struct slice word;

    for (int i = 0; (word = choice_word(choices, i)).data != NULL; i++)
        if (slice_equal(word, slice_of(text))) {
            *ret_value = i;
            return true;
        }
    return false;
}

/* What an INI file can hold and give back: one line, and nothing that begins a comment. */
static bool text_is_plain(const char *text)
{
    for (const char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == '\x7f' || (*c == ';' && (c == text || c[-1] == ' ')))
            return false;
    return true;
}

/* Shortened, so that it fits into the line of an error. */
static enum status bad_value(const struct setting *setting, const char *text, struct error *error)
{
    struct buffer type;
    enum status status;

    buffer_init(&type, 120);
    config_value_write_type(setting, &type);
    status = error_set(error, STATUS_REJECT, "\"%.60s\" is not of type %.*s", text,
                       SLICE_FORMAT(buffer_slice(&type)));
    buffer_done(&type);
    return status;
}

static enum status out_of_range(const struct setting *setting, const char *text,
                                struct error *error)
{
    struct buffer range;
    enum status status;

    buffer_init(&range, 120);
    config_value_write_range(setting, &range);
    status = error_set(error, STATUS_REJECT, "%.60s is not in the range %.*s", text,
                       SLICE_FORMAT(buffer_slice(&range)));
    buffer_done(&range);
    return status;
}

static bool has_range(const struct setting *setting)
{
    return setting->min != 0 || setting->max != 0;
}

static enum status set_text(const struct setting *setting, const char *text, void *place,
                            struct error *error)
{
    bool secret = (setting->flags & SETTING_SECRET) != 0;
    size_t most = has_range(setting) ? (size_t)setting->max
                  : secret           ? CONFIG_SECRET_BYTES
                                     : CONFIG_TEXT_BYTES;
    size_t size = strlen(text);

    if (size > most || size < (size_t)setting->min)
        return error_set(error, STATUS_REJECT, "%zu bytes long, not %" PRId64 " to %zu", size,
                         setting->min, most);
    if (!secret && !text_is_plain(text))
        return error_set(error, STATUS_REJECT,
                         "holds a control character or what begins a comment (\" ;\")");
    memcpy(place, &text, sizeof text);
    return STATUS_OK;
}

static enum status set_real(const struct setting *setting, const char *text, void *place,
                            struct error *error)
{
    double value;

    if (!parse_real(text, &value))
        return bad_value(setting, text, error);
    if (has_range(setting) && (value < (double)setting->min || value > (double)setting->max))
        return out_of_range(setting, text, error);
    memcpy(place, &value, sizeof value);
    return STATUS_OK;
}

static enum status set_int64(const struct setting *setting, const char *text, void *place,
                             struct error *error)
{
    int64_t value;
    bool parsed = setting->type == SETTING_INTEGER ? parse_integer(text, &value)
                  : setting->type == SETTING_SIZE  ? parse_quantity(size_units, text, &value)
                                                   : parse_quantity(duration_units, text, &value);

    if (!parsed)
        return bad_value(setting, text, error);
    if (has_range(setting) && (value < setting->min || value > setting->max))
        return out_of_range(setting, text, error);
    memcpy(place, &value, sizeof value);
    return STATUS_OK;
}

enum status config_value_set(const struct setting *setting, const char *text, void *place,
                             struct error *error)
{
    bool flag;
    int choice;

    switch (setting->type) {
    case SETTING_TEXT:
        return set_text(setting, text, place, error);
    case SETTING_REAL:
        return set_real(setting, text, place, error);
    case SETTING_INTEGER:
    case SETTING_DURATION:
    case SETTING_SIZE:
        return set_int64(setting, text, place, error);
    case SETTING_BOOLEAN:
        if (!parse_boolean(text, &flag))
            return bad_value(setting, text, error);
        memcpy(place, &flag, sizeof flag);
        return STATUS_OK;
    case SETTING_CHOICE:
        if (!parse_choice(setting->choices, text, &choice))
            return bad_value(setting, text, error);
        memcpy(place, &choice, sizeof choice);
        return STATUS_OK;
    }
    return bad_value(setting, text, error);
}

static void write_quantity(const struct unit *unit, int64_t value, struct buffer *out)
{
    while (value != 0 && (!unit->canonical || value % unit->factor != 0))
        unit++;
    if (value == 0)
        buffer_append_text(out, "0");
    else
        buffer_format(out, "%" PRId64 "%s", value / unit->factor, unit->name);
}

static void write_int64(const struct setting *setting, int64_t value, struct buffer *out)
{
    if (setting->type == SETTING_DURATION)
        write_quantity(duration_units, value, out);
    else if (setting->type == SETTING_SIZE)
        write_quantity(size_units, value, out);
    else
        buffer_format(out, "%" PRId64, value);
}

static void write_real(const void *place, struct buffer *out)
{
    char text[REAL_TEXT_SIZE];
    double value;

    memcpy(&value, place, sizeof value);
    real_format(value, text);
    buffer_append_text(out, text);
}

void config_value_write(const struct setting *setting, const void *place, struct buffer *out)
{
    const char *text;
    int64_t value;
    bool flag;
    int choice;

    switch (setting->type) {
    case SETTING_TEXT:
        memcpy(&text, place, sizeof text);
        buffer_append_slice(out, slice_of(text));
        return;
    case SETTING_REAL:
        write_real(place, out);
        return;
    case SETTING_INTEGER:
    case SETTING_DURATION:
    case SETTING_SIZE:
        memcpy(&value, place, sizeof value);
        write_int64(setting, value, out);
        return;
    case SETTING_BOOLEAN:
        memcpy(&flag, place, sizeof flag);
        buffer_append_text(out, flag ? "true" : "false");
        return;
    case SETTING_CHOICE:
        memcpy(&choice, place, sizeof choice);
        buffer_append_slice(out, choice_word(setting->choices, choice));
        return;
    }
}

void config_value_write_type(const struct setting *setting, struct buffer *out)
{
    static const char *const names[] = {
        [SETTING_TEXT] = "text",
        [SETTING_INTEGER] = "integer",
        [SETTING_REAL] = "number",
        [SETTING_BOOLEAN] = "boolean (true, false)",
        [SETTING_DURATION] = "duration (500ms, 5s, 2m)",
        [SETTING_SIZE] = "size (bytes, 64KiB, 8MiB)",
    };
    struct slice word;

    if (setting->type != SETTING_CHOICE) {
        buffer_append_text(out, names[setting->type]);
        return;
    }
    for (int i = 0; (word = choice_word(setting->choices, i)).data != NULL; i++) {
        buffer_append_text(out, i == 0 ? "" : " or ");
        buffer_append_slice(out, word);
    }
}

void config_value_write_range(const struct setting *setting, struct buffer *out)
{
    if (!has_range(setting))
        return;
    write_int64(setting, setting->min, out);
    buffer_append_text(out, " to ");
    write_int64(setting, setting->max, out);
    if (setting->type == SETTING_TEXT)
        buffer_append_text(out, " bytes");
}
