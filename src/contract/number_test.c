#include "contract/number.h"

#include "base/test.h"

static const struct {
    const char *text;
    enum number_result result;
    int64_t value;
} integers[] = {
    {"0", NUMBER_OK, 0},
    {"-0", NUMBER_OK, 0},
    {"42", NUMBER_OK, 42},
    {"+42", NUMBER_OK, 42},
    {"-42", NUMBER_OK, -42},
    {" 42\n", NUMBER_OK, 42},
    {"007", NUMBER_OK, 7},
    {"1_000", NUMBER_OK, 1000},
    {"10.0", NUMBER_OK, 10},
    {"10.00", NUMBER_OK, 10},
    {"9223372036854775807", NUMBER_OK, INT64_MAX},
    {"-9223372036854775808", NUMBER_OK, INT64_MIN},
    {"9223372036854775808", NUMBER_TOO_LARGE, 0},
    {"-9223372036854775809", NUMBER_TOO_LARGE, 0},
    {"99999999999999999999999999999999", NUMBER_TOO_LARGE, 0},
    {"", NUMBER_BAD, 0},
    {" ", NUMBER_BAD, 0},
    {"-", NUMBER_BAD, 0},
    {"+-1", NUMBER_BAD, 0},
    {"1.5", NUMBER_BAD, 0},
    {"1.", NUMBER_BAD, 0},
    {".0", NUMBER_BAD, 0},
    {"1e3", NUMBER_BAD, 0},
    {"0x10", NUMBER_BAD, 0},
    {"_1", NUMBER_BAD, 0},
    {"1_", NUMBER_BAD, 0},
    {"1__0", NUMBER_BAD, 0},
    {"1 0", NUMBER_BAD, 0},
};

static void test_integers(void **state UNUSED)
{
    for (size_t i = 0; i < countof(integers); i++) {
        int64_t value = 0;
        print_message("'%s'\n", integers[i].text);
        assert_int_equal(integer_from_digits(str_from(integers[i].text), &value),
                         integers[i].result);
        assert_true(value == integers[i].value);
    }
}

static const struct {
    const char *text;
    enum number_result result;
    double value;
} numbers[] = {
    {"1.5", NUMBER_OK, 1.5},  {" -2e3 ", NUMBER_OK, -2000}, {".5", NUMBER_OK, 0.5},
    {"", NUMBER_BAD, 0},      {"inf", NUMBER_BAD, 0},       {"nan", NUMBER_BAD, 0},
    {"0x1p3", NUMBER_BAD, 0}, {"1.5.5", NUMBER_BAD, 0},     {"e", NUMBER_BAD, 0},
};

static void test_numbers(void **state UNUSED)
{
    for (size_t i = 0; i < countof(numbers); i++) {
        double value = 0;
        print_message("'%s'\n", numbers[i].text);
        assert_int_equal(number_from_text(str_from(numbers[i].text), &value), numbers[i].result);
        assert_true(value == numbers[i].value);
    }
}

static void test_long_number(void **state UNUSED)
{
    char digits[1000];
    double value;
    memset(digits, '1', sizeof(digits));
    assert_int_equal(number_from_text(str_of(digits, sizeof(digits)), &value), NUMBER_BAD);
}

static void test_times(void **state UNUSED)
{
    int64_t time_us;
    const char *reason;
    assert_true(number_to_time(1700000000, &time_us, &reason));
    assert_true(time_us == INT64_C(1700000000000000));
    assert_true(number_to_time(1700000000123.0, &time_us, &reason));
    assert_true(time_us == INT64_C(1700000000123000));
    assert_false(number_to_time(-2e10, &time_us, &reason));
    assert_string_equal(reason, "dates before 1600 are not supported as unix timestamps");
    assert_false(number_to_time(1e300, &time_us, &reason));
    assert_string_equal(reason, "dates after 9999 are not supported as unix timestamps");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_long_number),
        cmocka_unit_test(test_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
