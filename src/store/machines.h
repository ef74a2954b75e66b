/* Machines: one row for each desktop, whichever API it is seen through. */
#ifndef STORE_MACHINES_H
#define STORE_MACHINES_H

#include "base/arena.h"
#include "store/store.h"

/* Stored, so the numbers are fixed. */
enum machine_kind {
    MACHINE_KIND_JOINED = 0,  /* somebody's own computer, running our driver */
    MACHINE_KIND_MANAGED = 1, /* created and booted by one of our engines */
};

struct machine_row {
    struct str id;
    struct str organization_id;
    enum machine_kind kind;
    int64_t seat_number; /* or STORE_NONE; unique in the whole database */
    struct str fingerprint;
    struct str unkey_key_id;
    struct str bound_key_id; /* the key that first joined; null before */
    struct str name;         /* or null */
    bool name_set_by_api;
    struct str version; /* or null, as the next five */
    struct str hostname;
    struct str os_info;
    struct str parameters;        /* JSON object text */
    struct str sensitive_aliases; /* JSON object text, {name: alias} */
    struct str reserved_session_id;
    bool is_connected;
    bool out_of_service; /* marked by PATCH status "error" */
    bool accepts_runs;
    int64_t last_seen;
    int64_t created_at;
    int64_t updated_at;
    struct str linked_keepalive_machine_id; /* or null */
    struct str physical_server_id;          /* the server that holds the tunnel; or null */
    int64_t connection_epoch;               /* counts connects, from 0 */
    struct str user_id;                     /* or null */
};

/* False when the organization has a machine of this fingerprint (or the id or seat exists). */
bool machines_insert(struct tx *tx, const struct machine_row *row);

bool machines_get(struct tx *tx, struct arena *arena, struct str organization_id, struct str id,
                  struct machine_row *ret_row);

bool machines_by_fingerprint(struct tx *tx, struct arena *arena, struct str organization_id,
                             struct str fingerprint, struct machine_row *ret_row);

/* Writes back a row that was read in this transaction: everything but id, organization_id, kind,
 * seat_number, fingerprint and created_at, and but is_connected, physical_server_id and
 * connection_epoch, which only the presence functions change. False when it is gone. */
bool machines_update(struct tx *tx, const struct machine_row *row);

/* Removes the machine with its connections, request logs, pool memberships and secrets. False when
 * there is none. */
bool machines_delete(struct tx *tx, struct str organization_id, struct str id);

/* How many of `ids` (a repeated one counts once) are machines of the organization. */
size_t machines_count_existing(struct tx *tx, struct str organization_id, const struct str *ids,
                               size_t count);

/* -- Lists -- */

enum machine_status_filter {
    MACHINE_STATUS_ANY,
    MACHINE_STATUS_CONNECTED,    /* with an open tunnel, and in service */
    MACHINE_STATUS_DISCONNECTED, /* without one, and in service */
    MACHINE_STATUS_ERROR,        /* out of service */
};

struct machine_filter {
    struct str search; /* null or empty: any. Else a substring of name or hostname, in which the
                        * case of ASCII letters does not matter (other letters may) */
    enum machine_status_filter status;
    int64_t created_from; /* inclusive, or CLOCK_NONE */
    int64_t created_to;   /* inclusive, or CLOCK_NONE */
    int64_t skip;
    int64_t limit;
};

struct machine_page {
    struct machine_row *rows;
    size_t count;
    int64_t total; /* that pass the filter, on all pages */
};

/* Newest first. */
void machines_list(struct tx *tx, struct arena *arena, struct str organization_id,
                   const struct machine_filter *filter, struct machine_page *ret_page);

/* -- Presence -- */

struct machine_presence {
    struct str physical_server_id; /* not null */
    struct str key_id;             /* becomes bound_key_id when none is bound */
    struct str name;               /* taken unless null or name_set_by_api */
    struct str version;            /* taken unless null, as the next two */
    struct str hostname;
    struct str os_info;
};

/* Marks the machine connected and counts its epoch up. False when there is none. */
bool machines_set_connected(struct tx *tx, struct str organization_id, struct str id,
                            const struct machine_presence *presence, int64_t now,
                            int64_t *ret_epoch);

/* Marks it disconnected if `epoch` is still its newest connection. False when it is not (a newer
 * one took over, or the machine is gone). */
bool machines_set_disconnected(struct tx *tx, struct str organization_id, struct str id,
                               int64_t epoch, int64_t now);

struct machine_seen {
    struct str id;
    int64_t at;
};

/* Sets last_seen of machines that drivers were heard from, of any organization; never backwards,
 * and updated_at stays. */
void machines_touch_seen(struct tx *tx, const struct machine_seen *seen, size_t count);

struct machine_ref {
    struct str organization_id;
    struct str id;
};

/* Cleans up after a server that is gone: each machine still marked connected through
 * `physical_server_id` (null: through any) becomes disconnected, and its open connection rows end
 * at their last ping. Of any organization. Returns how many machines, and which. */
size_t machines_disconnect_server(struct tx *tx, struct arena *arena, struct str physical_server_id,
                                  int64_t now, struct machine_ref **ret_machines);

#endif
