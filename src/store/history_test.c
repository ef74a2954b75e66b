/* Connections and request logs. */
#include "store/connections.h"
#include "store/request_logs.h"
#include "store/test_store.h"

static struct tx *begin_with_machines(struct test_store *t)
{
    struct tx *tx = test_write(t);
    struct machine_row rows[] = {test_machine(ORG_A, "m1", 1), test_machine(ORG_A, "m2", 2),
                                 test_machine(ORG_B, "n1", 3)};
    for (size_t i = 0; i < countof(rows); i++)
        assert_true(machines_insert(tx, &rows[i]));
    return tx;
}

static struct connection_row make_connection(const char *id, const char *machine_id, int64_t at)
{
    return (struct connection_row){
        .id = str_from(id),
        .organization_id = ORG_A,
        .machine_id = str_from(machine_id),
        .websocket_id = STR("ws"),
        .connected_at = at,
        .disconnected_at = CLOCK_NONE,
        .last_ping = at,
        .status = CONNECTION_CONNECTED,
        .ip_address = STR("::1"),
    };
}

static struct tx *begin_with_connections(struct test_store *t)
{
    struct tx *tx = begin_with_machines(t);
    struct connection_row rows[] = {make_connection("c1", "m1", 10),
                                    make_connection("c2", "m1", 20),
                                    make_connection("c3", "m2", 30)};
    for (size_t i = 0; i < countof(rows); i++)
        assert_true(connections_insert(tx, &rows[i]));
    return tx;
}

static void a_connection_needs_a_machine_of_its_organization(void **state)
{
    struct test_store *t = *state;
    struct tx *tx = begin_with_machines(t);
    struct connection_row row = make_connection("c1", "n1", 1);
    assert_false(connections_insert(tx, &row));
    row.machine_id = STR("none");
    assert_false(connections_insert(tx, &row));
    row.machine_id = STR("m1");
    assert_true(connections_insert(tx, &row));
    assert_false(connections_insert(tx, &row));
    assert_false(tx_failed(tx));
    assert_true(test_commit(t));
}

static void a_connection_closes_once(void **state)
{
    struct test_store *t = *state;
    struct tx *tx = begin_with_connections(t);
    struct connection_ping pings[] = {{STR("c1"), 15}, {STR("c2"), 5}};
    struct connection_row row;
    connections_touch(tx, pings, 2);
    assert_false(connections_close(tx, ORG_B, STR("c1"), CONNECTION_ERROR, 40));
    assert_true(connections_close(tx, ORG_A, STR("c1"), CONNECTION_ERROR, 40));
    assert_false(connections_close(tx, ORG_A, STR("c1"), CONNECTION_DISCONNECTED, 50));
    pings[0].at = 60;
    connections_touch(tx, pings, 1);
    assert_true(connections_get(tx, &t->arena, ORG_A, STR("c1"), &row));
    assert_int_equal(row.status, CONNECTION_ERROR);
    assert_int_equal(row.disconnected_at, 40);
    assert_int_equal(row.last_ping, 15);
    assert_str_equal(row.ip_address, "::1");
    assert_true(str_is_null(row.user_agent));
    assert_true(connections_get(tx, &t->arena, ORG_A, STR("c2"), &row));
    assert_int_equal(row.last_ping, 20);
    assert_int_equal(row.disconnected_at, CLOCK_NONE);
    assert_false(connections_get(tx, &t->arena, ORG_B, STR("c2"), &row));
    assert_true(test_commit(t));
}

static struct str connection_ids(struct test_store *t, struct tx *tx, struct str organization_id,
                                 struct connection_filter filter, int64_t *ret_total)
{
    struct connection_page page;
    struct str ids = STR("");
    connections_list(tx, &t->arena, organization_id, &filter, &page);
    for (size_t i = 0; i < page.count; i++)
        ids = arena_printf(&t->arena, "%.*s%.*s ", STR_FMT(ids), STR_FMT(page.rows[i].id));
    *ret_total = page.total;
    return ids;
}

static void connections_are_listed_by_machine_and_status(void **state)
{
    struct test_store *t = *state;
    struct tx *tx = begin_with_connections(t);
    assert_true(connections_close(tx, ORG_A, STR("c2"), CONNECTION_DISCONNECTED, 40));
    struct connection_filter filter = {.status = CONNECTION_STATUS_ANY, .limit = 10};
    int64_t total;
    assert_str_equal(connection_ids(t, tx, ORG_A, filter, &total), "c3 c2 c1 ");
    assert_int_equal(total, 3);
    filter.skip = 1;
    filter.limit = 1;
    assert_str_equal(connection_ids(t, tx, ORG_A, filter, &total), "c2 ");
    filter = (struct connection_filter){.status = CONNECTION_CONNECTED, .limit = 10};
    assert_str_equal(connection_ids(t, tx, ORG_A, filter, &total), "c3 c1 ");
    assert_int_equal(total, 2);
    filter.machine_id = STR("m1");
    assert_str_equal(connection_ids(t, tx, ORG_A, filter, &total), "c1 ");
    assert_int_equal(total, 1);
    filter.status = CONNECTION_STATUS_ANY;
    assert_str_equal(connection_ids(t, tx, ORG_A, filter, &total), "c2 c1 ");
    assert_str_equal(connection_ids(t, tx, ORG_B, filter, &total), "");
    assert_int_equal(total, 0);
    assert_true(test_commit(t));
}

