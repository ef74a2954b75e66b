/* Machines: the rules for creating, changing and deleting them, and what their row says to the
 * outside. All functions run in a transaction; those that write emit the event. */
#ifndef FLEET_MACHINES_H
#define FLEET_MACHINES_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/uuid.h"
#include "fleet/auth.h"
#include "fleet/secrets.h"
#include "store/machines.h"
#include "store/store.h"

/* A field of a change: absent, or given (a null value clears it). */
struct text_change {
    bool given;
    struct str value;
};

enum flag_change {
    FLAG_KEEP,
    FLAG_ON,
    FLAG_OFF,
};

struct machine_new {
    struct uuid id;
    struct str fingerprint;
    struct str unkey_key_id;
    struct str name, version, hostname, os_info; /* or null */
    struct str parameters;                       /* JSON object text, or null */
    const struct secret_set *secrets;            /* or NULL */
};

/* Makes a joined machine that no driver has connected yet. ERR_INVALID when the organization has
 * a machine of this fingerprint. */
bool machine_create(struct tx *tx, struct arena *arena, struct store *store,
                    const struct principal *principal, const struct machine_new *new, int64_t now,
                    struct machine_row *ret_row, struct err *err);

/* ERR_NOT_FOUND for another organization's machine too. */
bool machine_get(struct tx *tx, struct arena *arena, struct str organization_id, struct str id,
                 struct machine_row *ret_row, struct err *err);

struct machine_change {
    struct text_change name, version, hostname, os_info;
    struct text_change reserved_session_id; /* given and null frees the machine */
    enum flag_change out_of_service;
    enum flag_change accepts_runs;
    int64_t last_seen;                /* or CLOCK_NONE */
    struct str parameters;            /* replaces the whole map; null keeps it */
    const struct secret_set *secrets; /* replaces all of them; NULL keeps them */
};

/* Design section 11 rules 4 and 16, contract section 7. */
bool machine_update(struct tx *tx, struct arena *arena, const struct principal *principal,
                    struct str id, const struct machine_change *change, int64_t now,
                    struct machine_row *ret_row, struct err *err);

/* Design section 11 rule 9. The caller closes a connected driver once this is committed. */
bool machine_delete(struct tx *tx, struct arena *arena, const struct principal *principal,
                    struct str id, int64_t now, struct err *err);

/* Makes these the machine's only pools; nothing changes when one of them does not exist. */
bool machine_replace_pools(struct tx *tx, struct arena *arena, const struct principal *principal,
                           struct str id, const struct str *pool_ids, size_t count, int64_t now,
                           struct machine_row *ret_row, struct err *err);

/* The status the Cyberdesk API knows (design section 11 rule 3). */
enum machine_status {
    MACHINE_CONNECTED,
    MACHINE_DISCONNECTED,
    MACHINE_ERROR,
};
enum machine_status machine_status(const struct machine_row *row);

/* Whether a run may be placed on it now (design section 11 rule 8). */
bool machine_is_available(const struct machine_row *row);

#endif
