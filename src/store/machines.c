#include "store/machines.h"

#include "store/counters.h"
#include "store/machine_rows.h"

static const struct query insert_query = {
    "INSERT INTO machines (id, organization_id, kind, seat_number, fingerprint, unkey_key_id,"
    " bound_key_id, name, name_set_by_api, version, hostname, os_info, parameters,"
    " sensitive_aliases, reserved_session_id, is_connected, out_of_service, accepts_runs,"
    " last_seen, created_at, updated_at, linked_keepalive_machine_id, physical_server_id,"
    " connection_epoch, user_id)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18,"
    " ?19, ?20, ?21, ?22, ?23, ?24, ?25)"
    " ON CONFLICT DO NOTHING"};

static const struct query get_query = {"SELECT " MACHINE_COLUMNS
                                       " FROM machines WHERE organization_id = ?1 AND id = ?2"};

static const struct query by_fingerprint_query = {
    "SELECT " MACHINE_COLUMNS " FROM machines WHERE organization_id = ?1 AND fingerprint = ?2"};

static const struct query update_query = {
    "UPDATE machines SET unkey_key_id = ?3, bound_key_id = ?4, name = ?5, name_set_by_api = ?6,"
    " version = ?7, hostname = ?8, os_info = ?9, parameters = ?10, sensitive_aliases = ?11,"
    " reserved_session_id = ?12, out_of_service = ?13, accepts_runs = ?14, last_seen = ?15,"
    " updated_at = ?16, linked_keepalive_machine_id = ?17, user_id = ?18"
    " WHERE organization_id = ?1 AND id = ?2"};

static const struct query count_existing_query = {
    "SELECT count(*) FROM machines"
    " WHERE organization_id = ?1 AND id IN (SELECT value FROM json_each(?2))"};

static const struct query delete_connections_query = {
    "DELETE FROM connections WHERE organization_id = ?1 AND machine_id = ?2"};

static const struct query delete_request_logs_query = {
    "DELETE FROM request_logs WHERE organization_id = ?1 AND machine_id = ?2"};

static const struct query delete_secrets_query = {
    "DELETE FROM secrets"
    " WHERE organization_id = ?1 AND owner_id = ?2 AND owner_table = 'machines'"};

static const struct query leave_pools_query = {
    "UPDATE pools SET machine_count = machine_count - 1"
    " WHERE organization_id = ?1 AND id IN (SELECT pool_id FROM pool_machines"
    " WHERE organization_id = ?1 AND machine_id = ?2)"};

static const struct query delete_query = {
    "DELETE FROM machines WHERE organization_id = ?1 AND id = ?2"};

void machine_take_row(struct cursor *c, struct arena *arena, struct machine_row *row)
{
    row->id = db_take_str(c, arena);
    row->organization_id = db_take_str(c, arena);
    row->kind = (enum machine_kind)db_take_int(c);
    row->seat_number = db_take_int(c);
    row->fingerprint = db_take_str(c, arena);
    row->unkey_key_id = db_take_str(c, arena);
    row->bound_key_id = db_take_str(c, arena);
    row->name = db_take_str(c, arena);
    row->name_set_by_api = db_take_bool(c);
    row->version = db_take_str(c, arena);
    row->hostname = db_take_str(c, arena);
    row->os_info = db_take_str(c, arena);
    row->parameters = db_take_str(c, arena);
    row->sensitive_aliases = db_take_str(c, arena);
    row->reserved_session_id = db_take_str(c, arena);
    row->is_connected = db_take_bool(c);
    row->out_of_service = db_take_bool(c);
    row->accepts_runs = db_take_bool(c);
    row->last_seen = db_take_int(c);
    row->created_at = db_take_int(c);
    row->updated_at = db_take_int(c);
    row->linked_keepalive_machine_id = db_take_str(c, arena);
    row->physical_server_id = db_take_str(c, arena);
    row->connection_epoch = db_take_int(c);
    row->user_id = db_take_str(c, arena);
}

