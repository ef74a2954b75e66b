#include "fleet/pools.h"

#include "fleet/events.h"
#include "fleet/refuse.h"
#include "store/machines.h"

static bool not_found(struct tx *tx, struct str id, struct err *err)
{
    return refuse(tx, err, ERR_NOT_FOUND, "Pool %.*s not found", STR_FMT(id));
}

static bool name_taken(struct tx *tx, struct str name, struct err *err)
{
    return refuse(tx, err, ERR_INVALID, "A pool named '%.*s' already exists", STR_FMT(name));
}

bool pool_get(struct tx *tx, struct arena *arena, struct str organization_id, struct str id,
              struct pool_row *ret_row, struct err *err)
{
    return pools_get(tx, arena, organization_id, id, ret_row) || not_found(tx, id, err);
}

bool pool_create(struct tx *tx, struct arena *arena, struct store *store,
                 const struct principal *principal, const struct pool_new *new, int64_t now,
                 struct pool_row *ret_row, struct err *err)
{
    if (!store_has_space(store))
        return err_set(err, ERR_STORAGE_FULL, "The server is low on disk space");
    struct pool_row row = {
        .id = arena_str(arena, uuid_str(&new->id)),
        .organization_id = principal->organization_id,
        .name = new->name,
        .description = new->description,
        .created_at = now,
        .updated_at = now,
    };
    if (!pools_insert(tx, &row))
        return name_taken(tx, new->name, err);
    event_emit(tx, "pool.created", row.organization_id, row.id, now, STR_NULL);
    *ret_row = row;
    return true;
}

bool pool_update(struct tx *tx, struct arena *arena, const struct principal *principal,
                 struct str id, const struct pool_change *change, int64_t now,
                 struct pool_row *ret_row, struct err *err)
{
    struct pool_row row;
    if (!pool_get(tx, arena, principal->organization_id, id, &row, err))
        return false;
    if (!str_is_null(change->name))
        row.name = change->name;
    if (change->description.given)
        row.description = change->description.value;
    row.updated_at = now;
    if (!pools_update(tx, &row))
        return name_taken(tx, row.name, err);
    event_emit(tx, "pool.updated", row.organization_id, row.id, now, STR_NULL);
    *ret_row = row;
    return true;
}

bool pool_delete(struct tx *tx, struct arena *arena, const struct principal *principal,
                 struct str id, int64_t now, struct err *err)
{
    struct pool_row row;
    if (!pool_get(tx, arena, principal->organization_id, id, &row, err))
        return false;
    if (!pools_delete(tx, principal->organization_id, id))
        return not_found(tx, id, err);
    event_emit(tx, "pool.deleted", row.organization_id, row.id, now, STR_NULL);
    return true;
}

/* The count of an answer must be the one after the change. */
static bool reread(struct tx *tx, struct arena *arena, struct str organization_id, struct str id,
                   int64_t now, struct pool_row *ret_row, struct err *err)
{
    event_emit(tx, "pool.machines_changed", organization_id, id, now, STR_NULL);
    return pool_get(tx, arena, organization_id, id, ret_row, err);
}

bool pool_add_machines(struct tx *tx, struct arena *arena, const struct principal *principal,
                       struct str id, const struct str *machine_ids, size_t count, int64_t now,
                       struct pool_row *ret_row, struct err *err)
{
    struct str organization_id = principal->organization_id;
    if (!pool_get(tx, arena, organization_id, id, ret_row, err))
        return false;
    if (machines_count_existing(tx, organization_id, machine_ids, count) != count)
        return refuse(tx, err, ERR_NOT_FOUND, "Machine not found");
    pools_add_machines(tx, organization_id, id, machine_ids, count);
    return reread(tx, arena, organization_id, id, now, ret_row, err);
}

bool pool_remove_machines(struct tx *tx, struct arena *arena, const struct principal *principal,
                          struct str id, const struct str *machine_ids, size_t count, int64_t now,
                          struct err *err)
{
    struct str organization_id = principal->organization_id;
    struct pool_row row;
    if (!pool_get(tx, arena, organization_id, id, &row, err))
        return false;
    pools_remove_machines(tx, organization_id, id, machine_ids, count);
    return reread(tx, arena, organization_id, id, now, &row, err);
}
