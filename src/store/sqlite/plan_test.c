/* No list or lookup reads a whole table: each statement that the store has prepared after every
 * function ran once is explained, and its plan searched for scans and sorts. */
#include "store/test_store.h"

#include "store/connections.h"
#include "store/events.h"
#include "store/idempotency.h"
#include "store/keys.h"
#include "store/organizations.h"
#include "store/pools.h"
#include "store/request_logs.h"
#include "store/secrets.h"
#include "store/settings.h"
#include "store/sqlite/sqlite.h"

static const struct str id = {"m1", 2};

static void use_tenants(struct tx *tx, struct arena *arena)
{
    struct organization_row *organizations;
    struct key_row key = {.id = id, .organization_id = ORG_A, .name = id}, *keys;
    struct hmac_key_row pair = {.key = id,
                                .organization_id = ORG_A,
                                .sealed_secret = id,
                                .sealing_key_id = id},
                        *pairs;
    struct secret_row secret = {.alias = id,
                                .owner = {ORG_A, STR("machines"), id, id},
                                .name = id,
                                .sealed = id,
                                .sealing_key_id = id},
                      *secrets;
    organizations_insert(tx, &(struct organization_row){id, id, 1});
    organizations_list(tx, arena, &organizations);
    organizations_rename(tx, id, id);
    keys_insert(tx, &key);
    keys_by_hash(tx, arena, key.hash, &key);
    keys_is_active(tx, ORG_A, id);
    keys_list(tx, arena, ORG_A, &keys);
    keys_revoke(tx, ORG_A, id, 1);
    hmac_keys_insert(tx, &pair);
    hmac_keys_get(tx, arena, id, &pair);
    hmac_keys_not_sealed_by(tx, arena, STR("k"), 10, &pairs);
    hmac_keys_reseal(tx, &pair);
    secrets_insert(tx, &secret);
    secrets_get(tx, arena, ORG_A, id, &secret);
    secrets_not_sealed_by(tx, arena, STR("k"), 10, &secrets);
    secrets_reseal(tx, &secret);
    secrets_delete_of(tx, &secret.owner);
    settings_put(tx, id, id);
    settings_get(tx, arena, id);
}

static void use_machines(struct tx *tx, struct arena *arena)
{
    struct machine_row machine = test_machine(ORG_A, "m1", 1);
    struct machine_presence presence = {.physical_server_id = id};
    struct machine_filter filter = {
        .created_from = CLOCK_NONE, .created_to = CLOCK_NONE, .limit = 10};
    struct machine_page page;
    struct machine_ref *machines;
    int64_t epoch = 0;
    machines_insert(tx, &machine);
    machines_get(tx, arena, ORG_A, id, &machine);
    machines_by_fingerprint(tx, arena, ORG_A, id, &machine);
    machines_update(tx, &machine);
    machines_count_existing(tx, ORG_A, &id, 1);
    machines_list(tx, arena, ORG_A, &filter, &page);
    filter.skip = 1;
    machines_list(tx, arena, ORG_A, &filter, &page);
    filter.search = id;
    machines_list(tx, arena, ORG_A, &filter, &page);
    machines_set_connected(tx, ORG_A, id, &presence, 1, &epoch);
    machines_set_disconnected(tx, ORG_A, id, epoch, 1);
    machines_touch_seen(tx, &(struct machine_seen){id, 1}, 1);
    machines_disconnect_server(tx, arena, id, 1, &machines);
    machines_disconnect_server(tx, arena, STR_NULL, 1, &machines);
}

static void use_pools(struct tx *tx, struct arena *arena)
{
    struct pool_row pool = {.id = id, .organization_id = ORG_A, .name = id};
    struct pool_page page;
    struct machine_pool *pools;
    struct str ids[] = {id, STR("m2")};
    struct pool_machine *machines;
    pools_insert(tx, &pool);
    pools_get(tx, arena, ORG_A, id, &pool);
    pools_update(tx, &pool);
    pools_list(tx, arena, ORG_A, 0, 10, &page);
    pools_count_existing(tx, ORG_A, &id, 1);
    pools_of_machines(tx, arena, ORG_A, &id, 1, &pools);
    pools_of_machines(tx, arena, ORG_A, ids, 2, &pools);
    pools_machines(tx, arena, ORG_A, &id, 1, &machines);
    pools_add_machines(tx, ORG_A, id, &id, 1);
    pools_remove_machines(tx, ORG_A, id, &id, 1);
    pools_replace_of_machine(tx, ORG_A, id, &id, 1);
    pools_delete(tx, ORG_A, id);
}

