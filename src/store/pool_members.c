#include "store/machine_rows.h"
#include "store/pool_rows.h"

/* CROSS JOIN, so that the few members asked for come first, and not all that the organization
 * has. */
#define OF_MACHINES(machine_id)                                                                    \
    "SELECT pool_machines.machine_id, " POOL_COLUMNS " FROM pool_machines CROSS JOIN pools"        \
    " WHERE pool_machines.organization_id = ?1 AND pool_machines.machine_id " machine_id           \
    " AND pools.organization_id = ?1 AND pools.id = pool_machines.pool_id"                         \
    " ORDER BY pool_machines.machine_id, pools.created_at DESC, pools.id DESC"

/* Each answer about one machine asks for one: no list is made and read for it. */
static const struct query of_machine_query = {OF_MACHINES("= ?2")};
static const struct query of_machines_query = {OF_MACHINES("IN (SELECT value FROM json_each(?2))")};

static const struct query machines_query = {
    "SELECT pool_machines.pool_id, " MACHINE_COLUMNS " FROM pool_machines CROSS JOIN machines"
    " WHERE pool_machines.organization_id = ?1"
    " AND pool_machines.pool_id IN (SELECT value FROM json_each(?2))"
    " AND machines.organization_id = ?1 AND machines.id = pool_machines.machine_id"
    " ORDER BY pool_machines.pool_id, machines.created_at DESC, machines.id DESC"};

static const struct query add_query = {
    "INSERT INTO pool_machines (organization_id, pool_id, machine_id)"
    " SELECT pools.organization_id, pools.id, machines.id FROM pools"
    " JOIN machines ON machines.organization_id = pools.organization_id"
    " WHERE pools.organization_id = ?1 AND pools.id = ?2"
    " AND machines.id IN (SELECT value FROM json_each(?3))"
    " ON CONFLICT DO NOTHING"};

static const struct query remove_query = {
    "DELETE FROM pool_machines WHERE organization_id = ?1 AND pool_id = ?2"
    " AND machine_id IN (SELECT value FROM json_each(?3))"};

static const struct query count_up_query = {"UPDATE pools SET machine_count = machine_count + ?3"
                                            " WHERE organization_id = ?1 AND id = ?2"};

static const struct query leave_all_query = {
    "DELETE FROM pool_machines WHERE organization_id = ?1 AND machine_id = ?2"};

static const struct query join_query = {
    "INSERT INTO pool_machines (organization_id, pool_id, machine_id)"
    " SELECT pools.organization_id, pools.id, machines.id FROM machines"
    " JOIN pools ON pools.organization_id = machines.organization_id"
    " WHERE machines.organization_id = ?1 AND machines.id = ?2"
    " AND pools.id IN (SELECT value FROM json_each(?3))"
    " ON CONFLICT DO NOTHING"};

static const struct query count_pools_of_query = {
    "UPDATE pools SET machine_count = machine_count + ?3"
    " WHERE organization_id = ?1 AND id IN (SELECT pool_id FROM pool_machines"
    " WHERE organization_id = ?1 AND machine_id = ?2)"};

size_t pools_of_machines(struct tx *tx, struct arena *arena, struct str organization_id,
                         const struct str *machine_ids, size_t count,
                         struct machine_pool **ret_rows)
{
    struct machine_pool *rows = NULL;
    size_t found = 0;
    struct cursor c = db_open(tx, count == 1 ? &of_machine_query : &of_machines_query);
    db_put_str(&c, organization_id);
    if (count == 1)
        db_put_str(&c, machine_ids[0]);
    else
        db_put_list(&c, arena, machine_ids, count);
    while (db_step(&c)) {
        rows = db_grow(arena, rows, found, sizeof(*rows));
        rows[found].machine_id = db_take_str(&c, arena);
        pool_take_row(&c, arena, &rows[found++].pool);
    }
    db_close(&c);
    *ret_rows = rows;
    return found;
}

size_t pools_machines(struct tx *tx, struct arena *arena, struct str organization_id,
                      const struct str *pool_ids, size_t count, struct pool_machine **ret_rows)
{
    struct pool_machine *rows = NULL;
    size_t found = 0;
    struct cursor c = db_open(tx, &machines_query);
    db_put_str(&c, organization_id);
    db_put_list(&c, arena, pool_ids, count);
    while (db_step(&c)) {
        rows = db_grow(arena, rows, found, sizeof(*rows));
        rows[found].pool_id = db_take_str(&c, arena);
        machine_take_row(&c, arena, &rows[found++].machine);
    }
    db_close(&c);
    *ret_rows = rows;
    return found;
}

/* Runs a query about one row and a list of ids; returns how many rows changed. */
static size_t run_with_ids(struct tx *tx, const struct query *query, struct str organization_id,
                           struct str id, const struct str *ids, size_t count)
{
    struct arena arena;
    arena_init(&arena);
    struct cursor c = db_open(tx, query);
    db_put_str(&c, organization_id);
    db_put_str(&c, id);
    db_put_list(&c, &arena, ids, count);
    size_t changed = db_run(&c);
    arena_finish(&arena);
    return changed;
}

static void run_count(struct tx *tx, const struct query *query, struct str organization_id,
                      struct str id, int64_t change)
{
    struct cursor c = db_open(tx, query);
    db_put_str(&c, organization_id);
    db_put_str(&c, id);
    db_put_int(&c, change);
    db_run(&c);
}

size_t pools_add_machines(struct tx *tx, struct str organization_id, struct str pool_id,
                          const struct str *machine_ids, size_t count)
{
    size_t added = run_with_ids(tx, &add_query, organization_id, pool_id, machine_ids, count);
    run_count(tx, &count_up_query, organization_id, pool_id, (int64_t)added);
    return added;
}

size_t pools_remove_machines(struct tx *tx, struct str organization_id, struct str pool_id,
                             const struct str *machine_ids, size_t count)
{
    size_t removed = run_with_ids(tx, &remove_query, organization_id, pool_id, machine_ids, count);
    run_count(tx, &count_up_query, organization_id, pool_id, -(int64_t)removed);
    return removed;
}

void pools_replace_of_machine(struct tx *tx, struct str organization_id, struct str machine_id,
                              const struct str *pool_ids, size_t count)
{
    run_count(tx, &count_pools_of_query, organization_id, machine_id, -1);
    struct cursor c = db_open(tx, &leave_all_query);
    db_put_str(&c, organization_id);
    db_put_str(&c, machine_id);
    db_run(&c);
    run_with_ids(tx, &join_query, organization_id, machine_id, pool_ids, count);
    run_count(tx, &count_pools_of_query, organization_id, machine_id, 1);
}
