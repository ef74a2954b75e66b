/* /v1/machines */
#include "fleet/machines.h"

#include "api/body_ids.h"
#include "api/cyberdesk/resources.h"
#include "api/include.h"
#include "base/map.h"
#include "contracts/operations.h"

static const char *const machine_includes[] = {"pools", NULL};
enum { INCLUDE_POOLS = 1 };

/* --- reading --- */

static enum machine_status_filter status_filter(struct str status)
{
    if (str_eq(status, STR("connected")))
        return MACHINE_STATUS_CONNECTED;
    if (str_eq(status, STR("disconnected")))
        return MACHINE_STATUS_DISCONNECTED;
    return str_eq(status, STR("error")) ? MACHINE_STATUS_ERROR : MACHINE_STATUS_ANY;
}

static struct str *machine_ids(struct arena *arena, const struct machine_page *page)
{
    struct str *ids = ARENA_ARRAY(arena, page->count, struct str);
    for (size_t i = 0; i < page->count; i++)
        ids[i] = page->rows[i].id;
    return ids;
}

/* Each pool once, however many machines of the page are in it. */
static void write_included_pools(struct json_writer *w, const struct machine_pool *rows,
                                 size_t count)
{
    struct map seen;
    map_init(&seen);
    jw_key(w, "included");
    jw_array_begin(w);
    for (size_t i = 0; i < count; i++) {
        const struct pool_row *pool = &rows[i].pool;
        if (map_put(&seen, pool->id, (void *)(uintptr_t)pool))
            continue;
        jw_object_begin(w);
        jw_field_str(w, "type", STR("pool"));
        write_pool_fields(w, pool);
        jw_object_end(w);
    }
    jw_array_end(w);
    map_finish(&seen);
}

static void answer_machine_page(struct call *call, const struct machine_page *page,
                                unsigned includes)
{
    struct machine_pool *pools;
    size_t count = pools_of_machines(call->tx, call->arena, call_organization(call),
                                     machine_ids(call->arena, page), page->count, &pools);
    struct json_writer w = begin_page(call);
    for (size_t i = 0; i < page->count; i++) {
        struct pool_span span = pools_of(pools, count, page->rows[i].id);
        jw_object_begin(&w);
        write_machine_fields(&w, call, &page->rows[i], &span);
        jw_object_end(&w);
    }
    end_page(&w, call, page->total);
    if (includes & INCLUDE_POOLS)
        write_included_pools(&w, pools, count);
    jw_object_end(&w);
}

void op_list_machines(struct call *call)
{
    const struct checked *checked = &call->checked;
    struct machine_filter filter = {
        .search = checked_query_str(checked, "search"),
        .status = status_filter(checked_query_str(checked, "status")),
        .created_from = checked_query_time(checked, "created_at_from"),
        .created_to = checked_query_time(checked, "created_at_to"),
        .skip = checked_query_int(checked, "skip"),
        .limit = checked_query_int(checked, "limit"),
    };
    unsigned includes;
    if (!include_parse(call, machine_includes, &includes))
        return;
    struct machine_page page;
    machines_list(call->tx, call->arena, call_organization(call), &filter, &page);
    answer_machine_page(call, &page, includes);
    call_storage_failed(call);
}

/* The path's machine, or the answer says why not. */
static bool find_machine(struct call *call, struct machine_row *ret_machine)
{
    struct err err;
    if (machine_get(call->tx, call->arena, call_organization(call),
                    checked_path(&call->checked, "machine_id"), ret_machine, &err))
        return true;
    call_fail(call, &err);
    return false;
}

void op_get_machine(struct call *call)
{
    struct machine_row machine;
    unsigned includes;
    if (!include_parse(call, machine_includes, &includes) || !find_machine(call, &machine))
        return;
    struct machine_pool *rows;
    size_t count =
        pools_of_machines(call->tx, call->arena, call_organization(call), &machine.id, 1, &rows);
    struct pool_span pools = {rows, count};
    struct json_writer w = call_json(call, 200);
    jw_object_begin(&w);
    write_machine_fields(&w, call, &machine, &pools);
    if (includes & INCLUDE_POOLS)
        write_included_pools(&w, rows, count);
    jw_object_end(&w);
    call_storage_failed(call);
}

void op_list_machine_pools(struct call *call)
{
    struct machine_row machine;
    if (!find_machine(call, &machine))
        return;
    struct machine_pool *rows;
    size_t count =
        pools_of_machines(call->tx, call->arena, call_organization(call), &machine.id, 1, &rows);
    struct json_writer w = call_json(call, 200);
    jw_array_begin(&w);
    for (size_t i = 0; i < count; i++)
        write_pool(&w, &rows[i].pool);
    jw_array_end(&w);
    call_storage_failed(call);
}

/* --- creating --- */

