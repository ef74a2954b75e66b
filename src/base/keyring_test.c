#include "base/keyring.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/test.h"

static char folder[] = "/tmp/keyring_test.XXXXXX";
static char path[64];

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof(path), "%s/keys", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

static struct keyring *fresh_keyring(void)
{
    struct err err;
    unlink(path);
    assert_true(keyring_create_file(path, &err));
    struct keyring *keyring = keyring_load(path, &err);
    assert_non_null(keyring);
    return keyring;
}

static const struct seal_cell cell = {"secrets", "value", {"row-1", 5}, {"org_a", 5}};

static void test_sealed_values_open_in_their_own_cell_only(void **state)
{
    (void)state;
    struct keyring *keyring = fresh_keyring();
    struct arena arena;
    arena_init(&arena);
    struct str sealed = keyring_seal(keyring, &cell, STR("s3cret"), &arena), plain;
    assert_true(keyring_open(keyring, &cell, sealed, &arena, &plain));
    assert_str_equal(plain, "s3cret");

    struct seal_cell others[] = {cell, cell, cell, cell};
    others[0].table = "secret";
    others[1].column = "values";
    others[2].row_id = STR("row-2");
    others[3].organization_id = STR("org_b");
    for (size_t i = 0; i < countof(others); i++)
        assert_false(keyring_open(keyring, &others[i], sealed, &arena, &plain));
    for (size_t i = 0; i < sealed.len; i++) {
        char *copy = arena_cstr(&arena, sealed);
        copy[i] ^= 1;
        assert_false(keyring_open(keyring, &cell, str_of(copy, sealed.len), &arena, &plain));
        assert_false(keyring_open(keyring, &cell, str_of(sealed.ptr, i), &arena, &plain));
    }
    arena_finish(&arena);
    keyring_destroy(keyring);
}

static void test_rotation_keeps_old_values_readable(void **state)
{
    (void)state;
    struct keyring *keyring = fresh_keyring();
    struct arena arena;
    struct err err;
    arena_init(&arena);
    struct str old = keyring_seal(keyring, &cell, STR("x"), &arena), plain;
    assert_true(keyring_rotate_file(path, &err));
    assert_true(keyring_reload(keyring, &err));
    struct str new = keyring_seal(keyring, &cell, STR("x"), &arena);
    assert_int_equal(keyring_id_of(old), 1);
    assert_int_equal(keyring_id_of(new), 2);
    assert_int_equal(keyring_current(keyring), 2);
    assert_true(keyring_open(keyring, &cell, old, &arena, &plain));
    assert_false(keyring_has(keyring, 3));
    arena_finish(&arena);
    keyring_destroy(keyring);
}

static void test_a_reload_takes_no_key_away(void **state)
{
    (void)state;
    struct keyring *keyring = fresh_keyring();
    struct err err;
    struct buf before;
    buf_init(&before, 4096);
    assert_true(file_read(path, &before, &err));
    assert_true(keyring_rotate_file(path, &err) && keyring_reload(keyring, &err));
    assert_true(file_replace(path, buf_str(&before), 0600, &err));
    assert_false(keyring_reload(keyring, &err));
    assert_int_equal(keyring_current(keyring), 2);
    buf_finish(&before);
    keyring_destroy(keyring);
}

static void test_refuses_bad_files(void **state)
{
    (void)state;
    struct err err;
    keyring_destroy(fresh_keyring());
    assert_false(keyring_create_file(path, &err));
    assert_int_equal(chmod(path, 0640), 0);
    assert_null(keyring_load(path, &err));
    assert_non_null(strstr(err.message, "0600"));
    static const char *const bad[] = {
        "",
        "deskfleet-keys 2\n",
        "deskfleet-keys 1\n",
        "deskfleet-keys 1\nmac 00\n",
        "deskfleet-keys 1\nseal 0 00\n",
        "deskfleet-keys 1\nwhat\n",
    };
    for (size_t i = 0; i < countof(bad); i++) {
        assert_true(file_replace(path, str_from(bad[i]), 0600, &err));
        assert_null(keyring_load(path, &err));
    }
    unlink(path);
    assert_null(keyring_load(path, &err));
}

static void test_macs_tell_boundaries_apart(void **state)
{
    (void)state;
    struct keyring *keyring = fresh_keyring();
    unsigned char one[KEYRING_MAC_SIZE], two[KEYRING_MAC_SIZE];
    keyring_mac(keyring, (const struct str[]){STR("ab"), STR("c")}, 2, one);
    keyring_mac(keyring, (const struct str[]){STR("a"), STR("bc")}, 2, two);
    assert_memory_not_equal(one, two, sizeof(one));
    keyring_mac(keyring, (const struct str[]){STR("ab"), STR("c")}, 2, two);
    assert_memory_equal(one, two, sizeof(one));
    keyring_destroy(keyring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sealed_values_open_in_their_own_cell_only),
        cmocka_unit_test(test_rotation_keeps_old_values_readable),
        cmocka_unit_test(test_a_reload_takes_no_key_away),
        cmocka_unit_test(test_refuses_bad_files),
        cmocka_unit_test(test_macs_tell_boundaries_apart),
    };
    return cmocka_run_group_tests_name("keyring", tests, make_folder, remove_folder);
}
