/* RFC 3339 text <-> microseconds since 1970-01-01 UTC. */
#ifndef TRIBUTARY_BASE_TIMESTAMP_H
#define TRIBUTARY_BASE_TIMESTAMP_H

#include "common/base/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum { TIMESTAMP_TEXT_SIZE = sizeof "YYYY-MM-DDTHH:MM:SS.ffffffZ" };

/* Date and time with a zone (Z or +hh:mm), up to nine digits of fraction (cut to microseconds).
 * False for anything else: no zone, 30 February, second 60, year outside 1..9999. */
bool timestamp_parse(struct slice text, int64_t *ret_us);

/* "2026-02-28T09:00:00.000001Z"; text has TIMESTAMP_TEXT_SIZE bytes. */
void timestamp_format(int64_t us, char *text);

/* Whole days and hours since 1970-01-01 UTC, and months as year * 12 + month (0..11); floor. */
int32_t timestamp_day(int64_t us);
int32_t timestamp_hour(int64_t us);
int32_t timestamp_month(int64_t us);

/* Days since 1970-01-01 of a date of the proleptic Gregorian calendar; month 1..12. */
int32_t timestamp_days_of_date(int32_t year, int32_t month, int32_t day);

#endif
