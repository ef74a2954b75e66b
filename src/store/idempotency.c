#include "store/idempotency.h"

#include "store/db.h"

#define COLUMNS "scope_hash, fingerprint, response, server_instance, created_at"

static const struct query get_query = {"SELECT " COLUMNS " FROM idempotency WHERE scope_hash = ?1"};

static const struct query insert_query = {"INSERT INTO idempotency (" COLUMNS
                                          ") VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING"};

static const struct query finish_query = {
    "UPDATE idempotency SET response = ?2, server_instance = NULL"
    " WHERE scope_hash = ?1 AND response IS NULL"};

static const struct query delete_query = {"DELETE FROM idempotency WHERE scope_hash = ?1"};

/* Only the oldest are looked at, so a purge that finds nothing to do costs no more than one that
 * does; seq > 0 is all of them. */
static const struct query purge_query = {
    "DELETE FROM idempotency WHERE created_at < ?1 AND seq IN"
    " (SELECT seq FROM idempotency WHERE seq > 0 ORDER BY seq LIMIT ?2)"};

static struct str hash_bytes(const unsigned char hash[IDEMPOTENCY_HASH_SIZE])
{
    return str_of(hash, IDEMPOTENCY_HASH_SIZE);
}

static void take_row(struct cursor *c, struct arena *arena, struct idempotency_row *row)
{
    db_take_fixed(c, row->scope_hash, sizeof(row->scope_hash));
    db_take_fixed(c, row->fingerprint, sizeof(row->fingerprint));
    row->response = db_take_bytes(c, arena);
    row->server_instance = db_take_str(c, arena);
    row->created_at = db_take_int(c);
}

bool idempotency_get(struct tx *tx, struct arena *arena,
                     const unsigned char scope_hash[IDEMPOTENCY_HASH_SIZE],
                     struct idempotency_row *ret_row)
{
    struct cursor c = db_open(tx, &get_query);
    db_put_bytes(&c, hash_bytes(scope_hash));
    bool found = db_step(&c);
    if (found)
        take_row(&c, arena, ret_row);
    db_close(&c);
    return found;
}

bool idempotency_insert(struct tx *tx, const struct idempotency_row *row)
{
    struct cursor c = db_open(tx, &insert_query);
    db_put_bytes(&c, hash_bytes(row->scope_hash));
    db_put_bytes(&c, hash_bytes(row->fingerprint));
    db_put_bytes(&c, row->response);
    db_put_str(&c, row->server_instance);
    db_put_int(&c, row->created_at);
    return db_run(&c) == 1;
}

bool idempotency_finish(struct tx *tx, const unsigned char scope_hash[IDEMPOTENCY_HASH_SIZE],
                        struct str response)
{
    struct cursor c = db_open(tx, &finish_query);
    db_put_bytes(&c, hash_bytes(scope_hash));
    db_put_bytes(&c, response);
    return db_run(&c) == 1;
}

bool idempotency_delete(struct tx *tx, const unsigned char scope_hash[IDEMPOTENCY_HASH_SIZE])
{
    struct cursor c = db_open(tx, &delete_query);
    db_put_bytes(&c, hash_bytes(scope_hash));
    return db_run(&c) == 1;
}

size_t idempotency_purge(struct tx *tx, int64_t before, size_t limit)
{
    struct cursor c = db_open(tx, &purge_query);
    db_put_int(&c, before);
    db_put_int(&c, (int64_t)limit);
    return db_run(&c);
}
