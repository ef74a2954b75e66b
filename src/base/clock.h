/* Time. Wall-clock times are microseconds since 1970 in UTC, everywhere; deadlines are monotonic
 * milliseconds. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/str.h"

#define US_PER_SECOND INT64_C(1000000)
#define US_PER_DAY    (INT64_C(86400) * US_PER_SECOND)

int64_t clock_now_us(void);
int64_t clock_monotonic_ms(void);
int64_t clock_monotonic_us(void);

#define CLOCK_TEXT_SIZE 32

/* "2026-11-22T16:20:04.123456Z"; without a fraction when the time is a whole second. */
void clock_format(int64_t time_us, char text[CLOCK_TEXT_SIZE]);
/* "2026-11-22T16:20:04Z". */
void clock_format_seconds(int64_t time_us, char text[CLOCK_TEXT_SIZE]);

/* Parses an ISO 8601 date-time, or a date alone (midnight). 'T', 't', '_' or a space separates;
 * seconds are optional, as is a fraction of up to 6 digits (more are cut); the zone is Z, z,
 * +HH:MM, +HHMM or absent (UTC). On failure returns false and a static reason in pydantic's words
 * ("input is too short", "invalid character in year", ...). */
MUST_CHECK bool clock_parse(struct str text, int64_t *ret_time_us, const char **ret_reason);

#endif