static void put_row(struct cursor *c, const struct machine_row *row)
{
    db_put_str(c, row->id);
    db_put_str(c, row->organization_id);
    db_put_int(c, row->kind);
    db_put_int(c, row->seat_number);
    db_put_str(c, row->fingerprint);
    db_put_str(c, row->unkey_key_id);
    db_put_str(c, row->bound_key_id);
    db_put_str(c, row->name);
    db_put_int(c, row->name_set_by_api);
    db_put_str(c, row->version);
    db_put_str(c, row->hostname);
    db_put_str(c, row->os_info);
    db_put_str(c, row->parameters);
    db_put_str(c, row->sensitive_aliases);
    db_put_str(c, row->reserved_session_id);
    db_put_int(c, row->is_connected);
    db_put_int(c, row->out_of_service);
    db_put_int(c, row->accepts_runs);
    db_put_int(c, row->last_seen);
    db_put_int(c, row->created_at);
    db_put_int(c, row->updated_at);
    db_put_str(c, row->linked_keepalive_machine_id);
    db_put_str(c, row->physical_server_id);
    db_put_int(c, row->connection_epoch);
    db_put_str(c, row->user_id);
}

bool machines_insert(struct tx *tx, const struct machine_row *row)
{
    struct cursor c = db_open(tx, &insert_query);
    put_row(&c, row);
    if (db_run(&c) == 0)
        return false;
    counters_add(tx, row->organization_id, STR("machines"), 1);
    return true;
}

static bool find(struct tx *tx, struct arena *arena, const struct query *query,
                 struct str organization_id, struct str key, struct machine_row *ret_row)
{
    struct cursor c = db_open(tx, query);
    db_put_str(&c, organization_id);
    db_put_str(&c, key);
    bool found = db_step(&c);
    if (found)
        machine_take_row(&c, arena, ret_row);
    db_close(&c);
    return found;
}

bool machines_get(struct tx *tx, struct arena *arena, struct str organization_id, struct str id,
                  struct machine_row *ret_row)
{
    return find(tx, arena, &get_query, organization_id, id, ret_row);
}

bool machines_by_fingerprint(struct tx *tx, struct arena *arena, struct str organization_id,
                             struct str fingerprint, struct machine_row *ret_row)
{
    return find(tx, arena, &by_fingerprint_query, organization_id, fingerprint, ret_row);
}

bool machines_update(struct tx *tx, const struct machine_row *row)
{
    struct cursor c = db_open(tx, &update_query);
    db_put_str(&c, row->organization_id);
    db_put_str(&c, row->id);
    db_put_str(&c, row->unkey_key_id);
    db_put_str(&c, row->bound_key_id);
    db_put_str(&c, row->name);
    db_put_int(&c, row->name_set_by_api);
    db_put_str(&c, row->version);
    db_put_str(&c, row->hostname);
    db_put_str(&c, row->os_info);
    db_put_str(&c, row->parameters);
    db_put_str(&c, row->sensitive_aliases);
    db_put_str(&c, row->reserved_session_id);
    db_put_int(&c, row->out_of_service);
    db_put_int(&c, row->accepts_runs);
    db_put_int(&c, row->last_seen);
    db_put_int(&c, row->updated_at);
    db_put_str(&c, row->linked_keepalive_machine_id);
    db_put_str(&c, row->user_id);
    return db_run(&c) == 1;
}

static size_t run_on(struct tx *tx, const struct query *query, struct str organization_id,
                     struct str id)
{
    struct cursor c = db_open(tx, query);
    db_put_str(&c, organization_id);
    db_put_str(&c, id);
    return db_run(&c);
}

bool machines_delete(struct tx *tx, struct str organization_id, struct str id)
{
    size_t connections = run_on(tx, &delete_connections_query, organization_id, id);
    size_t logs = run_on(tx, &delete_request_logs_query, organization_id, id);
    counters_add(tx, organization_id, STR("connections"), -(int64_t)connections);
    counters_add(tx, organization_id, STR("request_logs"), -(int64_t)logs);
    run_on(tx, &delete_secrets_query, organization_id, id);
    run_on(tx, &leave_pools_query, organization_id, id);
    if (run_on(tx, &delete_query, organization_id, id) == 0)
        return false;
    counters_add(tx, organization_id, STR("machines"), -1);
    return true;
}

size_t machines_count_existing(struct tx *tx, struct str organization_id, const struct str *ids,
                               size_t count)
{
    struct arena arena;
    arena_init(&arena);
    struct cursor c = db_open(tx, &count_existing_query);
    db_put_str(&c, organization_id);
    db_put_list(&c, &arena, ids, count);
    size_t existing = (size_t)db_run_int(&c);
    arena_finish(&arena);
    return existing;
}
