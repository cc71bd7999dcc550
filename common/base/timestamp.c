#include "common/base/timestamp.h"

#include <stdio.h>

#define US_PER_SECOND INT64_C(1000000)
#define US_PER_HOUR   (3600 * US_PER_SECOND)
#define US_PER_DAY    (24 * US_PER_HOUR)

struct date {
    int32_t year;
    int32_t month; /* 1..12 */
    int32_t day;   /* 1..31 */
};

/* Years start in March, so that the leap day is the last of the year; eras of 400 years. */
int32_t timestamp_days_of_date(int32_t year, int32_t month, int32_t day)
{
    int32_t y = month <= 2 ? year - 1 : year;
    int32_t era = (y >= 0 ? y : y - 399) / 400;
    int32_t year_of_era = y - era * 400;
    int32_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int32_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

    return era * 146097 + day_of_era - 719468;
}

static struct date date_of_days(int32_t days)
{
    int32_t z = days + 719468;
    int32_t era = (z >= 0 ? z : z - 146096) / 146097;
    int32_t doe = z - era * 146097;
    int32_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int32_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int32_t mp = (5 * doy + 2) / 153;
    struct date date = {.day = doy - (153 * mp + 2) / 5 + 1, .month = mp < 10 ? mp + 3 : mp - 9};

    date.year = yoe + era * 400 + (date.month <= 2);
    return date;
}

static int64_t floor_divide(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

int32_t timestamp_day(int64_t us)
{
    return (int32_t)floor_divide(us, US_PER_DAY);
}

int32_t timestamp_hour(int64_t us)
{
    return (int32_t)floor_divide(us, US_PER_HOUR);
}

int32_t timestamp_month(int64_t us)
{
    struct date date = date_of_days(timestamp_day(us));

    return date.year * 12 + date.month - 1;
}

static int32_t days_in_month(int32_t year, int32_t month)
{
    static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap);
}

/* count digits at *at; -1 when there are fewer. */
static int32_t read_digits(struct slice text, size_t *at, size_t count)
{
    int32_t value = 0;

    if (text.size - *at < count)
        return -1;
    for (size_t i = 0; i < count; i++) {
        char c = text.data[*at + i];

        if (c < '0' || c > '9')
            return -1;
        value = value * 10 + (c - '0');
    }
    *at += count;
    return value;
}

static bool read_char(struct slice text, size_t *at, const char *allowed)
{
    if (*at >= text.size || text.data[*at] == '\0' || strchr(allowed, text.data[*at]) == NULL)
        return false;
    (*at)++;
    return true;
}

static bool read_date(struct slice text, size_t *at, int64_t *ret_us)
{
    int32_t year, month, day;

    if ((year = read_digits(text, at, 4)) < 1 || !read_char(text, at, "-") ||
        (month = read_digits(text, at, 2)) < 1 || month > 12 || !read_char(text, at, "-") ||
        (day = read_digits(text, at, 2)) < 1 || day > days_in_month(year, month))
        return false;
    *ret_us = timestamp_days_of_date(year, month, day) * US_PER_DAY;
    return true;
}

static bool read_fraction(struct slice text, size_t *at, int64_t *ret_us)
{
    int64_t scale = US_PER_SECOND / 10;
    size_t start;

    *ret_us = 0;
    if (!read_char(text, at, "."))
        return true;
    for (start = *at; *at < text.size && text.data[*at] >= '0' && text.data[*at] <= '9'; (*at)++) {
        *ret_us += (text.data[*at] - '0') * scale;
        scale /= 10;
    }
    return *at > start && *at - start <= 9;
}

static bool read_time(struct slice text, size_t *at, int64_t *ret_us)
{
    int32_t hour, minute, second;
    int64_t fraction;

    if ((hour = read_digits(text, at, 2)) < 0 || hour > 23 || !read_char(text, at, ":") ||
        (minute = read_digits(text, at, 2)) < 0 || minute > 59 || !read_char(text, at, ":") ||
        (second = read_digits(text, at, 2)) < 0 || second > 59 ||
        !read_fraction(text, at, &fraction))
        return false;
    *ret_us = ((hour * 60 + minute) * 60 + second) * US_PER_SECOND + fraction;
    return true;
}

static bool read_zone(struct slice text, size_t *at, int64_t *ret_us)
{
    int32_t hour, minute;
    int64_t sign;

    *ret_us = 0;
    if (read_char(text, at, "Zz"))
        return true;
    if (!read_char(text, at, "+-"))
        return false;
    sign = text.data[*at - 1] == '-' ? -1 : 1;
    if ((hour = read_digits(text, at, 2)) < 0 || hour > 23 || !read_char(text, at, ":") ||
        (minute = read_digits(text, at, 2)) < 0 || minute > 59)
        return false;
    *ret_us = sign * (hour * 60 + minute) * 60 * US_PER_SECOND;
    return true;
}

bool timestamp_parse(struct slice text, int64_t *ret_us)
{
    int64_t date, time, zone;
    size_t at = 0;

    if (!read_date(text, &at, &date) || !read_char(text, &at, "Tt") ||
        !read_time(text, &at, &time) || !read_zone(text, &at, &zone) || at != text.size)
        return false;
    *ret_us = date + time - zone;
    return true;
}

void timestamp_format(int64_t us, char *text)
{
    struct date date = date_of_days(timestamp_day(us));
    int64_t rest = us - timestamp_day(us) * US_PER_DAY;
    int second = (int)(rest / US_PER_SECOND);
    char whole[64]; /* years outside 0..9999 are longer, but no parser of ours lets them in */

    snprintf(whole, sizeof whole, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ",
             date.year, date.month, date.day, second / 3600, second / 60 % 60, second % 60,
             (int)(rest % US_PER_SECOND));
    memcpy(text, whole, TIMESTAMP_TEXT_SIZE - 1);
    text[TIMESTAMP_TEXT_SIZE - 1] = '\0';
}
