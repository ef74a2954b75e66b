#include "base/clock.h"

#include <stdio.h>
#include <time.h>

static int64_t read_clock(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * US_PER_SECOND + now.tv_nsec / 1000;
}

int64_t clock_now_us(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t clock_monotonic_us(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t clock_monotonic_ms(void)
{
    return read_clock(CLOCK_MONOTONIC) / 1000;
}

/* Days since 1970-01-01 of a date in the proleptic Gregorian calendar. The year is shifted to
 * begin in March, so that the leap day is its last. */
static int64_t days_from_date(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static void date_from_days(int64_t days, int *ret_year, int *ret_month, int *ret_day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t doe = days - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t shifted_month = (5 * doy + 2) / 153;
    *ret_day = (int)(doy - (153 * shifted_month + 2) / 5 + 1);
    *ret_month = (int)(shifted_month + (shifted_month < 10 ? 3 : -9));
    *ret_year = (int)(yoe + era * 400 + (*ret_month <= 2));
}

static void put_digits(char *at, int width, int64_t value)
{
    while (width-- > 0) {
        at[width] = (char)('0' + value % 10);
        value /= 10;
    }
}

void clock_format(int64_t time_us, char text[CLOCK_TEXT_SIZE])
{
    int64_t fraction = time_us % US_PER_SECOND;
    if (fraction < 0)
        fraction += US_PER_SECOND;
    int64_t seconds = (time_us - fraction) / US_PER_SECOND;
    int64_t second_of_day = seconds % 86400;
    if (second_of_day < 0)
        second_of_day += 86400;
    int year, month, day;
    date_from_days((seconds - second_of_day) / 86400, &year, &month, &day);
    memcpy(text, "0000-00-00T00:00:00", 19);
    put_digits(text, 4, year);
    put_digits(text + 5, 2, month);
    put_digits(text + 8, 2, day);
    put_digits(text + 11, 2, second_of_day / 3600);
    put_digits(text + 14, 2, second_of_day / 60 % 60);
    put_digits(text + 17, 2, second_of_day % 60);
    char *end = text + 19;
    if (fraction != 0) {
        *end = '.';
        put_digits(end + 1, 6, fraction);
        end += 7;
    }
    memcpy(end, "Z", 2);
}

void clock_format_seconds(int64_t time_us, char text[CLOCK_TEXT_SIZE])
{
    int64_t fraction = time_us % US_PER_SECOND;
    if (fraction < 0)
        fraction += US_PER_SECOND;
    clock_format(time_us - fraction, text);
}

struct reader {
    struct str text;
    size_t at;
    const char *reason;
};

static bool fail(struct reader *r, const char *reason)
{
    r->reason = reason;
    return false;
}

static bool read_digits(struct reader *r, int width, const char *what, int *ret_value)
{
    int value = 0;
    for (int i = 0; i < width; i++, r->at++) {
        if (r->at >= r->text.len)
            return fail(r, "input is too short");
        char c = r->text.ptr[r->at];
        if (c < '0' || c > '9')
            return fail(r, what);
        value = value * 10 + (c - '0');
    }
    *ret_value = value;
    return true;
}

static bool at_end(const struct reader *r)
{
    return r->at >= r->text.len;
}

static bool peek_is(const struct reader *r, const char *set)
{
    return !at_end(r) && strchr(set, r->text.ptr[r->at]) != NULL && r->text.ptr[r->at] != '\0';
}

static bool expect(struct reader *r, const char *set, const char *what)
{
    if (at_end(r))
        return fail(r, "input is too short");
    if (!peek_is(r, set))
        return fail(r, what);
    r->at++;
    return true;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

static bool read_date(struct reader *r, int64_t *ret_days)
{
    int year, month, day;
    if (!read_digits(r, 4, "invalid character in year", &year) ||
        !expect(r, "-", "invalid date separator, expected `-`") ||
        !read_digits(r, 2, "invalid character in month", &month) ||
        !expect(r, "-", "invalid date separator, expected `-`") ||
        !read_digits(r, 2, "invalid character in day", &day))
        return false;
    if (month < 1 || month > 12)
        return fail(r, "month value is outside expected range of 1-12");
    if (day < 1 || day > days_in_month(year, month))
        return fail(r, "day value is outside expected range");
    *ret_days = days_from_date(year, month, day);
    return true;
}

static bool read_fraction(struct reader *r, int64_t *ret_us)
{
    int64_t scale = 100000;
    *ret_us = 0;
    size_t start = r->at;
    while (!at_end(r) && r->text.ptr[r->at] >= '0' && r->text.ptr[r->at] <= '9') {
        *ret_us += (r->text.ptr[r->at] - '0') * scale;
        scale /= 10;
        r->at++;
    }
    return r->at > start || fail(r, "second fraction is missing");
}

static bool read_time(struct reader *r, int64_t *ret_us)
{
    int hour, minute, second = 0;
    int64_t fraction = 0;
    if (!read_digits(r, 2, "invalid character in hour", &hour) ||
        !expect(r, ":", "invalid time separator, expected `:`") ||
        !read_digits(r, 2, "invalid character in minute", &minute))
        return false;
    if (peek_is(r, ":")) {
        r->at++;
        if (!read_digits(r, 2, "invalid character in second", &second))
            return false;
        if (peek_is(r, ".,")) {
            r->at++;
            if (!read_fraction(r, &fraction))
                return false;
        }
    }
    if (hour > 23)
        return fail(r, "hour value is outside expected range of 0-23");
    if (minute > 59)
        return fail(r, "minute value is outside expected range of 0-59");
    if (second > 59)
        return fail(r, "second value is outside expected range of 0-59");
    *ret_us = (hour * 3600 + minute * 60 + second) * US_PER_SECOND + fraction;
    return true;
}

static bool read_zone(struct reader *r, int64_t *ret_offset_us)
{
    *ret_offset_us = 0;
    if (at_end(r))
        return true;
    if (peek_is(r, "Zz")) {
        r->at++;
        return true;
    }
    int sign = peek_is(r, "-") ? -1 : 1;
    int hour, minute;
    if (!expect(r, "+-", "invalid timezone sign") ||
        !read_digits(r, 2, "invalid timezone hour", &hour))
        return false;
    if (peek_is(r, ":"))
        r->at++;
    if (!read_digits(r, 2, "invalid timezone minute", &minute))
        return false;
    if (hour > 23 || minute > 59)
        return fail(r, "timezone offset must be less than 24 hours");
    *ret_offset_us = sign * (hour * 3600 + minute * 60) * US_PER_SECOND;
    return true;
}

bool clock_parse(struct str text, int64_t *ret_time_us, const char **ret_reason)
{
    struct reader r = {.text = text};
    int64_t days, time_us = 0, offset_us = 0;
    bool ok = read_date(&r, &days);
    if (ok && !at_end(&r))
        ok = expect(&r, "Tt_ ", "invalid datetime separator, expected `T`, `t`, `_` or space") &&
             read_time(&r, &time_us) && read_zone(&r, &offset_us);
    if (ok && !at_end(&r))
        ok = fail(&r, "unexpected extra characters at the end of the input");
    if (!ok) {
        *ret_reason = r.reason;
        return false;
    }
    *ret_time_us = days * US_PER_DAY + time_us - offset_us;
    return true;
}
