#include "fleet/auth.h"

#include "base/clock.h"
#include "fleet/keys.h"
#include "fleet/scopes.h"
#include "store/test_store.h"

static void only_bearer_tokens_are_cut_out(void **state)
{
    (void)state;
    struct str token;
    assert_true(auth_parse_bearer(STR("Bearer ak_1"), &token));
    assert_str_equal(token, "ak_1");
    assert_true(auth_parse_bearer(STR("bEARER   ak_1 "), &token));
    assert_str_equal(token, "ak_1");
    static const char *const bad[] = {"",        "Bearer", "Bearer ",     "Basic ak_1",
                                      "Bearerx", "ak_1",   "HMAC a:b:c:d"};
    for (size_t i = 0; i < countof(bad); i++)
        assert_false(auth_parse_bearer(str_from(bad[i]), &token));
    assert_false(auth_parse_bearer(STR_NULL, &token));
}

static void keys_are_found_until_they_are_revoked(void **state)
{
    struct test_store *t = *state;
    struct new_key key =
        key_generate(&t->arena, ORG_A, STR("test"), SCOPE_READ | SCOPE_CONTROL, clock_now_us());
    struct str header = arena_printf(&t->arena, "Bearer %.*s", STR_FMT(key.text));
    struct principal principal;
    struct err err;

    assert_true(keys_insert(test_write(t), &key.row));
    assert_true(test_commit(t));
    assert_true(auth_bearer(test_read(t), &t->arena, header, &principal, &err));
    reader_end(t->reader);
    assert_true(str_eq(principal.organization_id, ORG_A));
    assert_true(auth_require(&principal, SCOPE_CONTROL, &err));
    assert_false(auth_require(&principal, SCOPE_ADMIN, &err));
    assert_int_equal(err.kind, ERR_FORBIDDEN);

    assert_true(keys_revoke(test_write(t), ORG_A, key.row.id, clock_now_us()));
    assert_true(test_commit(t));
    assert_false(auth_bearer(test_read(t), &t->arena, header, &principal, &err));
    reader_end(t->reader);
    assert_int_equal(err.kind, ERR_UNAUTHORIZED);
}

static void missing_and_wrong_keys_differ(void **state)
{
    struct test_store *t = *state;
    struct principal principal;
    struct err err;
    struct tx *tx = test_read(t);
    assert_false(auth_bearer(tx, &t->arena, STR_NULL, &principal, &err));
    assert_int_equal(err.kind, ERR_FORBIDDEN);
    assert_false(auth_bearer(tx, &t->arena, STR("Bearer ak_wrong"), &principal, &err));
    assert_int_equal(err.kind, ERR_UNAUTHORIZED);
    reader_end(t->reader);
}

static void scope_names_round_trip(void **state)
{
    (void)state;
    unsigned scopes, cursor = 0;
    struct err err;
    assert_true(scopes_parse(STR("read, join"), &scopes, &err));
    assert_int_equal(scopes, SCOPE_READ | SCOPE_JOIN);
    assert_string_equal(scopes_next(scopes, &cursor), "join");
    assert_string_equal(scopes_next(scopes, &cursor), "read");
    assert_null(scopes_next(scopes, &cursor));
    assert_true(scopes_parse(STR("all"), &scopes, &err));
    assert_int_equal(scopes, SCOPE_ALL);
    assert_false(scopes_parse(STR("read,everything"), &scopes, &err));
    assert_non_null(strstr(err.message, "'everything'"));
    assert_false(scopes_parse(STR(""), &scopes, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_bearer_tokens_are_cut_out),
        cmocka_unit_test_setup_teardown(keys_are_found_until_they_are_revoked, test_store_setup,
                                        test_store_teardown),
        cmocka_unit_test_setup_teardown(missing_and_wrong_keys_differ, test_store_setup,
                                        test_store_teardown),
        cmocka_unit_test(scope_names_round_trip),
    };
    return cmocka_run_group_tests_name("auth", tests, NULL, NULL);
}
