/* Pools and who is in them. */
#include "store/pools.h"

#include "store/test_store.h"

static struct pool_row make_pool(struct str organization_id, const char *id, const char *name)
{
    return (struct pool_row){
        .id = str_from(id),
        .organization_id = organization_id,
        .name = str_from(name),
        .created_at = 10,
        .updated_at = 10,
    };
}

/* Pools p1, p2 and machines m1, m2 of A; pool q1 and machine n1 of B. */
static struct tx *begin_with_rows(struct test_store *t)
{
    struct tx *tx = test_write(t);
    struct pool_row pools[] = {make_pool(ORG_A, "p1", "one"), make_pool(ORG_A, "p2", "two"),
                               make_pool(ORG_B, "q1", "one")};
    struct machine_row machines[] = {test_machine(ORG_A, "m1", 1), test_machine(ORG_A, "m2", 2),
                                     test_machine(ORG_B, "n1", 3)};
    for (size_t i = 0; i < 3; i++) {
        assert_true(pools_insert(tx, &pools[i]));
        assert_true(machines_insert(tx, &machines[i]));
    }
    return tx;
}

static int64_t machine_count(struct test_store *t, struct tx *tx, struct str id)
{
    struct pool_row row;
    assert_true(pools_get(tx, &t->arena, ORG_A, id, &row));
    return row.machine_count;
}

static void names_are_unique_in_an_organization(void **state)
{
    struct test_store *t = *state;
    struct tx *tx = begin_with_rows(t);
    struct pool_row again = make_pool(ORG_A, "p3", "one"), row;
    assert_false(pools_insert(tx, &again));
    assert_true(pools_get(tx, &t->arena, ORG_A, STR("p2"), &row));
    row.name = STR("one");
    assert_false(pools_update(tx, &row));
    row.name = STR("\xf0\x9f\x8e\xb1 'pool' \"two\"");
    row.description = STR("d");
    row.updated_at = 20;
    assert_true(pools_update(tx, &row));
    assert_true(pools_update(tx, &row));
    assert_true(pools_get(tx, &t->arena, ORG_A, STR("p2"), &row));
    assert_str_equal(row.name, "\xf0\x9f\x8e\xb1 'pool' \"two\"");
    assert_str_equal(row.description, "d");
    assert_int_equal(row.updated_at, 20);
    assert_int_equal(row.created_at, 10);
    assert_true(test_commit(t));
}

static void lists_are_newest_first_with_a_total(void **state)
{
    struct test_store *t = *state;
    struct tx *tx = begin_with_rows(t);
    struct pool_page page;
    pools_list(tx, &t->arena, ORG_A, 0, 10, &page);
    assert_int_equal(page.count, 2);
    assert_int_equal(page.total, 2);
    assert_str_equal(page.rows[0].id, "p2");
    pools_list(tx, &t->arena, ORG_A, 1, 10, &page);
    assert_int_equal(page.count, 1);
    assert_str_equal(page.rows[0].id, "p1");
    assert_true(pools_delete(tx, ORG_A, STR("p2")));
    assert_false(pools_delete(tx, ORG_A, STR("p2")));
    pools_list(tx, &t->arena, ORG_A, 0, 10, &page);
    assert_int_equal(page.total, 1);
    assert_true(test_commit(t));
}

static void members_are_added_once_and_counted(void **state)
{
    struct test_store *t = *state;
    struct tx *tx = begin_with_rows(t);
    struct str ids[] = {STR("m1"), STR("m2"), STR("m1"), STR("none"), STR("n1")};
    assert_int_equal(machines_count_existing(tx, ORG_A, ids, countof(ids)), 2);
    assert_int_equal(pools_add_machines(tx, ORG_A, STR("p1"), ids, countof(ids)), 2);
    assert_int_equal(pools_add_machines(tx, ORG_A, STR("p1"), ids, countof(ids)), 0);
    assert_int_equal(machine_count(t, tx, STR("p1")), 2);
    struct pool_machine *members;
    struct str pool = STR("p1");
    assert_int_equal(pools_machines(tx, &t->arena, ORG_A, &pool, 1, &members), 2);
    assert_str_equal(members[0].machine.id, "m2");
    assert_str_equal(members[1].pool_id, "p1");
    assert_int_equal(pools_remove_machines(tx, ORG_A, pool, ids, 1), 1);
    assert_int_equal(pools_remove_machines(tx, ORG_A, pool, ids, 1), 0);
    assert_int_equal(machine_count(t, tx, STR("p1")), 1);
    assert_true(pools_delete(tx, ORG_A, STR("p1")));
    assert_int_equal(pools_machines(tx, &t->arena, ORG_A, &pool, 1, &members), 0);
    struct machine_row row;
    assert_true(machines_get(tx, &t->arena, ORG_A, STR("m2"), &row));
    assert_true(test_commit(t));
}

