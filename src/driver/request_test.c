#include "base/test.h"

#include "base/macros.h"
#include "base/mem.h"
#include "driver/query.h"
#include "driver/request.h"

#define META                                                                                       \
    "{\"requestId\":\"r1\",\"method\":\"GET\",\"path\":\"/a\",\"query\":\"\",\"headers\":{}}"

static int set_up(void **state)
{
    struct request_assembly *assembly = MEM_NEW(struct request_assembly);
    request_assembly_init(assembly);
    *state = assembly;
    return 0;
}

static int tear_down(void **state)
{
    request_assembly_reset(*state);
    free(*state);
    return 0;
}

static void test_meta_bodies_end(void **state)
{
    struct request_assembly *assembly = *state;
    assert_int_equal(request_add_text(assembly, STR(META)), REQUEST_OPEN);
    assert_int_equal(request_add_bytes(assembly, STR("one ")), REQUEST_OPEN);
    assert_int_equal(request_add_bytes(assembly, STR("two")), REQUEST_OPEN);
    assert_int_equal(request_add_text(assembly, STR("end")), REQUEST_COMPLETE);
    assert_string_equal(json_string_value(assembly->request.id), "r1");
    assert_string_equal(assembly->request.method, "GET");
    assert_string_equal(assembly->request.path, "/a");
    assert_str_equal(buf_str(&assembly->request.body), "one two");

    request_assembly_reset(assembly);
    assert_int_equal(assembly->state, REQUEST_NONE);
    assert_int_equal(request_add_text(assembly, STR(META)), REQUEST_OPEN);
    assert_int_equal(request_add_text(assembly, STR("end")), REQUEST_COMPLETE);
    assert_int_equal(assembly->request.body.len, 0);
}

static void test_strays_are_ignored(void **state)
{
    struct request_assembly *assembly = *state;
    assert_int_equal(request_add_text(assembly, STR("end")), REQUEST_NONE);
    assert_int_equal(request_add_bytes(assembly, STR("stray")), REQUEST_NONE);
    assert_int_equal(request_add_text(assembly, STR(META)), REQUEST_OPEN);
    assert_int_equal(request_add_text(assembly, STR("end")), REQUEST_COMPLETE);
    assert_int_equal(assembly->request.body.len, 0);
}

static void test_second_meta_replaces(void **state)
{
    struct request_assembly *assembly = *state;
    request_add_text(assembly, STR(META));
    request_add_bytes(assembly, STR("first"));
    request_add_text(assembly, STR("{\"requestId\":2,\"method\":\"post\",\"path\":\"b\"}"));
    assert_int_equal(request_add_text(assembly, STR("end")), REQUEST_COMPLETE);
    assert_int_equal(json_integer_value(assembly->request.id), 2);
    assert_string_equal(assembly->request.method, "POST");
    assert_string_equal(assembly->request.path, "/b");
    assert_int_equal(assembly->request.body.len, 0);
}

static void test_broken_metas(void **state)
{
    static const char *const broken[] = {
        "",
        "hello",
        "END",
        "end ",
        "{",
        "[]",
        "null",
        "{\"requestId\":null}",
        "{\"method\":\"GET\"}",
        "{\"requestId\":{}}",
        "{\"requestId\":true,\"path\":\"/a\"}",
    };
    struct request_assembly *assembly = *state;
    for (size_t i = 0; i < countof(broken); i++) {
        assert_int_equal(request_add_text(assembly, str_from(broken[i])), REQUEST_BROKEN);
        request_assembly_reset(assembly);
    }
}

static void test_missing_and_wrong_members(void **state)
{
    struct request_assembly *assembly = *state;
    request_add_text(assembly, STR("{\"requestId\":1.5,\"method\":7,\"path\":null,\"query\":[]}"));
    assert_int_equal(request_add_text(assembly, STR("end")), REQUEST_COMPLETE);
    assert_string_equal(assembly->request.method, "");
    assert_string_equal(assembly->request.path, "/");
    assert_int_equal(json_object_size(assembly->request.query), 0);
}

static void test_body_has_a_ceiling(void **state)
{
    static char block[64 * 1024];
    struct request_assembly *assembly = *state;
    request_add_text(assembly, STR(META));
    for (int i = 0; i < 40; i++)
        request_add_bytes(assembly, str_of(block, sizeof(block)));
    assert_int_equal(request_add_text(assembly, STR("end")), REQUEST_COMPLETE);
    assert_true(assembly->request.body.overflowed);
    assert_true(assembly->request.body.len <= REQUEST_BODY_MAX);
}

static void test_query_text(void **state UNUSED)
{
    json_t *text = json_string("a=1&b=x%20y+z&empty&c=%C3%A9&bad=%ff&d=%4&a=2&&=v");
    json_t *query = query_read(text);
    assert_str_equal(query_get(query, "a"), "2");
    assert_str_equal(query_get(query, "b"), "x y z");
    assert_str_equal(query_get(query, "empty"), "");
    assert_str_equal(query_get(query, "c"), "\xc3\xa9");
    assert_str_equal(query_get(query, "d"), "%4");
    assert_null(query_get(query, "bad").ptr);
    assert_null(query_get(query, "nothing").ptr);
    json_decref(query);
    json_decref(text);
}

static void test_query_object(void **state UNUSED)
{
    json_t *object = json_pack("{s:s, s:i, s:n}", "mode", "exact", "width", 800, "height");
    json_t *query = query_read(object);
    assert_str_equal(query_get(query, "mode"), "exact");
    assert_str_equal(query_get(query, "width"), "800");
    assert_null(query_get(query, "height").ptr);
    json_decref(query);
    json_decref(object);
    query = query_read(NULL);
    assert_int_equal(json_object_size(query), 0);
    json_decref(query);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_meta_bodies_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_strays_are_ignored, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_second_meta_replaces, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_broken_metas, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_missing_and_wrong_members, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_body_has_a_ceiling, set_up, tear_down),
        cmocka_unit_test(test_query_text),
        cmocka_unit_test(test_query_object),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
