/* Connections: the history of driver tunnels. */
#ifndef STORE_CONNECTIONS_H
#define STORE_CONNECTIONS_H

#include "base/arena.h"
#include "store/store.h"

/* Stored, so the numbers are fixed. */
enum connection_status {
    CONNECTION_CONNECTED = 0,
    CONNECTION_DISCONNECTED = 1,
    CONNECTION_ERROR = 2,
    CONNECTION_STATUS_ANY = -1, /* in filters only */
};

struct connection_row {
    struct str id;
    struct str organization_id;
    struct str machine_id;
    struct str websocket_id;
    int64_t connected_at;
    int64_t disconnected_at; /* or CLOCK_NONE */
    int64_t last_ping;
    enum connection_status status;
    struct str ip_address; /* or null */
    struct str user_agent; /* or null */
};

/* False when the machine is not the organization's (or the id exists). */
bool connections_insert(struct tx *tx, const struct connection_row *row);

bool connections_get(struct tx *tx, struct arena *arena, struct str organization_id, struct str id,
                     struct connection_row *ret_row);

/* Ends an open connection with CONNECTION_DISCONNECTED or CONNECTION_ERROR. False when it is not
 * open. */
bool connections_close(struct tx *tx, struct str organization_id, struct str id,
                       enum connection_status status, int64_t now);

struct connection_ping {
    struct str id;
    int64_t at;
};

/* Sets last_ping of open connections, of any organization. */
void connections_touch(struct tx *tx, const struct connection_ping *pings, size_t count);

struct connection_filter {
    struct str machine_id;         /* or null: any */
    enum connection_status status; /* or CONNECTION_STATUS_ANY */
    int64_t skip;
    int64_t limit;
};

struct connection_page {
    struct connection_row *rows;
    size_t count;
    int64_t total;
};

/* Newest first. */
void connections_list(struct tx *tx, struct arena *arena, struct str organization_id,
                      const struct connection_filter *filter, struct connection_page *ret_page);

#endif