static struct request_log_row make_log(const char *id, const char *machine_id, int64_t at)
{
    return (struct request_log_row){
        .id = str_from(id),
        .organization_id = ORG_A,
        .request_id = STR("req"),
        .method = STR("GET"),
        .path = STR("/computer/display/screenshot"),
        .machine_id = str_from(machine_id),
        .status_code = STORE_NONE,
        .request_size_bytes = 0,
        .response_size_bytes = STORE_NONE,
        .duration_ms = STORE_NONE,
        .created_at = at,
        .completed_at = CLOCK_NONE,
    };
}

static void a_log_is_completed_later(void **state)
{
    struct test_store *t = *state;
    struct tx *tx = begin_with_machines(t);
    struct request_log_row log = make_log("l1", "m1", 10), row;
    assert_true(request_logs_insert(tx, &log));
    assert_true(request_logs_get(tx, &t->arena, ORG_A, log.id, &row));
    assert_int_equal(row.status_code, STORE_NONE);
    assert_int_equal(row.request_size_bytes, 0);
    assert_int_equal(row.completed_at, CLOCK_NONE);
    row.status_code = 504;
    row.response_size_bytes = 3;
    row.duration_ms = 30000;
    row.error_message = STR("it's \xf0\x9f\x92\xa5");
    row.completed_at = 99;
    struct request_log_row foreign = row;
    foreign.organization_id = ORG_B;
    assert_false(request_logs_update(tx, &foreign));
    assert_true(request_logs_update(tx, &row));
    assert_true(request_logs_get(tx, &t->arena, ORG_A, log.id, &row));
    assert_int_equal(row.status_code, 504);
    assert_str_equal(row.error_message, "it's \xf0\x9f\x92\xa5");
    assert_int_equal(row.completed_at, 99);
    assert_false(request_logs_get(tx, &t->arena, ORG_B, log.id, &row));
    assert_false(request_logs_delete(tx, ORG_B, log.id));
    assert_true(request_logs_delete(tx, ORG_A, log.id));
    assert_false(request_logs_delete(tx, ORG_A, log.id));
    assert_true(test_commit(t));
}

static void a_batch_passes_over_machines_that_are_gone(void **state)
{
    struct test_store *t = *state;
    struct tx *tx = begin_with_machines(t);
    struct request_log_row logs[] = {make_log("l1", "m1", 10), make_log("l2", "gone", 20),
                                     make_log("l3", "n1", 30), make_log("l4", "m2", 40)};
    assert_int_equal(request_logs_insert_batch(tx, logs, countof(logs)), 2);
    assert_true(test_commit(t));
}

static struct str log_ids(struct test_store *t, struct tx *tx, struct str organization_id,
                          struct request_log_filter filter, int64_t *ret_total)
{
    struct request_log_page page;
    struct str ids = STR("");
    filter.limit = filter.limit ? filter.limit : 10;
    request_logs_list(tx, &t->arena, organization_id, &filter, &page);
    for (size_t i = 0; i < page.count; i++)
        ids = arena_printf(&t->arena, "%.*s%.*s ", STR_FMT(ids), STR_FMT(page.rows[i].id));
    *ret_total = page.total;
    return ids;
}

static void logs_are_listed_by_machine_method_and_status(void **state)
{
    struct test_store *t = *state;
    struct tx *tx = begin_with_machines(t);
    struct request_log_row logs[] = {make_log("l1", "m1", 10), make_log("l2", "m1", 20),
                                     make_log("l3", "m2", 30), make_log("l4", "m2", 30)};
    logs[1].method = STR("POST");
    logs[2].status_code = logs[1].status_code = 200;
    assert_int_equal(request_logs_insert_batch(tx, logs, countof(logs)), 4);
    struct request_log_filter all = {.status_code = STORE_NONE}, filter = all;
    int64_t total;
    assert_str_equal(log_ids(t, tx, ORG_A, all, &total), "l4 l3 l2 l1 ");
    assert_int_equal(total, 4);
    filter.skip = 1;
    filter.limit = 2;
    assert_str_equal(log_ids(t, tx, ORG_A, filter, &total), "l3 l2 ");
    filter = all;
    filter.method = STR("GET");
    assert_str_equal(log_ids(t, tx, ORG_A, filter, &total), "l4 l3 l1 ");
    assert_int_equal(total, 3);
    filter.status_code = 200;
    assert_str_equal(log_ids(t, tx, ORG_A, filter, &total), "l3 ");
    assert_int_equal(total, 1);
    filter = all;
    filter.machine_id = STR("m1");
    assert_str_equal(log_ids(t, tx, ORG_A, filter, &total), "l2 l1 ");
    filter.status_code = 200;
    assert_str_equal(log_ids(t, tx, ORG_A, filter, &total), "l2 ");
    assert_int_equal(total, 1);
    assert_str_equal(log_ids(t, tx, ORG_B, all, &total), "");
    assert_int_equal(total, 0);
    assert_str_equal(log_ids(t, tx, ORG_B, filter, &total), "");
    assert_true(test_commit(t));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, test_store_setup, test_store_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_connection_needs_a_machine_of_its_organization),
        TEST(a_connection_closes_once),
        TEST(connections_are_listed_by_machine_and_status),
        TEST(a_log_is_completed_later),
        TEST(a_batch_passes_over_machines_that_are_gone),
        TEST(logs_are_listed_by_machine_method_and_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
