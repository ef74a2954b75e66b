#include "fleet/machines.h"

#include "base/clock.h"
#include "base/json_write.h"
#include "base/uuid.h"
#include "fleet/events.h"
#include "fleet/refuse.h"
#include "store/pools.h"

enum machine_status machine_status(const struct machine_row *row)
{
    if (row->out_of_service)
        return MACHINE_ERROR;
    return row->is_connected ? MACHINE_CONNECTED : MACHINE_DISCONNECTED;
}

bool machine_is_available(const struct machine_row *row)
{
    return row->accepts_runs && machine_status(row) == MACHINE_CONNECTED &&
           str_is_null(row->reserved_session_id);
}

static bool not_found(struct tx *tx, struct str id, struct err *err)
{
    return refuse(tx, err, ERR_NOT_FOUND, "Machine %.*s not found", STR_FMT(id));
}

bool machine_get(struct tx *tx, struct arena *arena, struct str organization_id, struct str id,
                 struct machine_row *ret_row, struct err *err)
{
    return machines_get(tx, arena, organization_id, id, ret_row) || not_found(tx, id, err);
}

bool machine_create(struct tx *tx, struct arena *arena, struct store *store,
                    const struct principal *principal, const struct machine_new *new, int64_t now,
                    struct machine_row *ret_row, struct err *err)
{
    if (!store_has_space(store))
        return err_set(err, ERR_STORAGE_FULL, "The server is low on disk space");
    struct machine_row row = {
        .id = arena_str(arena, uuid_str(&new->id)),
        .organization_id = principal->organization_id,
        .kind = MACHINE_KIND_JOINED,
        .seat_number = STORE_NONE,
        .fingerprint = new->fingerprint,
        .unkey_key_id = new->unkey_key_id,
        .name = new->name,
        .name_set_by_api = !str_is_null(new->name),
        .version = new->version,
        .hostname = new->hostname,
        .os_info = new->os_info,
        .parameters = new->parameters,
        .sensitive_aliases = new->secrets ? new->secrets->aliases : STR_NULL,
        .accepts_runs = true,
        .last_seen = now,
        .created_at = now,
        .updated_at = now,
    };
    if (!machines_insert(tx, &row))
        return refuse(tx, err, ERR_INVALID, "A machine with fingerprint '%.*s' already exists",
                      STR_FMT(new->fingerprint));
    if (new->secrets)
        secrets_replace(tx, new->secrets);
    event_emit(tx, "machine.created", row.organization_id, row.id, now, STR_NULL);
    *ret_row = row;
    return true;
}

static bool apply_reservation(struct machine_row *row, const struct text_change *change,
                              struct err *err)
{
    bool taken = change->given && !str_is_null(change->value) &&
                 !str_is_null(row->reserved_session_id) &&
                 !str_eq(row->reserved_session_id, change->value);
    if (taken)
        return err_set(err, ERR_INVALID, "Machine %.*s is reserved for session %.*s",
                       STR_FMT(row->id), STR_FMT(row->reserved_session_id));
    if (change->given)
        row->reserved_session_id = change->value;
    return true;
}

static void apply_text(struct str *field, const struct text_change *change)
{
    if (change->given)
        *field = change->value;
}

static void apply_flag(bool *field, enum flag_change change)
{
    if (change != FLAG_KEEP)
        *field = change == FLAG_ON;
}

/* Observed facts win: a connected machine's last_seen comes from its driver. */
static void apply_last_seen(struct machine_row *row, int64_t last_seen, int64_t now)
{
    if (last_seen != CLOCK_NONE && !row->is_connected && last_seen <= now)
        row->last_seen = last_seen;
}

static void apply_change(struct machine_row *row, const struct machine_change *change, int64_t now)
{
    if (change->name.given)
        row->name_set_by_api = !str_is_null(change->name.value);
    apply_text(&row->name, &change->name);
    apply_text(&row->version, &change->version);
    apply_text(&row->hostname, &change->hostname);
    apply_text(&row->os_info, &change->os_info);
    apply_flag(&row->out_of_service, change->out_of_service);
    apply_flag(&row->accepts_runs, change->accepts_runs);
    apply_last_seen(row, change->last_seen, now);
    if (!str_is_null(change->parameters))
        row->parameters = change->parameters;
    if (change->secrets)
        row->sensitive_aliases = change->secrets->aliases;
    row->updated_at = now;
}

bool machine_update(struct tx *tx, struct arena *arena, const struct principal *principal,
                    struct str id, const struct machine_change *change, int64_t now,
                    struct machine_row *ret_row, struct err *err)
{
    struct machine_row row;
    if (!machine_get(tx, arena, principal->organization_id, id, &row, err) ||
        !apply_reservation(&row, &change->reserved_session_id, err))
        return false;
    apply_change(&row, change, now);
    if (!machines_update(tx, &row))
        return not_found(tx, id, err);
    if (change->secrets)
        secrets_replace(tx, change->secrets);
    event_emit(tx, "machine.updated", row.organization_id, row.id, now, STR_NULL);
    *ret_row = row;
    return true;
}

bool machine_delete(struct tx *tx, struct arena *arena, const struct principal *principal,
                    struct str id, int64_t now, struct err *err)
{
    struct machine_row row;
    if (!machine_get(tx, arena, principal->organization_id, id, &row, err))
        return false;
    if (!machines_delete(tx, principal->organization_id, id))
        return not_found(tx, id, err);
    event_emit(tx, "machine.deleted", row.organization_id, row.id, now, STR_NULL);
    return true;
}

bool machine_replace_pools(struct tx *tx, struct arena *arena, const struct principal *principal,
                           struct str id, const struct str *pool_ids, size_t count, int64_t now,
                           struct machine_row *ret_row, struct err *err)
{
    struct str organization_id = principal->organization_id;
    if (!machine_get(tx, arena, organization_id, id, ret_row, err))
        return false;
    if (pools_count_existing(tx, organization_id, pool_ids, count) != count)
        return refuse(tx, err, ERR_NOT_FOUND, "Pool not found");
    pools_replace_of_machine(tx, organization_id, id, pool_ids, count);
    event_emit(tx, "machine.pools_changed", organization_id, id, now, STR_NULL);
    return true;
}
