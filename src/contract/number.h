/* Numbers out of text, and times out of numbers, as pydantic reads them. */
#ifndef CONTRACT_NUMBER_H
#define CONTRACT_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum number_result {
    NUMBER_OK,
    NUMBER_BAD,
    NUMBER_TOO_LARGE, /* past 64 bits */
};

/* An integer in decimal: blanks around it, a sign, single underscores between digits and a
 * fraction of zeros are allowed. */
enum number_result integer_from_digits(struct str text, int64_t *ret_value);

/* A decimal number with an optional exponent and blanks around it; infinite when too large. */
enum number_result number_from_text(struct str text, double *ret_value);

/* Unix time, in seconds up to 2e10 and in milliseconds beyond, to microseconds. On failure gives
 * a static reason in pydantic's words. */
bool number_to_time(double number, int64_t *ret_time_us, const char **ret_reason);

#endif
