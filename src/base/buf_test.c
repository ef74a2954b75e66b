#include "base/buf.h"

#include "base/test.h"

static void test_grows_to_its_ceiling_and_no_further(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 1000);
    for (int i = 0; i < 100; i++)
        assert_true(buf_append_str(&buf, STR("0123456789")));
    assert_false(buf_append_char(&buf, 'x'));
    assert_true(buf.overflowed);
    assert_int_equal(buf.len, 1000);
    assert_true(buf.capacity <= 1000);
    buf_clear(&buf);
    assert_true(buf_append_char(&buf, 'x'));
    buf_finish(&buf);
}

static void test_consume_and_print(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 100);
    assert_true(buf_printf(&buf, "%s=%d", "key", 42));
    buf_consume(&buf, 4);
    assert_str_equal(buf_str(&buf), "42");
    buf_consume(&buf, 99);
    assert_int_equal(buf.len, 0);
    buf_finish(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grows_to_its_ceiling_and_no_further),
        cmocka_unit_test(test_consume_and_print),
    };
    return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
