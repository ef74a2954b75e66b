/* Presence: a driver comes and goes, and the machine's row follows (design section 11 rules 2, 3).
 * Every connect counts the machine's epoch up; a disconnect holds only for its own epoch, so a late
 * close cannot mark a newer connection disconnected. */
#ifndef FLEET_PRESENCE_H
#define FLEET_PRESENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/uuid.h"
#include "fleet/auth.h"
#include "store/store.h"

/* What a driver says of itself when it connects. */
struct driver_hello {
    struct str fingerprint;
    struct str name, version, hostname, os_info; /* or null */
    struct str ip_address, user_agent;           /* or null */
};

/* One connection of one driver. Plain data with a life of its own. */
struct presence {
    char organization_id[64];
    char key_id[64]; /* the key it joined with */
    struct uuid machine_id;
    struct uuid connection_id; /* of the connections row */
    int64_t epoch;
};

/* Finds or makes the organization's machine of this fingerprint and marks it connected. The ids of
 * *presence are filled by the caller (new ones) except machine_id, which is replaced when the
 * machine is known. ERR_UNAUTHORIZED when the fingerprint is bound to another key,
 * ERR_STORAGE_FULL for a new machine below the low-disk watermark. */
bool presence_connect(struct tx *tx, struct arena *arena, struct store *store,
                      const struct principal *principal, struct str server_id,
                      const struct driver_hello *hello, int64_t now, struct presence *presence,
                      struct err *err);

/* The connection has ended. */
void presence_disconnect(struct tx *tx, const struct presence *presence, int64_t now);

/* At the start of a server: nobody is connected yet, whatever the rows say. */
void presence_reset(struct tx *tx, struct arena *arena, int64_t now);

#endif
