#include "base/clock.h"

#include "base/test.h"

static void check_round_trip(const char *text, const char *expected)
{
    int64_t time_us;
    const char *reason;
    char formatted[CLOCK_TEXT_SIZE];
    assert_true(clock_parse(str_from(text), &time_us, &reason));
    clock_format(time_us, formatted);
    assert_string_equal(formatted, expected);
}

static void test_parses_and_formats(void **state)
{
    (void)state;
    check_round_trip("2026-11-22T16:20:04Z", "2026-11-22T16:20:04Z");
    check_round_trip("2026-11-22T16:20:04.5Z", "2026-11-22T16:20:04.500000Z");
    check_round_trip("2026-11-22 16:20:04.1234567+02:00", "2026-11-22T14:20:04.123456Z");
    check_round_trip("2026-11-22t16:20", "2026-11-22T16:20:00Z");
    check_round_trip("2026-11-22", "2026-11-22T00:00:00Z");
    check_round_trip("2024-02-29T23:59:59-0030", "2024-03-01T00:29:59Z");
    check_round_trip("1969-12-31T23:59:59.25Z", "1969-12-31T23:59:59.250000Z");
    check_round_trip("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z");
    check_round_trip("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z");
}

static void test_names_the_fault(void **state)
{
    (void)state;
    static const struct {
        const char *text, *reason;
    } cases[] = {
        {"", "input is too short"},
        {"2026", "input is too short"},
        {"yesterday", "invalid character in year"},
        {"2026/11/22", "invalid date separator, expected `-`"},
        {"2026-13-01", "month value is outside expected range of 1-12"},
        {"2026-02-29", "day value is outside expected range"},
        {"2026-11-22T", "input is too short"},
        {"2026-11-22X10:00", "invalid datetime separator, expected `T`, `t`, `_` or space"},
        {"2026-11-22T25:00", "hour value is outside expected range of 0-23"},
        {"2026-11-22T10:00:00.", "second fraction is missing"},
        {"2026-11-22T10:00:00Zx", "unexpected extra characters at the end of the input"},
    };
    for (size_t i = 0; i < countof(cases); i++) {
        int64_t time_us;
        const char *reason = "";
        assert_false(clock_parse(str_from(cases[i].text), &time_us, &reason));
        assert_string_equal(reason, cases[i].reason);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parses_and_formats),
        cmocka_unit_test(test_names_the_fault),
    };
    return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
