/* Reading pool rows, for the queries of pools.c and for those that join them. Private to the
 * layer. */
#ifndef STORE_POOL_ROWS_H
#define STORE_POOL_ROWS_H

#include "store/db.h"
#include "store/pools.h"

#define POOL_COLUMNS                                                                               \
    "pools.id, pools.organization_id, pools.name, pools.description, pools.machine_count,"         \
    " pools.created_at, pools.updated_at"

/* Takes POOL_COLUMNS. */
void pool_take_row(struct cursor *c, struct arena *arena, struct pool_row *row);

#endif
