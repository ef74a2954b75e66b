#include "base/json_read.h"
#include "base/json_write.h"

#include "base/test.h"

static const struct json_limits limits = {.depth = 8, .values = 100};

static void check_rewrite(const char *text, const char *expected)
{
    struct json_read_error error;
    json_t *value = json_read(str_from(text), &limits, &error);
    assert_non_null(value);
    struct buf out;
    buf_init(&out, 10000);
    struct json_writer w = jw_to(&out);
    jw_value(&w, value);
    assert_str_equal(buf_str(&out), expected);
    json_decref(value);
    buf_finish(&out);
}

static void test_what_is_read_is_written(void **state)
{
    (void)state;
    check_rewrite("{\"a\":[1,2.5,-0,true,false,null],\"b\":{}}",
                  "{\"a\":[1,2.5,0,true,false,null],\"b\":{}}");
    check_rewrite("9223372036854775807", "9223372036854775807");
    check_rewrite("-9223372036854775808", "-9223372036854775808");
    check_rewrite("1.0", "1.0");
    check_rewrite("0.1", "0.1");
    check_rewrite("[5e-324,1.7976931348623157e308]",
                  "[4.94065645841247e-324,1.7976931348623157e+308]");
    check_rewrite("\"q\\\"\\\\\\n\\u0001\\u00e9\\ud83d\\ude42\"",
                  "\"q\\\"\\\\\\n\\u0001\xc3\xa9\xf0\x9f\x99\x82\"");
}

static void check_refused(struct str text, const char *reason, size_t position)
{
    struct json_read_error error;
    assert_null(json_read(text, &limits, &error));
    assert_string_equal(error.reason, reason);
    assert_int_equal(error.position, position);
}

static void test_refuses_with_a_reason_and_a_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *reason;
        size_t position;
    } cases[] = {
        {"", "Expecting value", 0},
        {"abc", "Expecting value", 0},
        {"{\"a\":x}", "Expecting value", 5},
        {"[1,]", "Expecting value", 3},
        {"{", "Expecting property name enclosed in double quotes", 1},
        {"{\"a\":1,}", "Expecting property name enclosed in double quotes", 7},
        {"{\"a\" 1}", "Expecting ':' delimiter", 5},
        {"{\"a\":1 \"b\":2}", "Expecting ',' delimiter", 7},
        {"[1 2]", "Expecting ',' delimiter", 3},
        {"{} x", "Extra data", 3},
    };
    for (size_t i = 0; i < countof(cases); i++)
        check_refused(str_from(cases[i].text), cases[i].reason, cases[i].position);
}

static void check_reason(struct str text, const char *reason)
{
    struct json_read_error error;
    assert_null(json_read(text, &limits, &error));
    assert_string_equal(error.reason, reason);
    assert_true(error.position <= text.len);
}

static void test_refuses_what_cannot_be_kept(void **state)
{
    (void)state;
    check_reason(STR("{\"a\":1,\"a\":2}"), "Duplicate key");
    check_reason(STR("9223372036854775808"), "Number out of range");
    check_reason(STR("1e999"), "Number out of range");
    check_reason(STR("\"\xff\""), "Invalid UTF-8");
    check_reason(STR("\"\\u0000\""), "NUL character not allowed");
    check_reason(STR("\"a\nb\""), "Invalid control character");
    check_reason(STR("\"\\x\""), "Invalid \\escape");
    check_reason(STR("\"abc"), "Unterminated string");
    check_reason(STR("[[[[[[[[[1]]]]]]]]]"), "Nested too deep");
    char many[300];
    memset(many, ',', sizeof(many));
    many[0] = '[';
    check_reason(str_of(many, sizeof(many)), "Too many values");
}

static void test_writer_replaces_invalid_utf8(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 100);
    struct json_writer w = jw_to(&out);
    jw_str(&w, STR("a\xff\xe2\x82z"));
    assert_str_equal(buf_str(&out), "\"a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\"");
    buf_finish(&out);
}

static void test_writer_places_commas(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 1000);
    struct json_writer w = jw_to(&out);
    jw_object_begin(&w);
    jw_field_int(&w, "n", INT64_MIN);
    jw_key(&w, "list");
    jw_array_begin(&w);
    jw_str(&w, STR_NULL);
    jw_time(&w, 0);
    jw_array_end(&w);
    jw_field_raw(&w, "raw", STR("[1]"));
    jw_key_str(&w, STR("k\"y"));
    jw_real(&w, 3);
    jw_object_end(&w);
    assert_str_equal(buf_str(&out),
                     "{\"n\":-9223372036854775808,\"list\":[null,\"1970-01-01T00:00:00Z\"],"
                     "\"raw\":[1],\"k\\\"y\":3.0}");
    buf_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_read_is_written),
        cmocka_unit_test(test_refuses_with_a_reason_and_a_place),
        cmocka_unit_test(test_refuses_what_cannot_be_kept),
        cmocka_unit_test(test_writer_replaces_invalid_utf8),
        cmocka_unit_test(test_writer_places_commas),
    };
    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
