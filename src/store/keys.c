#include "store/keys.h"

#include "store/db.h"

#define COLUMNS "id, organization_id, name, hash, scopes, created_at, revoked_at"

static const struct query insert_query = {"INSERT INTO keys (" COLUMNS
                                          ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
                                          " ON CONFLICT DO NOTHING"};

static const struct query by_hash_query = {"SELECT " COLUMNS " FROM keys WHERE hash = ?1"};

static const struct query active_query = {
    "SELECT 1 FROM keys WHERE organization_id = ?1 AND id = ?2 AND revoked_at IS NULL"};

static const struct query list_query = {
    "SELECT " COLUMNS " FROM keys WHERE organization_id = ?1 ORDER BY created_at, id"};

static const struct query revoke_query = {
    "UPDATE keys SET revoked_at = ?3"
    " WHERE organization_id = ?1 AND id = ?2 AND revoked_at IS NULL"};

static void take_row(struct cursor *c, struct arena *arena, struct key_row *row)
{
    row->id = db_take_str(c, arena);
    row->organization_id = db_take_str(c, arena);
    row->name = db_take_str(c, arena);
    db_take_fixed(c, row->hash, sizeof(row->hash));
    row->scopes = (unsigned)db_take_int(c);
    row->created_at = db_take_int(c);
    row->revoked_at = db_take_int(c);
}

static bool take_one(struct cursor *c, struct arena *arena, struct key_row *ret_row)
{
    bool found = db_step(c);
    if (found)
        take_row(c, arena, ret_row);
    db_close(c);
    return found;
}

bool keys_insert(struct tx *tx, const struct key_row *row)
{
    struct cursor c = db_open(tx, &insert_query);
    db_put_str(&c, row->id);
    db_put_str(&c, row->organization_id);
    db_put_str(&c, row->name);
    db_put_bytes(&c, str_of(row->hash, sizeof(row->hash)));
    db_put_int(&c, row->scopes);
    db_put_int(&c, row->created_at);
    db_put_int(&c, row->revoked_at);
    return db_run(&c) == 1;
}

bool keys_by_hash(struct tx *tx, struct arena *arena, const unsigned char hash[KEY_HASH_SIZE],
                  struct key_row *ret_row)
{
    struct cursor c = db_open(tx, &by_hash_query);
    db_put_bytes(&c, str_of(hash, KEY_HASH_SIZE));
    return take_one(&c, arena, ret_row);
}

bool keys_is_active(struct tx *tx, struct str organization_id, struct str id)
{
    struct cursor c = db_open(tx, &active_query);
    db_put_str(&c, organization_id);
    db_put_str(&c, id);
    bool found = db_step(&c);
    db_close(&c);
    return found;
}

size_t keys_list(struct tx *tx, struct arena *arena, struct str organization_id,
                 struct key_row **ret_rows)
{
    struct key_row *rows = NULL;
    size_t count = 0;
    struct cursor c = db_open(tx, &list_query);
    db_put_str(&c, organization_id);
    while (db_step(&c)) {
        rows = db_grow(arena, rows, count, sizeof(*rows));
        take_row(&c, arena, &rows[count++]);
    }
    db_close(&c);
    *ret_rows = rows;
    return count;
}

bool keys_revoke(struct tx *tx, struct str organization_id, struct str id, int64_t now)
{
    struct cursor c = db_open(tx, &revoke_query);
    db_put_str(&c, organization_id);
    db_put_str(&c, id);
    db_put_int(&c, now);
    return db_run(&c) == 1;
}
