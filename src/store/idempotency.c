#include "store/idempotency.h"

#include "store/db.h"

#define COLUMNS "scope_hash, fingerprint, response, server_instance, created_at"

/* The first bytes of the hash find the record in a small index, the hash itself tells whether it is
 * the one. */
#define OF_SCOPE " WHERE scope_prefix = ?1 AND scope_hash = ?2"

static const struct query get_query = {"SELECT " COLUMNS " FROM idempotency" OF_SCOPE};

static const struct query exists_query = {"SELECT 1 FROM idempotency" OF_SCOPE};

/* One row of VALUES, after a look of its own: for an insertion that selects, SQLite keeps the old
 * pages of the statement, to be able to undo it alone. */
static const struct query insert_query = {"INSERT INTO idempotency (scope_prefix, " COLUMNS
                                          ") VALUES (?1, ?2, ?3, ?4, ?5, ?6)"};

static const struct query finish_query = {
    "UPDATE idempotency SET response = ?3, server_instance = NULL" OF_SCOPE
    " AND response IS NULL"};

static const struct query delete_query = {"DELETE FROM idempotency" OF_SCOPE};

/* Only the oldest are looked at, so a purge that finds nothing to do costs no more than one that
 * does; seq > 0 is all of them. */
static const struct query purge_query = {
    "DELETE FROM idempotency WHERE created_at < ?1 AND seq IN"
    " (SELECT seq FROM idempotency WHERE seq > 0 ORDER BY seq LIMIT ?2)"};

static struct str hash_bytes(const unsigned char hash[IDEMPOTENCY_HASH_SIZE])
{
    return str_of(hash, IDEMPOTENCY_HASH_SIZE);
}

/* Opens a query whose first two parameters are the scope. */
static struct cursor open_of_scope(struct tx *tx, const struct query *query,
                                   const unsigned char scope_hash[IDEMPOTENCY_HASH_SIZE])
{
    uint32_t prefix = (uint32_t)scope_hash[0] << 24 | (uint32_t)scope_hash[1] << 16 |
                      (uint32_t)scope_hash[2] << 8 | scope_hash[3];
    struct cursor c = db_open(tx, query);
    db_put_int(&c, (int32_t)prefix); /* signed, it is stored in four bytes */
    db_put_bytes(&c, hash_bytes(scope_hash));
    return c;
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
    struct cursor c = open_of_scope(tx, &get_query, scope_hash);
    bool found = db_step(&c);
    if (found)
        take_row(&c, arena, ret_row);
    db_close(&c);
    return found;
}

static bool exists(struct tx *tx, const unsigned char scope_hash[IDEMPOTENCY_HASH_SIZE])
{
    struct cursor c = open_of_scope(tx, &exists_query, scope_hash);
    return db_run_int(&c) == 1;
}

bool idempotency_insert(struct tx *tx, const struct idempotency_row *row)
{
    if (exists(tx, row->scope_hash))
        return false;
    struct cursor c = open_of_scope(tx, &insert_query, row->scope_hash);
    db_put_bytes(&c, hash_bytes(row->fingerprint));
    db_put_bytes(&c, row->response);
    db_put_str(&c, row->server_instance);
    db_put_int(&c, row->created_at);
    return db_run(&c) == 1;
}

bool idempotency_finish(struct tx *tx, const unsigned char scope_hash[IDEMPOTENCY_HASH_SIZE],
                        struct str response)
{
    struct cursor c = open_of_scope(tx, &finish_query, scope_hash);
    db_put_bytes(&c, response);
    return db_run(&c) == 1;
}

bool idempotency_delete(struct tx *tx, const unsigned char scope_hash[IDEMPOTENCY_HASH_SIZE])
{
    struct cursor c = open_of_scope(tx, &delete_query, scope_hash);
    return db_run(&c) == 1;
}

size_t idempotency_purge(struct tx *tx, int64_t before, size_t limit)
{
    struct cursor c = db_open(tx, &purge_query);
    db_put_int(&c, before);
    db_put_int(&c, (int64_t)limit);
    return db_run(&c);
}
