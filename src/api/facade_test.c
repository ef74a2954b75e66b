#include "api/facade.h"

#include "base/test.h"

static void every_kind_of_error_has_a_status(void **state)
{
    (void)state;
    for (int kind = ERR_NONE; kind < ERR_KIND_COUNT; kind++) {
        int status = facade_status((enum err_kind)kind);
        assert_true(status >= 400 && status <= 599);
    }
}

static void check_error(const struct facade *facade, int status, enum err_kind kind,
                        const char *expected_start)
{
    struct buf out;
    buf_init(&out, 1000);
    struct json_writer w = jw_to(&out);
    facade->write_error(&w, status, kind, "why \"not\"");
    assert_true(str_starts_with(buf_str(&out), str_from(expected_start)));
    buf_finish(&out);
}

static void each_facade_words_errors_its_own_way(void **state)
{
    (void)state;
    check_error(&cyberdesk_facade, 404, ERR_NOT_FOUND,
                "{\"error\":\"HTTPException\",\"message\":\"why \\\"not\\\"\","
                "\"error_code\":null,\"details\":null,\"timestamp\":\"");
    check_error(&cyberdesk_facade, 500, ERR_INTERNAL, "{\"error\":\"InternalServerError\"");
    check_error(&cyberdesk_facade, 503, ERR_STORAGE_FULL,
                "{\"error\":\"HTTPException\",\"message\":\"why \\\"not\\\"\","
                "\"error_code\":\"storage_full\"");
    check_error(&vagon_facade, 404, ERR_NOT_FOUND,
                "{\"client_code\":404,\"message\":\"why \\\"not\\\"\",\"timestamp\":\"");
    check_error(&vagon_facade, 403, ERR_FORBIDDEN, "{\"client_code\":4710,");
}

static void paths_and_documents_find_their_facade(void **state)
{
    (void)state;
    assert_ptr_equal(facade_of_document("vagon"), &vagon_facade);
    assert_ptr_equal(facade_of_document("fleet"), &fleet_facade);
    assert_ptr_equal(facade_of_path(STR("/organization-management/v1/x")), &vagon_facade);
    assert_ptr_equal(facade_of_path(STR("/v1/x")), &cyberdesk_facade);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_error_has_a_status),
        cmocka_unit_test(each_facade_words_errors_its_own_way),
        cmocka_unit_test(paths_and_documents_find_their_facade),
    };
    return cmocka_run_group_tests_name("facade", tests, NULL, NULL);
}