static void use_history(struct tx *tx, struct arena *arena)
{
    struct connection_row connection = {
        .id = id, .organization_id = ORG_A, .machine_id = id, .websocket_id = id};
    struct request_log_row log = {.id = id,
                                  .organization_id = ORG_A,
                                  .request_id = id,
                                  .method = id,
                                  .path = id,
                                  .machine_id = id};
    struct connection_filter connections = {.status = CONNECTION_CONNECTED};
    struct request_log_filter logs = {.status_code = 200};
    struct connection_page connection_page;
    struct request_log_page log_page;
    connections_insert(tx, &connection);
    connections_get(tx, arena, ORG_A, id, &connection);
    connections_touch(tx, &(struct connection_ping){id, 1}, 1);
    connections_close(tx, ORG_A, id, CONNECTION_DISCONNECTED, 1);
    connections_list(tx, arena, ORG_A, &connections, &connection_page);
    connections.machine_id = id;
    connections_list(tx, arena, ORG_A, &connections, &connection_page);
    request_logs_insert(tx, &log);
    request_logs_get(tx, arena, ORG_A, id, &log);
    request_logs_update(tx, &log);
    request_logs_list(tx, arena, ORG_A, &logs, &log_page);
    logs.machine_id = id;
    request_logs_list(tx, arena, ORG_A, &logs, &log_page);
    request_logs_delete(tx, ORG_A, id);
    machines_delete(tx, ORG_A, id);
}

static void use_outbox(struct tx *tx, struct arena *arena)
{
    struct event_row event = {.organization_id = ORG_A, .type = id, .subject_id = id}, *events;
    struct idempotency_row record = {.server_instance = id};
    int64_t oldest, newest;
    events_append(tx, &event);
    events_after(tx, arena, ORG_A, 0, 10, &events);
    events_after(tx, arena, STR_NULL, 0, 10, &events);
    events_range(tx, &oldest, &newest);
    events_purge(tx, 1, 10);
    idempotency_insert(tx, &record);
    idempotency_get(tx, arena, record.scope_hash, &record);
    idempotency_finish(tx, record.scope_hash, id);
    idempotency_delete(tx, record.scope_hash);
    idempotency_purge(tx, 1, 10);
}

/* What may be read from end to end: lists given as a parameter, results of subqueries, and
 * all organizations (a list for the operator). */
static bool may_be_scanned(const char *step)
{
    static const char *const allowed[] = {
        "SCAN json_each",
        "SCAN CONSTANT ROW",
        "SCAN organizations USING INDEX organizations_order",
    };
    for (size_t i = 0; i < countof(allowed); i++)
        if (strncmp(step, allowed[i], strlen(allowed[i])) == 0)
            return true;
    return false;
}

/* Members are sorted after they were found: there are as many as were asked for. */
static bool may_be_sorted(const char *sql)
{
    return strstr(sql, "FROM pool_machines CROSS JOIN") != NULL;
}

/* Only lists and the totals of filtered lists walk through what an organization has. */
static bool may_walk_organization(const char *sql)
{
    return strstr(sql, " LIMIT ") || strstr(sql, "SELECT count(*)") ||
           strstr(sql, "WHERE organization_id = ?1 ORDER BY created_at");
}

/* The first row of a page is looked for without reading the rows before it. */
static bool reads_rows_before_page(const char *step, const char *sql)
{
    return strstr(sql, "LIMIT 1 OFFSET") && strncmp(step, "SEARCH", 6) == 0 &&
           !strstr(step, "USING COVERING INDEX");
}

static void check_step(const char *step, const char *sql)
{
    if (reads_rows_before_page(step, sql))
        fail_msg("%s\nin %s", step, sql);
    if (strncmp(step, "SCAN", 4) == 0 && !may_be_scanned(step))
        fail_msg("%s\nin %s", step, sql);
    if (strstr(step, "TEMP B-TREE FOR") && strstr(step, "ORDER BY") && !may_be_sorted(sql))
        fail_msg("%s\nin %s", step, sql);
    if (strstr(step, "(organization_id=?)") && !may_walk_organization(sql))
        fail_msg("%s\nin %s", step, sql);
}

static void explain(sqlite3 *handle, const char *sql)
{
    char text[4096];
    snprintf(text, sizeof(text), "EXPLAIN QUERY PLAN %s", sql);
    sqlite3_stmt *plan;
    assert_int_equal(sqlite3_prepare_v2(handle, text, -1, &plan, NULL), SQLITE_OK);
    while (sqlite3_step(plan) == SQLITE_ROW)
        check_step((const char *)sqlite3_column_text(plan, 3), sql);
    sqlite3_finalize(plan);
}

static bool is_about_data(const char *sql)
{
    static const char *const verbs[] = {"SELECT", "INSERT", "UPDATE", "DELETE"};
    for (size_t i = 0; i < countof(verbs); i++)
        if (strncmp(sql, verbs[i], strlen(verbs[i])) == 0)
            return true;
    return false;
}

static void no_statement_reads_a_whole_table(void **state)
{
    struct test_store *t = *state;
    struct tx *tx = test_write(t);
    use_tenants(tx, &t->arena);
    use_machines(tx, &t->arena);
    use_pools(tx, &t->arena);
    use_history(tx, &t->arena);
    use_outbox(tx, &t->arena);
    struct err err;
    if (tx_error(tx, &err))
        fail_msg("%s", err.message);
    sqlite3 *handle = tx->db->handle;
    int explained = 0;
    for (sqlite3_stmt *s = NULL; (s = sqlite3_next_stmt(handle, s)) != NULL;) {
        if (!is_about_data(sqlite3_sql(s)))
            continue;
        explain(handle, sqlite3_sql(s));
        explained++;
    }
    assert_true(explained > 70);
    assert_true(test_commit(t));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(no_statement_reads_a_whole_table, test_store_setup,
                                        test_store_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
