#include "fleet/secrets.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/test_store.h"

static struct keyring *make_keyring(struct test_store *t, char **ret_path)
{
    struct err err;
    *ret_path = arena_cstr(&t->arena, arena_printf(&t->arena, "%s/keys", t->directory));
    assert_true(keyring_create_file(*ret_path, &err));
    struct keyring *keyring = keyring_load(*ret_path, &err);
    assert_non_null(keyring);
    return keyring;
}

static struct secret_owner owner = {
    {"org_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 36}, {"machines", 8}, {"m1", 2}, {"column", 6}};

static void aliases_tell_nothing_and_resealing_keeps_the_values(void **state)
{
    struct test_store *t = *state;
    struct err err;
    char *path;
    struct keyring *keyring = make_keyring(t, &path);
    json_t *values = json_pack("{s:s, s:s}", "user", "anna", "password", "hunter2");
    struct secret_set *set = secrets_prepare(&t->arena, keyring, &owner, values);
    assert_int_equal(set->count, 2);
    assert_null(memmem(set->aliases.ptr, set->aliases.len, "hunter2", 7));
    secrets_replace(test_write(t), set);
    assert_true(test_commit(t));

    assert_true(keyring_rotate_file(path, &err) && keyring_reload(keyring, &err));
    size_t broken;
    assert_int_equal(secrets_reseal_some(test_write(t), &t->arena, keyring, 10, &broken), 2);
    assert_true(test_commit(t));
    assert_int_equal(broken, 0);
    assert_int_equal(secrets_reseal_some(test_write(t), &t->arena, keyring, 10, &broken), 0);
    assert_true(test_commit(t));

    struct secret_row row;
    assert_true(secrets_get(test_read(t), &t->arena, ORG_A, set->rows[1].alias, &row));
    reader_end(t->reader);
    assert_int_equal(keyring_id_of(row.sealed), 2);
    struct seal_cell cell = {"secrets", "value", row.alias, ORG_A};
    struct str plain;
    assert_true(keyring_open(keyring, &cell, row.sealed, &t->arena, &plain));
    assert_str_equal(plain, "hunter2");
    json_decref(values);
    keyring_destroy(keyring);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(aliases_tell_nothing_and_resealing_keeps_the_values,
                                        test_store_setup, test_store_teardown),
    };
    return cmocka_run_group_tests_name("secrets", tests, NULL, NULL);
}
