#include "store/pools.h"

#include "store/counters.h"
#include "store/pool_rows.h"

static const struct query insert_query = {
    "INSERT INTO pools (id, organization_id, name, description, machine_count, created_at,"
    " updated_at) VALUES (?1, ?2, ?3, ?4, 0, ?5, ?6) ON CONFLICT DO NOTHING"};

static const struct query get_query = {"SELECT " POOL_COLUMNS
                                       " FROM pools WHERE organization_id = ?1 AND id = ?2"};

static const struct query update_query = {
    "UPDATE pools SET name = ?3, description = ?4, updated_at = ?5"
    " WHERE organization_id = ?1 AND id = ?2 AND NOT EXISTS"
    " (SELECT 1 FROM pools AS other"
    " WHERE other.organization_id = ?1 AND other.name = ?3 AND other.id <> ?2)"};

static const struct query delete_query = {
    "DELETE FROM pools WHERE organization_id = ?1 AND id = ?2"};

static const struct query list_query = {"SELECT " POOL_COLUMNS
                                        " FROM pools WHERE organization_id = ?1"
                                        " ORDER BY created_at DESC, id DESC LIMIT ?2 OFFSET ?3"};

static const struct query count_existing_query = {
    "SELECT count(*) FROM pools"
    " WHERE organization_id = ?1 AND id IN (SELECT value FROM json_each(?2))"};

void pool_take_row(struct cursor *c, struct arena *arena, struct pool_row *row)
{
    row->id = db_take_str(c, arena);
    row->organization_id = db_take_str(c, arena);
    row->name = db_take_str(c, arena);
    row->description = db_take_str(c, arena);
    row->machine_count = db_take_int(c);
    row->created_at = db_take_int(c);
    row->updated_at = db_take_int(c);
}

bool pools_insert(struct tx *tx, const struct pool_row *row)
{
    struct cursor c = db_open(tx, &insert_query);
    db_put_str(&c, row->id);
    db_put_str(&c, row->organization_id);
    db_put_str(&c, row->name);
    db_put_str(&c, row->description);
    db_put_int(&c, row->created_at);
    db_put_int(&c, row->updated_at);
    if (db_run(&c) == 0)
        return false;
    counters_add(tx, row->organization_id, STR("pools"), 1);
    return true;
}

bool pools_get(struct tx *tx, struct arena *arena, struct str organization_id, struct str id,
               struct pool_row *ret_row)
{
    struct cursor c = db_open(tx, &get_query);
    db_put_str(&c, organization_id);
    db_put_str(&c, id);
    bool found = db_step(&c);
    if (found)
        pool_take_row(&c, arena, ret_row);
    db_close(&c);
    return found;
}

bool pools_update(struct tx *tx, const struct pool_row *row)
{
    struct cursor c = db_open(tx, &update_query);
    db_put_str(&c, row->organization_id);
    db_put_str(&c, row->id);
    db_put_str(&c, row->name);
    db_put_str(&c, row->description);
    db_put_int(&c, row->updated_at);
    return db_run(&c) == 1;
}

bool pools_delete(struct tx *tx, struct str organization_id, struct str id)
{
    struct cursor c = db_open(tx, &delete_query);
    db_put_str(&c, organization_id);
    db_put_str(&c, id);
    if (db_run(&c) == 0)
        return false;
    counters_add(tx, organization_id, STR("pools"), -1);
    return true;
}

void pools_list(struct tx *tx, struct arena *arena, struct str organization_id, int64_t skip,
                int64_t limit, struct pool_page *ret_page)
{
    struct pool_page page = {0};
    struct cursor c = db_open(tx, &list_query);
    db_put_str(&c, organization_id);
    db_put_int(&c, limit);
    db_put_int(&c, skip);
    while (db_step(&c)) {
        page.rows = db_grow(arena, page.rows, page.count, sizeof(*page.rows));
        pool_take_row(&c, arena, &page.rows[page.count++]);
    }
    db_close(&c);
    page.total = counters_get(tx, organization_id, STR("pools"));
    *ret_page = page;
}

size_t pools_count_existing(struct tx *tx, struct str organization_id, const struct str *ids,
                            size_t count)
{
    struct arena arena;
    arena_init(&arena);
    struct cursor c = db_open(tx, &count_existing_query);
    db_put_str(&c, organization_id);
    db_put_list(&c, &arena, ids, count);
    size_t existing = (size_t)db_run_int(&c);
    arena_finish(&arena);
    return existing;
}
