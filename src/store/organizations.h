/* Organizations: the tenants. Every other row belongs to one. */
#ifndef STORE_ORGANIZATIONS_H
#define STORE_ORGANIZATIONS_H

#include "base/arena.h"
#include "store/store.h"

struct organization_row {
    struct str id; /* "org_" and 32 hexadecimal digits */
    struct str name;
    int64_t created_at;
};

/* False when the id exists. */
bool organizations_insert(struct tx *tx, const struct organization_row *row);

/* All of them, oldest first; for the operator. Returns how many. */
size_t organizations_list(struct tx *tx, struct arena *arena, struct organization_row **ret_rows);

/* False when there is no such organization. */
bool organizations_rename(struct tx *tx, struct str id, struct str name);

#endif
