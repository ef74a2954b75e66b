#include "base/utf8.h"

#include "base/test.h"

static void test_encode_and_decode_agree(void **state)
{
    (void)state;
    for (uint32_t code_point = 0; code_point <= 0x10ffff; code_point++) {
        if (code_point >= 0xd800 && code_point <= 0xdfff)
            continue;
        char bytes[4];
        uint32_t back = 0;
        size_t len = utf8_encode(code_point, bytes);
        assert_int_equal(utf8_decode(str_of(bytes, len), &back), len);
        assert_int_equal(back, code_point);
    }
}

static void test_refuses_what_is_not_utf8(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "\x80",         "\xc0\x80",         "\xc1\xbf",     "\xe0\x80\x80", "\xed\xa0\x80",
        "\xf0\x80\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80", "\xe2\x82",     "\xff",
    };
    for (size_t i = 0; i < countof(bad); i++)
        assert_false(utf8_is_valid(str_from(bad[i])));
    assert_int_equal(utf8_valid_prefix(STR("ok\xff")), 2);
    assert_int_equal(utf8_count(STR("a\xc3\xa9\xf0\x9f\x99\x82")), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_encode_and_decode_agree),
        cmocka_unit_test(test_refuses_what_is_not_utf8),
    };
    return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
