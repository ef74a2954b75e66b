/* /v1/pools */
#include "fleet/pools.h"

#include "api/body_ids.h"
#include "api/cyberdesk/resources.h"
#include "api/include.h"
#include "base/map.h"
#include "contracts/operations.h"

static const char *const pool_includes[] = {"machines", NULL};
enum { INCLUDE_MACHINES = 1 };

/* --- reading --- */

/* Each machine once, with its pools, as it stands alone. */
static void write_included_machines(struct call *call, struct json_writer *w,
                                    const struct pool_machine *rows, size_t count)
{
    struct str *ids = ARENA_ARRAY(call->arena, count, struct str);
    size_t distinct = 0;
    struct map seen;
    map_init(&seen);
    const struct machine_row **machines =
        ARENA_ARRAY(call->arena, count, const struct machine_row *);
    for (size_t i = 0; i < count; i++) {
        const struct machine_row *machine = &rows[i].machine;
        if (map_put(&seen, machine->id, (void *)(uintptr_t)machine))
            continue;
        machines[distinct] = machine;
        ids[distinct++] = machine->id;
    }
    map_finish(&seen);
    struct machine_pool *pools;
    size_t pool_count =
        pools_of_machines(call->tx, call->arena, call_organization(call), ids, distinct, &pools);
    jw_key(w, "included");
    jw_array_begin(w);
    for (size_t i = 0; i < distinct; i++) {
        struct pool_span span = pools_of(pools, pool_count, machines[i]->id);
        jw_object_begin(w);
        jw_field_str(w, "type", STR("machine"));
        write_machine_fields(w, call, machines[i], &span);
        jw_object_end(w);
    }
    jw_array_end(w);
}

static size_t machines_of_page(struct call *call, const struct pool_page *page,
                               struct pool_machine **ret_rows)
{
    struct str *ids = ARENA_ARRAY(call->arena, page->count, struct str);
    for (size_t i = 0; i < page->count; i++)
        ids[i] = page->rows[i].id;
    return pools_machines(call->tx, call->arena, call_organization(call), ids, page->count,
                          ret_rows);
}

void op_list_pools(struct call *call)
{
    unsigned includes;
    if (!include_parse(call, pool_includes, &includes))
        return;
    struct pool_page page;
    pools_list(call->tx, call->arena, call_organization(call),
               checked_query_int(&call->checked, "skip"),
               checked_query_int(&call->checked, "limit"), &page);
    struct json_writer w = begin_page(call);
    for (size_t i = 0; i < page.count; i++)
        write_pool(&w, &page.rows[i]);
    end_page(&w, call, page.total);
    if (includes & INCLUDE_MACHINES) {
        struct pool_machine *rows;
        size_t count = machines_of_page(call, &page, &rows);
        write_included_machines(call, &w, rows, count);
    }
    jw_object_end(&w);
    call_storage_failed(call);
}

/* PoolWithMachines; inside it a machine's own pools are null. */
static void write_members(struct json_writer *w, const struct call *call,
                          const struct pool_machine *rows, size_t count)
{
    jw_key(w, "machines");
    jw_array_begin(w);
    for (size_t i = 0; i < count; i++) {
        jw_object_begin(w);
        write_machine_fields(w, call, &rows[i].machine, NULL);
        jw_object_end(w);
    }
    jw_array_end(w);
}

void op_get_pool(struct call *call)
{
    unsigned includes;
    struct pool_row pool;
    struct err err;
    if (!include_parse(call, pool_includes, &includes))
        return;
    if (!pool_get(call->tx, call->arena, call_organization(call),
                  checked_path(&call->checked, "pool_id"), &pool, &err)) {
        call_fail(call, &err);
        return;
    }
    bool with_members = checked_query_bool(&call->checked, "include_machines");
    struct pool_machine *rows = NULL;
    size_t count = 0;
    if (with_members || (includes & INCLUDE_MACHINES))
        count = pools_machines(call->tx, call->arena, call_organization(call), &pool.id, 1, &rows);
    struct json_writer w = call_json(call, 200);
    jw_object_begin(&w);
    write_pool_fields(&w, &pool);
    if (with_members)
        write_members(&w, call, rows, count);
    if (includes & INCLUDE_MACHINES)
        write_included_machines(call, &w, rows, count);
    jw_object_end(&w);
    call_storage_failed(call);
}

/* --- writing --- */

static void answer_pool(struct call *call, int status, const struct pool_row *pool)
{
    struct json_writer w = call_json(call, status);
    write_pool(&w, pool);
}

static bool create_pool(struct call *call, struct tx *tx, struct err *err)
{
    struct pool_row pool;
    if (!pool_create(tx, call->arena, call->api->store, &call->principal, call->state, call->now,
                     &pool, err))
        return false;
    answer_pool(call, 201, &pool);
    return true;
}

void op_create_pool(struct call *call)
{
    struct pool_new *new = ARENA_NEW(call->arena, struct pool_new);
    *new = (struct pool_new){
        .id = uuid_new(),
        .name = checked_body_str(&call->checked, "name"),
        .description = checked_body_str(&call->checked, "description"),
    };
    call->state = new;
    call_write(call, create_pool);
}

static bool update_pool(struct call *call, struct tx *tx, struct err *err)
{
    struct pool_change change = {
        .name = checked_body_str(&call->checked, "name"),
        .description = {checked_body_has(&call->checked, "description"),
                        checked_body_str(&call->checked, "description")},
    };
    struct pool_row pool;
    if (!pool_update(tx, call->arena, &call->principal, checked_path(&call->checked, "pool_id"),
                     &change, call->now, &pool, err))
        return false;
    answer_pool(call, 200, &pool);
    return true;
}

void op_update_pool(struct call *call)
{
    call_write(call, update_pool);
}

static bool delete_pool(struct call *call, struct tx *tx, struct err *err)
{
    if (!pool_delete(tx, call->arena, &call->principal, checked_path(&call->checked, "pool_id"),
                     call->now, err))
        return false;
    call_empty(call, 204);
    return true;
}

void op_delete_pool(struct call *call)
{
    call_write(call, delete_pool);
}

static bool add_machines(struct call *call, struct tx *tx, struct err *err)
{
    const struct body_ids *machines = call->state;
    struct pool_row pool;
    if (!pool_add_machines(tx, call->arena, &call->principal,
                           checked_path(&call->checked, "pool_id"), machines->ids, machines->count,
                           call->now, &pool, err))
        return false;
    struct pool_machine *rows;
    size_t count = pools_machines(tx, call->arena, call_organization(call), &pool.id, 1, &rows);
    struct json_writer w = call_json(call, 200);
    jw_object_begin(&w);
    write_pool_fields(&w, &pool);
    write_members(&w, call, rows, count);
    jw_object_end(&w);
    return true;
}

void op_add_machines_to_pool(struct call *call)
{
    call->state = body_ids(call, "machine_ids");
    call_write(call, add_machines);
}

static bool remove_machines(struct call *call, struct tx *tx, struct err *err)
{
    const struct body_ids *machines = call->state;
    if (!pool_remove_machines(tx, call->arena, &call->principal,
                              checked_path(&call->checked, "pool_id"), machines->ids,
                              machines->count, call->now, err))
        return false;
    call_empty(call, 204);
    return true;
}

void op_remove_machines_from_pool(struct call *call)
{
    call->state = body_ids(call, "machine_ids");
    call_write(call, remove_machines);
}
