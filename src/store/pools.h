/* Pools: named groups of machines; a machine may be in several. */
#ifndef STORE_POOLS_H
#define STORE_POOLS_H

#include "base/arena.h"
#include "store/machines.h"
#include "store/store.h"

struct pool_row {
    struct str id;
    struct str organization_id;
    struct str name;        /* unique in the organization */
    struct str description; /* or null */
    int64_t machine_count;  /* read only */
    int64_t created_at;
    int64_t updated_at;
};

/* False when the organization has a pool of this name (or the id exists). */
bool pools_insert(struct tx *tx, const struct pool_row *row);

bool pools_get(struct tx *tx, struct arena *arena, struct str organization_id, struct str id,
               struct pool_row *ret_row);

/* Writes name, description and updated_at. False when another pool has the name, or this one is
 * gone. */
bool pools_update(struct tx *tx, const struct pool_row *row);

/* Machines stay. False when there is none. */
bool pools_delete(struct tx *tx, struct str organization_id, struct str id);

struct pool_page {
    struct pool_row *rows;
    size_t count;
    int64_t total;
};

/* Newest first. */
void pools_list(struct tx *tx, struct arena *arena, struct str organization_id, int64_t skip,
                int64_t limit, struct pool_page *ret_page);

/* How many of `ids` (a repeated one counts once) are pools of the organization. */
size_t pools_count_existing(struct tx *tx, struct str organization_id, const struct str *ids,
                            size_t count);

/* -- Membership -- */

/* A pool as seen from a machine; rows come sorted by machine_id, then newest pool first. */
struct machine_pool {
    struct str machine_id;
    struct pool_row pool;
};

/* The pools of each given machine, in one query. Returns how many rows. */
size_t pools_of_machines(struct tx *tx, struct arena *arena, struct str organization_id,
                         const struct str *machine_ids, size_t count,
                         struct machine_pool **ret_rows);

/* A machine as seen from a pool; rows come sorted by pool_id, then newest machine first. */
struct pool_machine {
    struct str pool_id;
    struct machine_row machine;
};

/* The machines of each given pool, in one query. Returns how many rows. */
size_t pools_machines(struct tx *tx, struct arena *arena, struct str organization_id,
                      const struct str *pool_ids, size_t count, struct pool_machine **ret_rows);

/* Puts machines into a pool; those in it already, and ids that are not the organization's, are
 * passed over. Returns how many were new. */
size_t pools_add_machines(struct tx *tx, struct str organization_id, struct str pool_id,
                          const struct str *machine_ids, size_t count);

/* Takes machines out of a pool. Returns how many were in it. */
size_t pools_remove_machines(struct tx *tx, struct str organization_id, struct str pool_id,
                             const struct str *machine_ids, size_t count);

/* Makes the given pools the machine's only ones; ids that are not the organization's are passed
 * over. */
void pools_replace_of_machine(struct tx *tx, struct str organization_id, struct str machine_id,
                              const struct str *pool_ids, size_t count);

#endif