static const struct secret_set *seal_parameters(struct call *call, struct str machine_id)
{
    const json_t *values = checked_body_value(&call->checked, "machine_sensitive_parameters");
    struct secret_owner owner = {
        .organization_id = call_organization(call),
        .table = STR("machines"),
        .id = machine_id,
        .column = STR("sensitive_aliases"),
    };
    return values ? secrets_prepare(call->arena, call->api->keyring, &owner, values) : NULL;
}

static bool create_machine(struct call *call, struct tx *tx, struct err *err)
{
    struct machine_row machine;
    if (!machine_create(tx, call->arena, call->api->store, &call->principal, call->state, call->now,
                        &machine, err))
        return false;
    answer_machine(call, tx, 201, &machine);
    return true;
}

void op_create_machine(struct call *call)
{
    const struct checked *checked = &call->checked;
    struct machine_new *new = ARENA_NEW(call->arena, struct machine_new);
    *new = (struct machine_new){
        .id = uuid_new(),
        .fingerprint = checked_body_str(checked, "fingerprint"),
        .unkey_key_id = checked_body_str(checked, "unkey_key_id"),
        .name = checked_body_str(checked, "name"),
        .version = checked_body_str(checked, "version"),
        .hostname = checked_body_str(checked, "hostname"),
        .os_info = checked_body_str(checked, "os_info"),
        .parameters = call_json_text(call, checked_body_value(checked, "machine_parameters")),
    };
    new->secrets = seal_parameters(call, uuid_str(&new->id));
    call->state = new;
    call_write(call, create_machine);
}

/* --- changing --- */

static struct text_change text_change(const struct checked *checked, const char *name)
{
    return (struct text_change){checked_body_has(checked, name), checked_body_str(checked, name)};
}

/* "error" marks the machine out of service, any other status removes the mark; null keeps it. */
static enum flag_change service_change(struct str status)
{
    if (str_is_null(status))
        return FLAG_KEEP;
    return str_eq(status, STR("error")) ? FLAG_ON : FLAG_OFF;
}

static enum flag_change availability_change(const struct checked *checked)
{
    if (!checked_body_has(checked, "is_available") || checked_body_is_null(checked, "is_available"))
        return FLAG_KEEP;
    return checked_body_bool(checked, "is_available", false) ? FLAG_ON : FLAG_OFF;
}

static bool update_machine(struct call *call, struct tx *tx, struct err *err)
{
    struct machine_row machine;
    if (!machine_update(tx, call->arena, &call->principal,
                        checked_path(&call->checked, "machine_id"), call->state, call->now,
                        &machine, err))
        return false;
    answer_machine(call, tx, 200, &machine);
    return true;
}

void op_update_machine(struct call *call)
{
    const struct checked *checked = &call->checked;
    struct machine_change *change = ARENA_NEW(call->arena, struct machine_change);
    *change = (struct machine_change){
        .name = text_change(checked, "name"),
        .version = text_change(checked, "version"),
        .hostname = text_change(checked, "hostname"),
        .os_info = text_change(checked, "os_info"),
        .reserved_session_id = text_change(checked, "reserved_session_id"),
        .out_of_service = service_change(checked_body_str(checked, "status")),
        .accepts_runs = availability_change(checked),
        .last_seen = checked_body_time(checked, "last_seen"),
        .parameters = call_json_text(call, checked_body_value(checked, "machine_parameters")),
        .secrets = seal_parameters(call, checked_path(checked, "machine_id")),
    };
    call->state = change;
    call_write(call, update_machine);
}

static bool replace_pools(struct call *call, struct tx *tx, struct err *err)
{
    const struct body_ids *pools = call->state;
    struct machine_row machine;
    if (!machine_replace_pools(tx, call->arena, &call->principal,
                               checked_path(&call->checked, "machine_id"), pools->ids, pools->count,
                               call->now, &machine, err))
        return false;
    answer_machine(call, tx, 200, &machine);
    return true;
}

void op_replace_machine_pools(struct call *call)
{
    call->state = body_ids(call, "pool_ids");
    call_write(call, replace_pools);
}

/* --- deleting --- */

static bool delete_machine(struct call *call, struct tx *tx, struct err *err)
{
    if (!machine_delete(tx, call->arena, &call->principal,
                        checked_path(&call->checked, "machine_id"), call->now, err))
        return false;
    call_empty(call, 204);
    return true;
}

/* A driver that is still connected is told to stop: it would join again as a new machine. */
static void close_driver(struct call *call)
{
    tunnel_disconnect(call->api->tunnel, checked_path(&call->checked, "machine_id"),
                      TUNNEL_CLOSE_AUTH_REJECTED);
}

void op_delete_machine(struct call *call)
{
    call->after_commit = close_driver;
    call_write(call, delete_machine);
}
