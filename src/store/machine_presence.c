#include "store/db.h"
#include "store/machines.h"

static const struct query connect_query = {
    "UPDATE machines SET is_connected = 1, connection_epoch = connection_epoch + 1,"
    " last_seen = ?3, updated_at = ?3, physical_server_id = ?4,"
    " bound_key_id = coalesce(bound_key_id, ?5),"
    " name = CASE WHEN name_set_by_api = 1 THEN name ELSE coalesce(?6, name) END,"
    " version = coalesce(?7, version), hostname = coalesce(?8, hostname),"
    " os_info = coalesce(?9, os_info)"
    " WHERE organization_id = ?1 AND id = ?2 RETURNING connection_epoch"};

static const struct query disconnect_query = {
    "UPDATE machines SET is_connected = 0, physical_server_id = NULL,"
    " linked_keepalive_machine_id = NULL, updated_at = ?4"
    " WHERE organization_id = ?1 AND id = ?2 AND connection_epoch = ?3 AND is_connected = 1"};

static const struct query seen_query = {
    "UPDATE machines SET last_seen = ?2 WHERE id = ?1 AND last_seen < ?2"};

/* Of one server, or of any: a connected machine always has one, and the comparison lets its index
 * serve. Status 0 and 1 are of enum connection_status. */
#define END_CONNECTIONS(machines)                                                                  \
    "UPDATE connections SET status = 1, disconnected_at = last_ping"                               \
    " WHERE status = 0 AND (organization_id, machine_id) IN"                                       \
    " (SELECT organization_id, id FROM machines" machines ")"
#define DISCONNECT(machines)                                                                       \
    "UPDATE machines SET is_connected = 0, physical_server_id = NULL,"                             \
    " linked_keepalive_machine_id = NULL, updated_at = ?1" machines                                \
    " RETURNING organization_id, id"

static const struct query end_of_server_query = {
    END_CONNECTIONS(" WHERE is_connected = 1 AND physical_server_id = ?1")};
static const struct query end_of_any_query = {
    END_CONNECTIONS(" WHERE is_connected = 1 AND physical_server_id >= ''")};
static const struct query disconnect_of_server_query = {
    DISCONNECT(" WHERE is_connected = 1 AND physical_server_id = ?2")};
static const struct query disconnect_of_any_query = {
    DISCONNECT(" WHERE is_connected = 1 AND physical_server_id >= ''")};

bool machines_set_connected(struct tx *tx, struct str organization_id, struct str id,
                            const struct machine_presence *presence, int64_t now,
                            int64_t *ret_epoch)
{
    struct cursor c = db_open(tx, &connect_query);
    db_put_str(&c, organization_id);
    db_put_str(&c, id);
    db_put_int(&c, now);
    db_put_str(&c, presence->physical_server_id);
    db_put_str(&c, presence->key_id);
    db_put_str(&c, presence->name);
    db_put_str(&c, presence->version);
    db_put_str(&c, presence->hostname);
    db_put_str(&c, presence->os_info);
    bool found = db_step(&c);
    if (found)
        *ret_epoch = db_take_int(&c);
    db_close(&c);
    return found;
}

bool machines_set_disconnected(struct tx *tx, struct str organization_id, struct str id,
                               int64_t epoch, int64_t now)
{
    struct cursor c = db_open(tx, &disconnect_query);
    db_put_str(&c, organization_id);
    db_put_str(&c, id);
    db_put_int(&c, epoch);
    db_put_int(&c, now);
    return db_run(&c) == 1;
}

void machines_touch_seen(struct tx *tx, const struct machine_seen *seen, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct cursor c = db_open(tx, &seen_query);
        db_put_str(&c, seen[i].id);
        db_put_int(&c, seen[i].at);
        db_run(&c);
    }
}

static void end_connections(struct tx *tx, struct str physical_server_id)
{
    bool all = str_is_null(physical_server_id);
    struct cursor c = db_open(tx, all ? &end_of_any_query : &end_of_server_query);
    if (!all)
        db_put_str(&c, physical_server_id);
    db_run(&c);
}

size_t machines_disconnect_server(struct tx *tx, struct arena *arena, struct str physical_server_id,
                                  int64_t now, struct machine_ref **ret_machines)
{
    struct machine_ref *machines = NULL;
    size_t count = 0;
    bool all = str_is_null(physical_server_id);
    end_connections(tx, physical_server_id);
    struct cursor c = db_open(tx, all ? &disconnect_of_any_query : &disconnect_of_server_query);
    db_put_int(&c, now);
    if (!all)
        db_put_str(&c, physical_server_id);
    while (db_step(&c)) {
        machines = db_grow(arena, machines, count, sizeof(*machines));
        machines[count].organization_id = db_take_str(&c, arena);
        machines[count++].id = db_take_str(&c, arena);
    }
    db_close(&c);
    *ret_machines = machines;
    return count;
}
