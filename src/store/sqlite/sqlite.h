/* What the files of this folder share: one SQLite connection with its prepared statements. */
#ifndef STORE_SQLITE_SQLITE_H
#define STORE_SQLITE_SQLITE_H

#include <sqlite3.h>

#include "base/map.h"
#include "store/db.h"

struct db {
    sqlite3 *handle;
    struct map statements; /* struct statement by the address of its query */
};

enum db_mode {
    DB_READ,  /* never changes anything */
    DB_WRITE, /* the writer, and whoever migrates */
};

/* Opens an existing file. NULL and *err on failure. */
MUST_CHECK struct db *db_connect(const char *path, enum db_mode mode, struct err *err);
/* NULL is accepted. */
void db_disconnect(struct db *db);

/* Runs SQL text that is needed once: pragmas and migrations. */
MUST_CHECK bool db_exec(struct db *db, const char *sql, struct err *err);

/* The one integer that a text query gives. */
MUST_CHECK bool db_exec_int(struct db *db, const char *sql, int64_t *ret_value, struct err *err);

/* Fills *err from the connection's last failure, whose code is `code`; returns false. */
bool db_error(struct db *db, int code, const char *doing, struct err *err);

/* Marks the transaction failed with the connection's last failure; the first one stays. */
void tx_fail(struct tx *tx, int code);

/* For a transaction on `db` that has not failed. */
static inline struct tx tx_on(struct db *db)
{
    return (struct tx){.db = db};
}

/* Brings the schema up to date, or refuses: a file that is not ours, an empty one unless `create`,
 * or a newer schema. */
MUST_CHECK bool db_migrate(struct db *db, bool create, struct err *err);

/* Refuses a file that is not ours, is empty, or has a newer schema; changes nothing. */
MUST_CHECK bool db_check_schema(struct db *db, struct err *err);

#endif
