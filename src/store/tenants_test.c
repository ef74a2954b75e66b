/* Organizations, keys, secrets and settings. */
#include "store/test_store.h"

#include "store/keys.h"
#include "store/organizations.h"
#include "store/secrets.h"
#include "store/settings.h"

static void organizations_are_listed_and_renamed(void **state)
{
    struct test_store *t = *state;
    struct tx *tx = test_write(t);
    assert_false(organizations_insert(tx, &(struct organization_row){ORG_A, STR("again"), 3}));
    assert_true(organizations_rename(tx, ORG_A, STR("O'Brien \"\xf0\x9f\x98\x80\"")));
    assert_false(organizations_rename(tx, STR("org_none"), STR("x")));
    assert_true(test_commit(t));

    tx = test_read(t);
    struct organization_row *rows;
    assert_int_equal(organizations_list(tx, &t->arena, &rows), 2);
    assert_str_equal(rows[0].name, "O'Brien \"\xf0\x9f\x98\x80\"");
    assert_int_equal(rows[1].created_at, 2);
    assert_str_equal(rows[1].id, ORG_B.ptr);
    assert_str_equal(rows[1].name, "B");
    assert_false(tx_failed(tx));
    reader_end(t->reader);
}

static struct key_row make_key(const char *id, unsigned char hash_byte)
{
    struct key_row row = {
        .id = str_from(id),
        .organization_id = ORG_A,
        .name = STR("ci"),
        .scopes = SCOPE_READ | SCOPE_ADMIN,
        .created_at = 10,
        .revoked_at = CLOCK_NONE,
    };
    memset(row.hash, hash_byte, sizeof(row.hash));
    return row;
}

static void a_key_is_found_by_its_hash_until_and_after_it_is_revoked(void **state)
{
    struct test_store *t = *state;
    struct key_row one = make_key("key_1", 1), same_hash = make_key("key_2", 1), row;
    struct tx *tx = test_write(t);
    assert_true(keys_insert(tx, &one));
    assert_false(keys_insert(tx, &same_hash));
    assert_true(keys_by_hash(tx, &t->arena, one.hash, &row));
    assert_str_equal(row.id, "key_1");
    assert_str_equal(row.organization_id, ORG_A.ptr);
    assert_int_equal(row.scopes, SCOPE_READ | SCOPE_ADMIN);
    assert_int_equal(row.revoked_at, CLOCK_NONE);
    assert_memory_equal(row.hash, one.hash, sizeof(row.hash));

    assert_true(keys_revoke(tx, ORG_A, one.id, 40));
    assert_false(keys_revoke(tx, ORG_A, one.id, 50));
    assert_true(keys_by_hash(tx, &t->arena, one.hash, &row));
    assert_int_equal(row.revoked_at, 40);
    memset(one.hash, 9, sizeof(one.hash));
    assert_false(keys_by_hash(tx, &t->arena, one.hash, &row));
    assert_true(test_commit(t));
}

static void keys_of_another_organization_do_not_exist(void **state)
{
    struct test_store *t = *state;
    struct key_row one = make_key("key_1", 1), *rows;
    struct tx *tx = test_write(t);
    assert_true(keys_insert(tx, &one));
    assert_false(keys_is_active(tx, ORG_B, one.id));
    assert_false(keys_revoke(tx, ORG_B, one.id, 40));
    assert_int_equal(keys_list(tx, &t->arena, ORG_B, &rows), 0);
    assert_int_equal(keys_list(tx, &t->arena, ORG_A, &rows), 1);
    assert_true(keys_is_active(tx, ORG_A, one.id));
    assert_true(keys_revoke(tx, ORG_A, one.id, 40));
    assert_false(keys_is_active(tx, ORG_A, one.id));
    assert_true(test_commit(t));
}

static struct hmac_key_row make_hmac_key(const char *key, struct str sealing_key_id)
{
    return (struct hmac_key_row){
        .key = str_from(key),
        .organization_id = ORG_A,
        .sealed_secret = STR("\0sealed\xff"),
        .sealing_key_id = sealing_key_id,
        .scopes = SCOPE_ALL,
        .created_at = 5,
        .revoked_at = CLOCK_NONE,
    };
}

