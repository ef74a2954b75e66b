/* The database as the tables of this layer see it: named queries with numbered parameters, run on
 * the connection of a transaction. Private to the layer. Each database implements it in a folder of
 * its own (sqlite/).
 *
 * A query is a constant; each connection prepares it once. Parameters are given and columns taken
 * in order. Nothing here returns an error: a failure marks the transaction (see store.h), and a
 * cursor on a failed transaction has no rows.
 *
 *     struct cursor c = db_open(tx, &by_id);
 *     db_put_str(&c, id);
 *     bool found = db_step(&c);
 *     if (found)
 *         name = db_take_str(&c, arena);
 *     db_close(&c); */
#ifndef STORE_DB_H
#define STORE_DB_H

#include "base/arena.h"
#include "base/json_write.h" /* CLOCK_NONE */
#include "store/store.h"

struct db;
struct statement;

struct tx {
    struct db *db;
    bool failed;
    struct err err; /* of the first failure */
};

/* Written in the SQL that our databases share. Parameters are ?1, ?2, ...; a list parameter is read
 * as `(SELECT value FROM json_each(?n))`. */
struct query {
    const char *sql;
};

struct cursor {
    struct tx *tx;
    struct statement *statement; /* NULL: no rows */
    int parameter;               /* given so far */
    int column;                  /* taken so far of the current row */
};

/* Begins a query; no other cursor on the same query may be open in this transaction. */
struct cursor db_open(struct tx *tx, const struct query *query);

/* Give the next parameter. Bytes must live until db_close(). A null str and STORE_NONE (which
 * CLOCK_NONE equals) are NULL. */
void db_put_str(struct cursor *c, struct str value);
void db_put_bytes(struct cursor *c, struct str value);
void db_put_int(struct cursor *c, int64_t value);
/* A list of strings; its text is made in the arena. */
void db_put_list(struct cursor *c, struct arena *arena, const struct str *values, size_t count);

/* Moves to the next row; false at the end, or when the transaction has failed. */
bool db_step(struct cursor *c);

/* Take the next column of the row, copied into the arena. */
struct str db_take_str(struct cursor *c, struct arena *arena);
struct str db_take_bytes(struct cursor *c, struct arena *arena);
int64_t db_take_int(struct cursor *c);
static inline bool db_take_bool(struct cursor *c)
{
    return db_take_int(c) > 0;
}
/* Fills `bytes` with a column of exactly `size` bytes. */
void db_take_fixed(struct cursor *c, unsigned char *bytes, size_t size);

void db_close(struct cursor *c);

/* Steps a statement that returns no rows, closes it, and returns how many rows it changed. */
size_t db_run(struct cursor *c);

/* Steps a query of one integer and closes it; 0 when there is no row. */
int64_t db_run_int(struct cursor *c);

/* Makes room for one more element behind `count` of them in an array that doubles as it grows:
 *     rows = db_grow(arena, rows, count, sizeof(*rows)); */
void *db_grow(struct arena *arena, void *rows, size_t count, size_t size);

#endif
