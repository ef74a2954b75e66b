/* /v1/connections */
#include "store/connections.h"

#include "api/cyberdesk/resources.h"
#include "contracts/operations.h"
#include "fleet/connections.h"

static const char *const status_names[] = {
    [CONNECTION_CONNECTED] = "connected",
    [CONNECTION_DISCONNECTED] = "disconnected",
    [CONNECTION_ERROR] = "error",
};

static enum connection_status status_by_name(struct str name)
{
    for (size_t i = 0; i < countof(status_names); i++) {
        if (str_eq(name, str_from(status_names[i])))
            return (enum connection_status)i;
    }
    return CONNECTION_STATUS_ANY;
}

static void write_connection(struct json_writer *w, const struct connection_row *row)
{
    jw_object_begin(w);
    jw_field_str(w, "websocket_id", row->websocket_id);
    jw_field_str(w, "id", row->id);
    jw_field_str(w, "machine_id", row->machine_id);
    jw_field_time(w, "connected_at", row->connected_at);
    jw_field_time(w, "disconnected_at", row->disconnected_at);
    jw_field_time(w, "last_ping", row->last_ping);
    jw_field_str(w, "status", str_from(status_names[row->status]));
    jw_field_str(w, "ip_address", row->ip_address);
    jw_field_str(w, "user_agent", row->user_agent);
    jw_object_end(w);
}

void op_list_connections(struct call *call)
{
    const struct checked *checked = &call->checked;
    struct connection_filter filter = {
        .machine_id = checked_query_str(checked, "machine_id"),
        .status = status_by_name(checked_query_str(checked, "status")),
        .skip = checked_query_int(checked, "skip"),
        .limit = checked_query_int(checked, "limit"),
    };
    struct connection_page page;
    connections_list(call->tx, call->arena, call_organization(call), &filter, &page);
    struct json_writer w = begin_page(call);
    for (size_t i = 0; i < page.count; i++)
        write_connection(&w, &page.rows[i]);
    end_page(&w, call, page.total);
    jw_object_end(&w);
    call_storage_failed(call);
}

static bool create_connection(struct call *call, struct tx *tx, struct err *err)
{
    const struct connection_row *row = call->state;
    if (!connection_create(tx, call->api->store, row, err))
        return false;
    struct json_writer w = call_json(call, 201);
    write_connection(&w, row);
    return true;
}

void op_create_connection(struct call *call)
{
    const struct checked *checked = &call->checked;
    struct uuid id = uuid_new();
    struct connection_row *row = ARENA_NEW(call->arena, struct connection_row);
    *row = (struct connection_row){
        .id = arena_str(call->arena, uuid_str(&id)),
        .organization_id = call_organization(call),
        .machine_id = checked_body_str(checked, "machine_id"),
        .websocket_id = checked_body_str(checked, "websocket_id"),
        .connected_at = call->now,
        .disconnected_at = CLOCK_NONE,
        .last_ping = call->now,
        .status = CONNECTION_CONNECTED,
        .ip_address = checked_body_str(checked, "ip_address"),
        .user_agent = checked_body_str(checked, "user_agent"),
    };
    call->state = row;
    call_write(call, create_connection);
}
