#include "store/secrets.h"

#include "store/db.h"

#define COLUMNS                                                                                    \
    "alias, organization_id, owner_table, owner_id, owner_column, name, sealed, sealing_key_id"

static const struct query insert_query = {"INSERT INTO secrets (" COLUMNS
                                          ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
                                          " ON CONFLICT DO NOTHING"};

static const struct query get_query = {"SELECT " COLUMNS
                                       " FROM secrets WHERE organization_id = ?1 AND alias = ?2"};

static const struct query delete_of_query = {
    "DELETE FROM secrets"
    " WHERE organization_id = ?1 AND owner_table = ?2 AND owner_id = ?3 AND owner_column = ?4"};

/* Two ranges, as an index cannot serve "<>". */
static const struct query not_sealed_by_query = {
    "SELECT " COLUMNS " FROM secrets WHERE sealing_key_id < ?1 OR sealing_key_id > ?1 LIMIT ?2"};

static const struct query reseal_query = {"UPDATE secrets SET sealed = ?3, sealing_key_id = ?4"
                                          " WHERE organization_id = ?1 AND alias = ?2"};

static const struct query next_sealing_key_query = {
    "SELECT min(id) AS id FROM ("
    "SELECT min(sealing_key_id) AS id FROM secrets WHERE sealing_key_id > ?1"
    " UNION ALL SELECT min(sealing_key_id) FROM hmac_keys WHERE sealing_key_id > ?1) AS next"};

static void take_row(struct cursor *c, struct arena *arena, struct secret_row *row)
{
    row->alias = db_take_str(c, arena);
    row->owner.organization_id = db_take_str(c, arena);
    row->owner.table = db_take_str(c, arena);
    row->owner.id = db_take_str(c, arena);
    row->owner.column = db_take_str(c, arena);
    row->name = db_take_str(c, arena);
    row->sealed = db_take_bytes(c, arena);
    row->sealing_key_id = db_take_str(c, arena);
}

bool secrets_insert(struct tx *tx, const struct secret_row *row)
{
    struct cursor c = db_open(tx, &insert_query);
    db_put_str(&c, row->alias);
    db_put_str(&c, row->owner.organization_id);
    db_put_str(&c, row->owner.table);
    db_put_str(&c, row->owner.id);
    db_put_str(&c, row->owner.column);
    db_put_str(&c, row->name);
    db_put_bytes(&c, row->sealed);
    db_put_str(&c, row->sealing_key_id);
    return db_run(&c) == 1;
}

bool secrets_get(struct tx *tx, struct arena *arena, struct str organization_id, struct str alias,
                 struct secret_row *ret_row)
{
    struct cursor c = db_open(tx, &get_query);
    db_put_str(&c, organization_id);
    db_put_str(&c, alias);
    bool found = db_step(&c);
    if (found)
        take_row(&c, arena, ret_row);
    db_close(&c);
    return found;
}

size_t secrets_delete_of(struct tx *tx, const struct secret_owner *owner)
{
    struct cursor c = db_open(tx, &delete_of_query);
    db_put_str(&c, owner->organization_id);
    db_put_str(&c, owner->table);
    db_put_str(&c, owner->id);
    db_put_str(&c, owner->column);
    return db_run(&c);
}

size_t secrets_not_sealed_by(struct tx *tx, struct arena *arena, struct str sealing_key_id,
                             size_t limit, struct secret_row **ret_rows)
{
    struct secret_row *rows = NULL;
    size_t count = 0;
    struct cursor c = db_open(tx, &not_sealed_by_query);
    db_put_str(&c, sealing_key_id);
    db_put_int(&c, (int64_t)limit);
    while (db_step(&c)) {
        rows = db_grow(arena, rows, count, sizeof(*rows));
        take_row(&c, arena, &rows[count++]);
    }
    db_close(&c);
    *ret_rows = rows;
    return count;
}

bool secrets_reseal(struct tx *tx, const struct secret_row *row)
{
    struct cursor c = db_open(tx, &reseal_query);
    db_put_str(&c, row->owner.organization_id);
    db_put_str(&c, row->alias);
    db_put_bytes(&c, row->sealed);
    db_put_str(&c, row->sealing_key_id);
    return db_run(&c) == 1;
}

static struct str next_sealing_key(struct tx *tx, struct arena *arena, struct str after)
{
    struct cursor c = db_open(tx, &next_sealing_key_query);
    db_put_str(&c, after);
    struct str id = db_step(&c) ? db_take_str(&c, arena) : STR_NULL;
    db_close(&c);
    return id;
}

size_t secrets_sealing_keys(struct tx *tx, struct arena *arena, struct str **ret_ids)
{
    struct str *ids = NULL;
    size_t count = 0;
    for (struct str id = STR(""); !str_is_null(id = next_sealing_key(tx, arena, id));) {
        ids = db_grow(arena, ids, count, sizeof(*ids));
        ids[count++] = id;
    }
    *ret_ids = ids;
    return count;
}
