#include "base/str.h"

#include "base/test.h"

static void test_numbers(void **state)
{
    (void)state;
    int64_t value;
    assert_true(str_to_i64(STR("-9223372036854775808"), &value));
    assert_int_equal(value, INT64_MIN);
    assert_true(str_to_i64(STR("9223372036854775807"), &value));
    assert_int_equal(value, INT64_MAX);
    assert_false(str_to_i64(STR("9223372036854775808"), &value));
    assert_false(str_to_i64(STR(""), &value));
    assert_false(str_to_i64(STR("-"), &value));
    assert_false(str_to_i64(STR("1x"), &value));
    assert_false(str_to_i64(STR("+1"), &value));
}

static void test_hexadecimal_digits(void **state)
{
    (void)state;
    static const char digits[] = "0123456789abcdefABCDEF";
    for (int i = 0; i < 22; i++)
        assert_int_equal(str_hex_digit(digits[i]), i < 16 ? i : i - 6);
    static const char others[] = {'/', ':', '@', 'G', '`', 'g', '\0', (char)0xff};
    for (size_t i = 0; i < countof(others); i++)
        assert_int_equal(str_hex_digit(others[i]), -1);
}

static void test_split_yields_every_part(void **state)
{
    (void)state;
    struct str rest = STR("a,,b,"), part;
    static const char *const expected[] = {"a", "", "b", ""};
    for (size_t i = 0; i < countof(expected); i++) {
        assert_true(str_split(&rest, ',', &part));
        assert_str_equal(part, expected[i]);
    }
    assert_false(str_split(&rest, ',', &part));
}

static void test_compare(void **state)
{
    (void)state;
    assert_true(str_eq_nocase(STR("Content-TYPE"), STR("content-type")));
    assert_false(str_eq_nocase(STR("a["), STR("a{")));
    assert_true(str_eq_secret(STR("abc"), STR("abc")));
    assert_false(str_eq_secret(STR("abc"), STR("abd")));
    assert_true(str_starts_with(STR("abc"), STR("")));
    assert_true(str_ends_with(STR("abc"), STR("bc")));
    assert_str_equal(str_trim(STR(" \t x y\t")), "x y");
    assert_str_equal(str_slice(STR("abc"), 2, 99), "c");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_hexadecimal_digits),
        cmocka_unit_test(test_split_yields_every_part),
        cmocka_unit_test(test_compare),
    };
    return cmocka_run_group_tests_name("str", tests, NULL, NULL);
}
