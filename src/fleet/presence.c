#include "fleet/presence.h"

#include "base/json_write.h"
#include "fleet/events.h"
#include "fleet/refuse.h"
#include "store/connections.h"
#include "store/machines.h"

/* A fingerprint belongs to the key that joined with it first; only an admin key may stand in. */
static bool may_join(const struct machine_row *row, const struct principal *principal)
{
    return str_is_null(row->bound_key_id) || str_eq(row->bound_key_id, principal->key_id) ||
           (principal->scopes & SCOPE_ADMIN);
}

static bool make_machine(struct tx *tx, struct store *store, const struct principal *principal,
                         const struct driver_hello *hello, const struct presence *presence,
                         int64_t now, struct err *err)
{
    if (!store_has_space(store))
        return err_set(err, ERR_STORAGE_FULL, "The server is low on disk space");
    struct machine_row row = {
        .id = uuid_str(&presence->machine_id),
        .organization_id = principal->organization_id,
        .kind = MACHINE_KIND_JOINED,
        .seat_number = STORE_NONE,
        .fingerprint = hello->fingerprint,
        .unkey_key_id = principal->key_id,
        .accepts_runs = true,
        .last_seen = now,
        .created_at = now,
        .updated_at = now,
    };
    if (!machines_insert(tx, &row))
        return refuse(tx, err, ERR_CONFLICT, "the machine was joined a moment ago");
    event_emit(tx, "machine.created", row.organization_id, row.id, now, STR_NULL);
    return true;
}

static bool find_or_make(struct tx *tx, struct arena *arena, struct store *store,
                         const struct principal *principal, const struct driver_hello *hello,
                         int64_t now, struct presence *presence, struct err *err)
{
    struct machine_row row;
    if (!machines_by_fingerprint(tx, arena, principal->organization_id, hello->fingerprint, &row))
        return tx_error(tx, err) ? false
                                 : make_machine(tx, store, principal, hello, presence, now, err);
    if (!may_join(&row, principal)) {
        event_emit(tx, "machine.join_refused", row.organization_id, row.id, now, STR_NULL);
        return err_set(err, ERR_UNAUTHORIZED, "the fingerprint belongs to another key");
    }
    memcpy(presence->machine_id.text, row.id.ptr, UUID_LEN);
    return true;
}

static bool insert_connection(struct tx *tx, const struct driver_hello *hello,
                              const struct presence *presence, int64_t now)
{
    struct connection_row row = {
        .id = uuid_str(&presence->connection_id),
        .organization_id = str_from(presence->organization_id),
        .machine_id = uuid_str(&presence->machine_id),
        .websocket_id = uuid_str(&presence->connection_id),
        .connected_at = now,
        .disconnected_at = CLOCK_NONE,
        .last_ping = now,
        .status = CONNECTION_CONNECTED,
        .ip_address = hello->ip_address,
        .user_agent = hello->user_agent,
    };
    return connections_insert(tx, &row);
}

bool presence_connect(struct tx *tx, struct arena *arena, struct store *store,
                      const struct principal *principal, struct str server_id,
                      const struct driver_hello *hello, int64_t now, struct presence *presence,
                      struct err *err)
{
    if (!find_or_make(tx, arena, store, principal, hello, now, presence, err))
        return false;
    struct machine_presence facts = {
        .physical_server_id = server_id,
        .key_id = principal->key_id,
        .name = hello->name,
        .version = hello->version,
        .hostname = hello->hostname,
        .os_info = hello->os_info,
    };
    struct str machine_id = uuid_str(&presence->machine_id);
    if (!machines_set_connected(tx, principal->organization_id, machine_id, &facts, now,
                                &presence->epoch) ||
        !insert_connection(tx, hello, presence, now))
        return refuse(tx, err, ERR_INTERNAL, "the connection could not be recorded");
    event_emit(tx, "machine.connected", principal->organization_id, machine_id, now, STR_NULL);
    return true;
}

void presence_disconnect(struct tx *tx, const struct presence *presence, int64_t now)
{
    struct str organization_id = str_from(presence->organization_id);
    struct str machine_id = uuid_str(&presence->machine_id);
    connections_close(tx, organization_id, uuid_str(&presence->connection_id),
                      CONNECTION_DISCONNECTED, now);
    if (machines_set_disconnected(tx, organization_id, machine_id, presence->epoch, now))
        event_emit(tx, "machine.disconnected", organization_id, machine_id, now, STR_NULL);
}

void presence_reset(struct tx *tx, struct arena *arena, int64_t now)
{
    struct machine_ref *machines;
    size_t count = machines_disconnect_server(tx, arena, STR_NULL, now, &machines);
    for (size_t i = 0; i < count; i++)
        event_emit(tx, "machine.disconnected", machines[i].organization_id, machines[i].id, now,
                   STR_NULL);
}
