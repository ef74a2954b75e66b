#include "base/test.h"

#include "base/macros.h"
#include "driver/fields.h"

struct target {
    struct field_int x;
    struct field_bool down;
    struct str text;
};

static const struct field fields[] = {
    {"x", FIELD_INT, true, offsetof(struct target, x), 1, 9},
    {"down", FIELD_BOOL, false, offsetof(struct target, down), 0, 0},
    {"text", FIELD_TEXT, false, offsetof(struct target, text), 0, 0},
};

static void test_reads(void **state UNUSED)
{
    static const char *const bodies[] = {
        "{\"x\":5,\"down\":true,\"text\":\"hi\",\"more\":[1]}",
        "{\"x\":\"5\",\"down\":true,\"text\":\"hi\"}",
        "{\"x\":5.0,\"down\":true,\"text\":\"hi\"}",
    };
    for (size_t i = 0; i < countof(bodies); i++) {
        struct request request = {0};
        struct reply reply;
        struct target target = {0};
        json_t *json;
        buf_init(&request.body, REQUEST_BODY_MAX);
        buf_append_str(&request.body, str_from(bodies[i]));
        reply_init(&reply);
        assert_true(fields_from_body(&request, fields, countof(fields), &target, &json, &reply));
        assert_true(target.x.given && target.x.value == 5);
        assert_true(target.down.given && target.down.value);
        assert_str_equal(target.text, "hi");
        json_decref(json);
        reply_finish(&reply);
        buf_finish(&request.body);
    }
}

static const struct {
    const char *body;
    const char *type;
    const char *field; /* NULL: the body itself */
} wrong[] = {
    {"", "json_invalid", NULL},
    {"{\"x\":1", "json_invalid", NULL},
    {"[1]", "model_attributes_type", NULL},
    {"{}", "missing", "x"},
    {"{\"x\":null}", "int_type", "x"},
    {"{\"x\":1.5}", "int_type", "x"},
    {"{\"x\":1e300}", "int_type", "x"},
    {"{\"x\":\"five\"}", "int_type", "x"},
    {"{\"x\":true}", "int_type", "x"},
    {"{\"x\":0}", "greater_than_equal", "x"},
    {"{\"x\":10}", "less_than_equal", "x"},
    {"{\"x\":99999999999999999999}", "json_invalid", NULL},
    {"{\"x\":1,\"down\":1}", "bool_type", "down"},
    {"{\"x\":1,\"text\":7}", "string_type", "text"},
};

static void test_refuses(void **state UNUSED)
{
    for (size_t i = 0; i < countof(wrong); i++) {
        struct request request = {0};
        struct reply reply;
        struct target target = {0};
        json_t *json;
        buf_init(&request.body, REQUEST_BODY_MAX);
        buf_append_str(&request.body, str_from(wrong[i].body));
        reply_init(&reply);
        assert_false(fields_from_body(&request, fields, countof(fields), &target, &json, &reply));
        assert_int_equal(reply.status, 422);

        json_t *answer = json_loadb(reply.body.ptr, reply.body.len, 0, NULL);
        json_t *entry = json_array_get(json_object_get(answer, "detail"), 0);
        json_t *place = json_object_get(entry, "loc");
        assert_string_equal(json_string_value(json_object_get(entry, "type")), wrong[i].type);
        assert_string_equal(json_string_value(json_array_get(place, 0)), "body");
        assert_int_equal(json_array_size(place), wrong[i].field ? 2 : 1);
        if (wrong[i].field)
            assert_string_equal(json_string_value(json_array_get(place, 1)), wrong[i].field);
        json_decref(answer);
        reply_finish(&reply);
        buf_finish(&request.body);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads),
        cmocka_unit_test(test_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
