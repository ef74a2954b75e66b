#include "store/db.h"
#include "store/keys.h"

#define COLUMNS                                                                                    \
    "key, organization_id, sealed_secret, sealing_key_id, scopes, created_at, revoked_at"

static const struct query insert_query = {"INSERT INTO hmac_keys (" COLUMNS
                                          ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
                                          " ON CONFLICT DO NOTHING"};

static const struct query get_query = {"SELECT " COLUMNS " FROM hmac_keys WHERE key = ?1"};

/* Two ranges, as an index cannot serve "<>". */
static const struct query not_sealed_by_query = {
    "SELECT " COLUMNS " FROM hmac_keys WHERE sealing_key_id < ?1 OR sealing_key_id > ?1 LIMIT ?2"};

static const struct query reseal_query = {
    "UPDATE hmac_keys SET sealed_secret = ?3, sealing_key_id = ?4"
    " WHERE organization_id = ?1 AND key = ?2"};

static void take_row(struct cursor *c, struct arena *arena, struct hmac_key_row *row)
{
    row->key = db_take_str(c, arena);
    row->organization_id = db_take_str(c, arena);
    row->sealed_secret = db_take_bytes(c, arena);
    row->sealing_key_id = db_take_str(c, arena);
    row->scopes = (unsigned)db_take_int(c);
    row->created_at = db_take_int(c);
    row->revoked_at = db_take_int(c);
}

static size_t take_all(struct cursor *c, struct arena *arena, struct hmac_key_row **ret_rows)
{
    struct hmac_key_row *rows = NULL;
    size_t count = 0;
    while (db_step(c)) {
        rows = db_grow(arena, rows, count, sizeof(*rows));
        take_row(c, arena, &rows[count++]);
    }
    db_close(c);
    *ret_rows = rows;
    return count;
}

bool hmac_keys_insert(struct tx *tx, const struct hmac_key_row *row)
{
    struct cursor c = db_open(tx, &insert_query);
    db_put_str(&c, row->key);
    db_put_str(&c, row->organization_id);
    db_put_bytes(&c, row->sealed_secret);
    db_put_str(&c, row->sealing_key_id);
    db_put_int(&c, row->scopes);
    db_put_int(&c, row->created_at);
    db_put_int(&c, row->revoked_at);
    return db_run(&c) == 1;
}

bool hmac_keys_get(struct tx *tx, struct arena *arena, struct str key, struct hmac_key_row *ret_row)
{
    struct cursor c = db_open(tx, &get_query);
    db_put_str(&c, key);
    bool found = db_step(&c);
    if (found)
        take_row(&c, arena, ret_row);
    db_close(&c);
    return found;
}

size_t hmac_keys_not_sealed_by(struct tx *tx, struct arena *arena, struct str sealing_key_id,
                               size_t limit, struct hmac_key_row **ret_rows)
{
    struct cursor c = db_open(tx, &not_sealed_by_query);
    db_put_str(&c, sealing_key_id);
    db_put_int(&c, (int64_t)limit);
    return take_all(&c, arena, ret_rows);
}

bool hmac_keys_reseal(struct tx *tx, const struct hmac_key_row *row)
{
    struct cursor c = db_open(tx, &reseal_query);
    db_put_str(&c, row->organization_id);
    db_put_str(&c, row->key);
    db_put_bytes(&c, row->sealed_secret);
    db_put_str(&c, row->sealing_key_id);
    return db_run(&c) == 1;
}
