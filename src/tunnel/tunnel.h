/* The server's end of the driver tunnels: who is connected, and how to reach them. */
#ifndef TUNNEL_TUNNEL_H
#define TUNNEL_TUNNEL_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "fleet/presence.h"
#include "net/http_server.h"
#include "store/store.h"

struct tunnel;

struct tunnel_config {
    struct store *store;
    size_t body_ceiling;      /* bytes of one answer of a driver */
    int64_t ping_interval_ms; /* ours; drivers ping too */
    int64_t pong_timeout_ms;  /* longer than the longest action: it holds pongs back */
};

struct tunnel *tunnel_create(const struct tunnel_config *config);
/* Every WebSocket must be closed. NULL is accepted. */
void tunnel_destroy(struct tunnel *tunnel);

/* Answers the upgrade request and serves the connection from then on. The machine has just been
 * marked connected (presence_connect, committed). A driver older than 1.0 gets one request at a
 * time. Any thread. */
void tunnel_accept(struct tunnel *tunnel, struct http_exchange *exchange,
                   const struct presence *presence, struct str driver_version);

/* Answers the upgrade and closes at once with a code that drivers understand. `reason` is static.
 */
void tunnel_refuse(struct http_exchange *exchange, int code, const char *reason);

#define TUNNEL_CLOSE_AUTH_REJECTED 4001 /* drivers stop and do not come back */

/* Closes the machine's connection, if there is one. Any thread. */
void tunnel_disconnect(struct tunnel *tunnel, struct str machine_id, int code);

/* A key that drivers have joined with. */
struct tunnel_key {
    struct str organization_id;
    struct str key_id;
};

/* The keys of the connected drivers, each once. Returns how many. */
size_t tunnel_keys(struct tunnel *tunnel, struct arena *arena, struct tunnel_key **ret_keys);

/* Closes every connection that was joined with this key. */
void tunnel_disconnect_key(struct tunnel *tunnel, struct str key_id, int code);

/* Writes down when drivers were last heard from; for a background thread, each 15 s. Only drivers
 * heard from since the last time are touched. Disconnects that could not be stored are tried
 * again. */
void tunnel_flush_seen(struct tunnel *tunnel);

size_t tunnel_count(struct tunnel *tunnel);

#endif
