#include "contract/number.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct str trim(struct str text)
{
    while (text.len > 0 && is_space(text.ptr[0]))
        text = str_slice(text, 1, text.len);
    while (text.len > 0 && is_space(text.ptr[text.len - 1]))
        text.len--;
    return text;
}

/* Cuts a leading sign off; true for a minus. */
static bool take_sign(struct str *text)
{
    if (text->len == 0 || (text->ptr[0] != '-' && text->ptr[0] != '+'))
        return false;
    bool negative = text->ptr[0] == '-';
    *text = str_slice(*text, 1, text->len);
    return negative;
}

/* Cuts ".000" off the end; leaves any other fraction where it makes the number fail. */
static void drop_zero_fraction(struct str *text)
{
    ptrdiff_t point = str_find(*text, '.');
    if (point < 0 || (size_t)point + 1 == text->len)
        return;
    for (size_t i = (size_t)point + 1; i < text->len; i++) {
        if (text->ptr[i] != '0')
            return;
    }
    text->len = (size_t)point;
}

/* Digits with single underscores between them. */
static bool is_grouped(struct str text)
{
    bool digit = false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != '_' && !is_digit(text.ptr[i]))
            return false;
        if (text.ptr[i] == '_' && !digit)
            return false;
        digit = is_digit(text.ptr[i]);
    }
    return digit;
}

enum number_result integer_from_digits(struct str text, int64_t *ret_value)
{
    text = trim(text);
    bool negative = take_sign(&text);
    drop_zero_fraction(&text);
    if (!is_grouped(text))
        return NUMBER_BAD;
    int64_t value = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '_')
            continue;
        int digit = text.ptr[i] - '0';
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, negative ? -digit : digit, &value))
            return NUMBER_TOO_LARGE;
    }
    *ret_value = value;
    return NUMBER_OK;
}

/* strtod also reads hexadecimal, "inf" and "nan", which are not numbers here. */
static bool is_decimal(struct str text)
{
    bool digit = false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\0' || !strchr("0123456789+-.eE", text.ptr[i]))
            return false;
        digit |= is_digit(text.ptr[i]);
    }
    return digit;
}

enum number_result number_from_text(struct str text, double *ret_value)
{
    char digits[400]; /* strtod wants a terminator */
    text = trim(text);
    if (text.len >= sizeof(digits) || !is_decimal(text))
        return NUMBER_BAD;
    memcpy(digits, text.ptr, text.len);
    digits[text.len] = '\0';
    char *end;
    double value = strtod(digits, &end);
    if (end != digits + text.len)
        return NUMBER_BAD;
    *ret_value = value;
    return NUMBER_OK;
}

bool number_to_time(double number, int64_t *ret_time_us, const char **ret_reason)
{
    static const double milliseconds_from = 2e10, year_1600 = -11676096000.0,
                        year_9999_end = 253402300799.0;
    double seconds = fabs(number) > milliseconds_from ? number / 1000 : number;
    if (!(seconds >= year_1600)) {
        *ret_reason = "dates before 1600 are not supported as unix timestamps";
        return false;
    }
    if (seconds > year_9999_end) {
        *ret_reason = "dates after 9999 are not supported as unix timestamps";
        return false;
    }
    *ret_time_us = llround(seconds * (double)US_PER_SECOND);
    return true;
}
