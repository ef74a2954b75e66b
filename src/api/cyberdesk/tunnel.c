/* GET /tunnel/ws: a driver joins (journey 2 of ARCHITECTURE.md). */
#include "api/call.h"
#include "contracts/operations.h"
#include "fleet/presence.h"

#define FINGERPRINT_TAKEN "this fingerprint belongs to another API key"

struct joining {
    struct driver_hello hello;
    struct presence presence;
    bool refused;
};

/* The refusal is an event of the machine, so it is committed like a success. */
static bool join(struct call *call, struct tx *tx, struct err *err)
{
    struct joining *joining = call->state;
    joining->refused = !presence_connect(tx, call->arena, call->api->store, &call->principal,
                                         uuid_str(&call->api->server_id), &joining->hello,
                                         call->now, &joining->presence, err);
    if (joining->refused && err->kind != ERR_UNAUTHORIZED)
        return false;
    call_empty(call, 101);
    return true;
}

static void deliver(struct call *call)
{
    struct joining *joining = call->state;
    struct http_exchange *exchange = call->exchange;
    struct tunnel *tunnel = call->api->tunnel;
    call_finish(call);
    if (joining->refused)
        tunnel_refuse(exchange, TUNNEL_CLOSE_AUTH_REJECTED, FINGERPRINT_TAKEN);
    else
        tunnel_accept(tunnel, exchange, &joining->presence, joining->hello.version);
}

/* "127.0.0.1:5000" without the port; "unix" as it is. */
static struct str peer_address(struct str peer)
{
    size_t end = peer.len;
    while (end > 0 && peer.ptr[end - 1] != ':')
        end--;
    return end > 0 ? str_slice(peer, 0, end - 1) : peer;
}

void op_open_tunnel(struct call *call)
{
    if (!http_is_websocket_upgrade(call->request)) {
        call_fail_status(call, 426, "This address answers WebSocket upgrades only");
        call_header(call, STR("upgrade"), STR("websocket"));
        return;
    }
    const struct checked *checked = &call->checked;
    struct joining *joining = ARENA_NEW(call->arena, struct joining);
    joining->hello = (struct driver_hello){
        .fingerprint = checked_header(checked, "X-PIGLET-FINGERPRINT"),
        .name = checked_header(checked, "X-Cyberdriver-Name"),
        .version = checked_header(checked, "X-PIGLET-VERSION"),
        .hostname = checked_header(checked, "X-Piglet-Hostname"),
        .ip_address = peer_address(call->request->peer),
        .user_agent = http_request_header(call->request, "user-agent"),
    };
    joining->presence.machine_id = uuid_new();
    joining->presence.connection_id = uuid_new();
    snprintf(joining->presence.organization_id, sizeof(joining->presence.organization_id), "%.*s",
             STR_FMT(call_organization(call)));
    snprintf(joining->presence.key_id, sizeof(joining->presence.key_id), "%.*s",
             STR_FMT(call->principal.key_id));
    call->state = joining;
    call->deliver = deliver;
    call_write(call, join);
}
