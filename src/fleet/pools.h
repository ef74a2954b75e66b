/* Pools: named groups of machines that runs choose from. */
#ifndef FLEET_POOLS_H
#define FLEET_POOLS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/uuid.h"
#include "fleet/auth.h"
#include "fleet/machines.h"
#include "store/pools.h"
#include "store/store.h"

struct pool_new {
    struct uuid id;
    struct str name;
    struct str description; /* or null */
};

/* ERR_INVALID when the organization has a pool of this name. */
bool pool_create(struct tx *tx, struct arena *arena, struct store *store,
                 const struct principal *principal, const struct pool_new *new, int64_t now,
                 struct pool_row *ret_row, struct err *err);

bool pool_get(struct tx *tx, struct arena *arena, struct str organization_id, struct str id,
              struct pool_row *ret_row, struct err *err);

struct pool_change {
    struct str name;                /* null keeps it */
    struct text_change description; /* given and null clears it */
};

bool pool_update(struct tx *tx, struct arena *arena, const struct principal *principal,
                 struct str id, const struct pool_change *change, int64_t now,
                 struct pool_row *ret_row, struct err *err);

bool pool_delete(struct tx *tx, struct arena *arena, const struct principal *principal,
                 struct str id, int64_t now, struct err *err);

/* All or nothing: ERR_NOT_FOUND when one of the machines is not the organization's. Those in the
 * pool already are no error. */
bool pool_add_machines(struct tx *tx, struct arena *arena, const struct principal *principal,
                       struct str id, const struct str *machine_ids, size_t count, int64_t now,
                       struct pool_row *ret_row, struct err *err);

/* Machines that are not in the pool are passed over. */
bool pool_remove_machines(struct tx *tx, struct arena *arena, const struct principal *principal,
                          struct str id, const struct str *machine_ids, size_t count, int64_t now,
                          struct err *err);

#endif