static void hmac_keys_keep_their_sealed_bytes(void **state)
{
    struct test_store *t = *state;
    struct hmac_key_row one = make_hmac_key("pub-1", STR("k1")), row;
    struct tx *tx = test_write(t);
    assert_true(hmac_keys_insert(tx, &one));
    assert_false(hmac_keys_insert(tx, &one));
    assert_true(hmac_keys_get(tx, &t->arena, one.key, &row));
    assert_true(str_eq(row.sealed_secret, one.sealed_secret));
    assert_str_equal(row.sealing_key_id, "k1");
    assert_int_equal(row.scopes, SCOPE_ALL);
    assert_true(test_commit(t));
}

static struct secret_row make_secret(const char *alias, struct str owner_id)
{
    return (struct secret_row){
        .alias = str_from(alias),
        .owner = {ORG_A, STR("machines"), owner_id, STR("sensitive_aliases")},
        .name = STR("password"),
        .sealed = STR("bytes\0more"),
        .sealing_key_id = STR("k1"),
    };
}

static void secrets_go_with_their_owner(void **state)
{
    struct test_store *t = *state;
    struct secret_row a = make_secret("a", STR("m1")), b = make_secret("b", STR("m1")),
                      other = make_secret("c", STR("m2")), row;
    struct tx *tx = test_write(t);
    assert_true(secrets_insert(tx, &a));
    assert_true(secrets_insert(tx, &b));
    assert_true(secrets_insert(tx, &other));
    assert_false(secrets_insert(tx, &a));
    assert_true(secrets_get(tx, &t->arena, ORG_A, a.alias, &row));
    assert_true(str_eq(row.sealed, a.sealed));
    assert_str_equal(row.owner.column, "sensitive_aliases");
    assert_false(secrets_get(tx, &t->arena, ORG_B, a.alias, &row));
    struct secret_owner foreign = a.owner;
    foreign.organization_id = ORG_B;
    assert_int_equal(secrets_delete_of(tx, &foreign), 0);
    assert_int_equal(secrets_delete_of(tx, &a.owner), 2);
    assert_false(secrets_get(tx, &t->arena, ORG_A, b.alias, &row));
    assert_true(secrets_get(tx, &t->arena, ORG_A, other.alias, &row));
    assert_true(test_commit(t));
}

static void resealing_finds_what_another_key_sealed(void **state)
{
    struct test_store *t = *state;
    struct secret_row secret = make_secret("a", STR("m1")), *secrets;
    struct hmac_key_row pair = make_hmac_key("pub-1", STR("k2")), *pairs;
    struct tx *tx = test_write(t);
    assert_true(secrets_insert(tx, &secret));
    assert_true(hmac_keys_insert(tx, &pair));
    assert_int_equal(secrets_not_sealed_by(tx, &t->arena, STR("k1"), 10, &secrets), 0);
    assert_int_equal(secrets_not_sealed_by(tx, &t->arena, STR("k2"), 10, &secrets), 1);
    secrets[0].sealed = STR("again");
    secrets[0].sealing_key_id = STR("k3");
    assert_true(secrets_reseal(tx, &secrets[0]));
    assert_int_equal(secrets_not_sealed_by(tx, &t->arena, STR("k3"), 10, &secrets), 0);

    assert_int_equal(hmac_keys_not_sealed_by(tx, &t->arena, STR("k3"), 10, &pairs), 1);
    pairs[0].sealing_key_id = STR("k3");
    assert_true(hmac_keys_reseal(tx, &pairs[0]));
    assert_int_equal(hmac_keys_not_sealed_by(tx, &t->arena, STR("k3"), 10, &pairs), 0);
    secret.owner.organization_id = ORG_B;
    assert_false(secrets_reseal(tx, &secret));
    assert_true(test_commit(t));
}

static void settings_are_replaced(void **state)
{
    struct test_store *t = *state;
    struct tx *tx = test_write(t);
    assert_true(str_is_null(settings_get(tx, &t->arena, STR("instance"))));
    settings_put(tx, STR("instance"), STR("one"));
    settings_put(tx, STR("instance"), STR(""));
    assert_true(test_commit(t));
    tx = test_read(t);
    assert_str_equal(settings_get(tx, &t->arena, STR("instance")), "");
    reader_end(t->reader);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, test_store_setup, test_store_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(organizations_are_listed_and_renamed),
        TEST(a_key_is_found_by_its_hash_until_and_after_it_is_revoked),
        TEST(keys_of_another_organization_do_not_exist),
        TEST(hmac_keys_keep_their_sealed_bytes),
        TEST(secrets_go_with_their_owner),
        TEST(resealing_finds_what_another_key_sealed),
        TEST(settings_are_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
