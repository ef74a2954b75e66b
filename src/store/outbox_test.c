/* Events and idempotency records. */
#include "store/events.h"
#include "store/idempotency.h"
#include "store/test_store.h"

/* Returns the seq it got. */
static int64_t append(struct tx *tx, struct str organization_id, int64_t at)
{
    int64_t oldest, newest;
    events_append(tx, &(struct event_row){.organization_id = organization_id,
                                          .type = STR("machine.connected"),
                                          .subject_id = STR("m1"),
                                          .at = at,
                                          .data = STR("{\"n\":\"\xf0\x9f\x98\x80\"}")});
    assert_true(events_range(tx, &oldest, &newest));
    return newest;
}

static void events_are_read_in_order_by_organization_or_all(void **state)
{
    struct test_store *t = *state;
    struct event_row *rows;
    int64_t oldest, newest;
    struct tx *tx = test_write(t);
    assert_false(events_range(tx, &oldest, &newest));
    int64_t a1 = append(tx, ORG_A, 10), b = append(tx, ORG_B, 20), a2 = append(tx, ORG_A, 30);
    assert_true(0 < a1 && a1 < b && b < a2);
    assert_true(events_range(tx, &oldest, &newest));
    assert_int_equal(oldest, a1);
    assert_int_equal(newest, a2);
    assert_int_equal(events_after(tx, &t->arena, STR_NULL, 0, 10, &rows), 3);
    assert_int_equal(events_after(tx, &t->arena, STR_NULL, 0, 2, &rows), 2);
    assert_int_equal(rows[1].seq, b);
    assert_int_equal(events_after(tx, &t->arena, ORG_A, a1, 10, &rows), 1);
    assert_int_equal(rows[0].seq, a2);
    assert_int_equal(rows[0].at, 30);
    assert_str_equal(rows[0].type, "machine.connected");
    assert_str_equal(rows[0].data, "{\"n\":\"\xf0\x9f\x98\x80\"}");
    assert_true(test_commit(t));
}

static void a_purged_seq_is_not_used_again(void **state)
{
    struct test_store *t = *state;
    struct event_row *rows;
    struct tx *tx = test_write(t);
    int64_t last = 0;
    for (int64_t at = 1; at <= 5; at++)
        last = append(tx, ORG_A, at);
    assert_int_equal(events_purge(tx, 4, 2), 2);
    assert_int_equal(events_purge(tx, 4, 2), 1);
    assert_int_equal(events_purge(tx, 4, 2), 0);
    assert_int_equal(events_after(tx, &t->arena, ORG_A, 0, 10, &rows), 2);
    assert_int_equal(rows[0].at, 4);
    assert_int_equal(events_purge(tx, 100, 10), 2);
    assert_true(append(tx, ORG_A, 9) > last);
    assert_true(test_commit(t));
}

static struct idempotency_row make_record(unsigned char byte, int64_t created_at)
{
    struct idempotency_row row = {.response = STR("sealed\0bytes"), .created_at = created_at};
    memset(row.scope_hash, byte, sizeof(row.scope_hash));
    memset(row.fingerprint, byte + 1, sizeof(row.fingerprint));
    return row;
}

static void a_key_is_taken_once(void **state)
{
    struct test_store *t = *state;
    struct idempotency_row record = make_record(1, 10), row;
    struct tx *tx = test_write(t);
    assert_false(idempotency_get(tx, &t->arena, record.scope_hash, &row));
    assert_true(idempotency_insert(tx, &record));
    assert_false(idempotency_insert(tx, &record));
    assert_true(test_commit(t));
    test_store_reopen(t);
    tx = test_write(t);
    assert_true(idempotency_get(tx, &t->arena, record.scope_hash, &row));
    assert_memory_equal(row.fingerprint, record.fingerprint, IDEMPOTENCY_HASH_SIZE);
    assert_true(str_eq(row.response, record.response));
    assert_true(str_is_null(row.server_instance));
    assert_true(idempotency_delete(tx, record.scope_hash));
    assert_false(idempotency_delete(tx, record.scope_hash));
    assert_true(test_commit(t));
}

/* Of records whose hashes begin alike, and so share a place in the index, each is its own. */
static void records_with_similar_hashes_are_told_apart(void **state)
{
    struct test_store *t = *state;
    struct idempotency_row one = make_record(200, 1), two = make_record(200, 2), row;
    one.response = two.response = STR_NULL;
    one.server_instance = two.server_instance = STR("srv");
    two.scope_hash[IDEMPOTENCY_HASH_SIZE - 1]++;
    struct tx *tx = test_write(t);
    assert_true(idempotency_insert(tx, &one));
    assert_false(idempotency_get(tx, &t->arena, two.scope_hash, &row));
    assert_false(idempotency_finish(tx, two.scope_hash, STR("x")));
    assert_false(idempotency_delete(tx, two.scope_hash));
    assert_true(idempotency_insert(tx, &two));
    assert_false(idempotency_insert(tx, &one));
    assert_false(idempotency_insert(tx, &two));
    assert_true(idempotency_finish(tx, two.scope_hash, STR("x")));
    assert_true(idempotency_get(tx, &t->arena, one.scope_hash, &row));
    assert_int_equal(row.created_at, 1);
    assert_true(str_is_null(row.response));
    assert_true(idempotency_delete(tx, one.scope_hash));
    assert_true(idempotency_get(tx, &t->arena, two.scope_hash, &row));
    assert_memory_equal(row.scope_hash, two.scope_hash, IDEMPOTENCY_HASH_SIZE);
    assert_int_equal(row.created_at, 2);
    assert_str_equal(row.response, "x");
    assert_true(test_commit(t));
}

static void an_open_record_is_finished_once(void **state)
{
    struct test_store *t = *state;
    struct idempotency_row record = make_record(1, 10), row;
    record.response = STR_NULL;
    record.server_instance = STR("srv");
    struct tx *tx = test_write(t);
    assert_true(idempotency_insert(tx, &record));
    assert_true(idempotency_get(tx, &t->arena, record.scope_hash, &row));
    assert_true(str_is_null(row.response));
    assert_str_equal(row.server_instance, "srv");
    assert_true(idempotency_finish(tx, record.scope_hash, STR("")));
    assert_false(idempotency_finish(tx, record.scope_hash, STR("again")));
    assert_true(idempotency_get(tx, &t->arena, record.scope_hash, &row));
    assert_str_equal(row.response, "");
    assert_true(str_is_null(row.server_instance));
    assert_true(test_commit(t));
}

static void old_records_are_purged_in_batches(void **state)
{
    struct test_store *t = *state;
    struct tx *tx = test_write(t);
    for (unsigned char i = 0; i < 10; i++) {
        struct idempotency_row record = make_record(i, i);
        assert_true(idempotency_insert(tx, &record));
    }
    assert_int_equal(idempotency_purge(tx, 7, 5), 5);
    assert_int_equal(idempotency_purge(tx, 7, 5), 2);
    struct idempotency_row record = make_record(7, 7), row;
    assert_true(idempotency_get(tx, &t->arena, record.scope_hash, &row));
    record = make_record(6, 6);
    assert_false(idempotency_get(tx, &t->arena, record.scope_hash, &row));
    assert_true(test_commit(t));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, test_store_setup, test_store_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(events_are_read_in_order_by_organization_or_all),
        TEST(a_purged_seq_is_not_used_again),
        TEST(a_key_is_taken_once),
        TEST(records_with_similar_hashes_are_told_apart),
        TEST(an_open_record_is_finished_once),
        TEST(old_records_are_purged_in_batches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