static void the_pools_of_a_page_of_machines_come_in_one_query(void **state)
{
    struct test_store *t = *state;
    struct tx *tx = begin_with_rows(t);
    struct str machines[] = {STR("m1"), STR("m2"), STR("none")}, pools[] = {STR("p1"), STR("p2")};
    struct machine_pool *rows;
    assert_int_equal(pools_add_machines(tx, ORG_A, pools[0], machines, 2), 2);
    pools_replace_of_machine(tx, ORG_A, STR("m2"), pools, 2);
    assert_int_equal(pools_of_machines(tx, &t->arena, ORG_A, machines, 3, &rows), 3);
    assert_str_equal(rows[0].machine_id, "m1");
    assert_str_equal(rows[0].pool.id, "p1");
    assert_int_equal(rows[0].pool.machine_count, 2);
    assert_str_equal(rows[1].machine_id, "m2");
    assert_str_equal(rows[1].pool.id, "p2");
    assert_str_equal(rows[2].pool.id, "p1");
    assert_int_equal(pools_of_machines(tx, &t->arena, ORG_A, NULL, 0, &rows), 0);
    assert_true(test_commit(t));
}

static void replacing_leaves_exactly_the_given_pools(void **state)
{
    struct test_store *t = *state;
    struct tx *tx = begin_with_rows(t);
    struct str machine = STR("m1"), both[] = {STR("p1"), STR("p2"), STR("q1")};
    struct machine_pool *rows;
    assert_int_equal(pools_count_existing(tx, ORG_A, both, 3), 2);
    pools_replace_of_machine(tx, ORG_A, machine, both, 3);
    assert_int_equal(machine_count(t, tx, STR("p1")), 1);
    assert_int_equal(machine_count(t, tx, STR("p2")), 1);
    pools_replace_of_machine(tx, ORG_A, machine, &both[1], 1);
    assert_int_equal(machine_count(t, tx, STR("p1")), 0);
    assert_int_equal(machine_count(t, tx, STR("p2")), 1);
    pools_replace_of_machine(tx, ORG_A, machine, NULL, 0);
    assert_int_equal(machine_count(t, tx, STR("p2")), 0);
    assert_int_equal(pools_of_machines(tx, &t->arena, ORG_A, &machine, 1, &rows), 0);
    assert_true(test_commit(t));
}

static void another_organization_sees_and_changes_nothing(void **state)
{
    struct test_store *t = *state;
    struct tx *tx = begin_with_rows(t);
    struct str machine = STR("m1"), pool = STR("p1"), theirs = STR("n1");
    struct pool_row row;
    struct machine_pool *pools;
    struct pool_machine *machines;
    assert_int_equal(pools_add_machines(tx, ORG_A, pool, &machine, 1), 1);
    assert_false(pools_get(tx, &t->arena, ORG_B, pool, &row));
    assert_true(pools_get(tx, &t->arena, ORG_A, pool, &row));
    row.organization_id = ORG_B;
    row.name = STR("stolen");
    assert_false(pools_update(tx, &row));
    assert_false(pools_delete(tx, ORG_B, pool));
    assert_int_equal(pools_count_existing(tx, ORG_B, &pool, 1), 0);
    assert_int_equal(pools_of_machines(tx, &t->arena, ORG_B, &machine, 1, &pools), 0);
    assert_int_equal(pools_machines(tx, &t->arena, ORG_B, &pool, 1, &machines), 0);
    assert_int_equal(pools_add_machines(tx, ORG_B, pool, &theirs, 1), 0);
    assert_int_equal(pools_remove_machines(tx, ORG_B, pool, &machine, 1), 0);
    pools_replace_of_machine(tx, ORG_B, machine, NULL, 0);
    assert_int_equal(pools_machines(tx, &t->arena, ORG_A, &pool, 1, &machines), 1);
    assert_int_equal(machine_count(t, tx, pool), 1);
    assert_true(test_commit(t));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, test_store_setup, test_store_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(names_are_unique_in_an_organization),
        TEST(lists_are_newest_first_with_a_total),
        TEST(members_are_added_once_and_counted),
        TEST(the_pools_of_a_page_of_machines_come_in_one_query),
        TEST(replacing_leaves_exactly_the_given_pools),
        TEST(another_organization_sees_and_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
