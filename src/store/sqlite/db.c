#include "store/db.h"

#include "base/mem.h"
#include "store/sqlite/sqlite.h"

struct statement {
    const struct query *query;
    sqlite3_stmt *raw;
};

/* The server's own writer shares the file only with short-lived commands. */
#define BUSY_TIMEOUT_MS 5000

/* synchronous=FULL syncs the write-ahead log in every commit. The writer checkpoints by itself,
 * after it has told the writers of a group (writer.c). */
static const char *const mode_pragmas[] = {
    [DB_READ] = "PRAGMA query_only = ON;"
                "PRAGMA mmap_size = 1073741824;"
                "PRAGMA cache_size = -16384;"
                "PRAGMA temp_store = MEMORY;",
    [DB_WRITE] = "PRAGMA synchronous = FULL;"
                 "PRAGMA foreign_keys = ON;"
                 "PRAGMA wal_autocheckpoint = 0;"
                 "PRAGMA journal_size_limit = 67108864;"
                 "PRAGMA cache_size = -32768;"
                 "PRAGMA temp_store = MEMORY;",
};

bool db_error(struct db *db, int code, const char *doing, struct err *err)
{
    enum err_kind kind = (code & 0xff) == SQLITE_FULL ? ERR_STORAGE_FULL : ERR_INTERNAL;
    const char *reason = db->handle ? sqlite3_errmsg(db->handle) : sqlite3_errstr(code);
    return err_set(err, kind, "database: %s: %s", doing, reason);
}

struct db *db_connect(const char *path, enum db_mode mode, struct err *err)
{
    struct db *db = MEM_NEW(struct db);
    map_init(&db->statements);
    int flags = mode == DB_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    int code = sqlite3_open_v2(path, &db->handle, flags | SQLITE_OPEN_NOMUTEX, NULL);
    bool ok = code == SQLITE_OK || db_error(db, code, path, err);
    if (ok) {
        sqlite3_busy_timeout(db->handle, BUSY_TIMEOUT_MS);
        sqlite3_extended_result_codes(db->handle, 1);
        ok = db_exec(db, mode_pragmas[mode], err);
    }
    if (ok)
        return db;
    db_disconnect(db);
    return NULL;
}

void db_disconnect(struct db *db)
{
    if (!db)
        return;
    size_t cursor = 0;
    for (struct statement *s; (s = map_next(&db->statements, &cursor)) != NULL;) {
        sqlite3_finalize(s->raw);
        free(s);
    }
    map_finish(&db->statements);
    sqlite3_close(db->handle);
    free(db);
}

bool db_exec(struct db *db, const char *sql, struct err *err)
{
    int code = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
    return code == SQLITE_OK || db_error(db, code, "cannot execute", err);
}

bool db_exec_int(struct db *db, const char *sql, int64_t *ret_value, struct err *err)
{
    sqlite3_stmt *raw = NULL;
    int code = sqlite3_prepare_v2(db->handle, sql, -1, &raw, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(raw);
    bool ok = code == SQLITE_ROW || db_error(db, code, "cannot query", err);
    if (ok)
        *ret_value = sqlite3_column_int64(raw, 0);
    sqlite3_finalize(raw);
    return ok;
}

void tx_fail(struct tx *tx, int code)
{
    if (tx->failed)
        return;
    tx->failed = true;
    db_error(tx->db, code, "a statement failed", &tx->err);
}

bool tx_failed(const struct tx *tx)
{
    return tx->failed;
}

bool tx_error(const struct tx *tx, struct err *err)
{
    if (tx->failed)
        *err = tx->err;
    return tx->failed;
}

static struct statement *statement_prepare(struct tx *tx, const struct query *query)
{
    sqlite3_stmt *raw;
    int code =
        sqlite3_prepare_v3(tx->db->handle, query->sql, -1, SQLITE_PREPARE_PERSISTENT, &raw, NULL);
    if (code != SQLITE_OK) {
        tx_fail(tx, code);
        return NULL;
    }
    struct statement *statement = MEM_NEW(struct statement);
    *statement = (struct statement){query, raw};
    map_put(&tx->db->statements, str_of(&statement->query, sizeof(statement->query)), statement);
    return statement;
}

struct cursor db_open(struct tx *tx, const struct query *query)
{
    struct cursor c = {.tx = tx};
    if (tx->failed)
        return c;
    c.statement = map_get(&tx->db->statements, str_of(&query, sizeof(query)));
    if (!c.statement)
        c.statement = statement_prepare(tx, query);
    return c;
}

static void check_bind(struct cursor *c, int code)
{
    if (code != SQLITE_OK)
        tx_fail(c->tx, code);
}

void db_put_str(struct cursor *c, struct str value)
{
    if (c->statement)
        check_bind(c, sqlite3_bind_text64(c->statement->raw, ++c->parameter, value.ptr, value.len,
                                          SQLITE_STATIC, SQLITE_UTF8));
}

void db_put_bytes(struct cursor *c, struct str value)
{
    if (c->statement)
        check_bind(c, sqlite3_bind_blob64(c->statement->raw, ++c->parameter, value.ptr, value.len,
                                          SQLITE_STATIC));
}

void db_put_int(struct cursor *c, int64_t value)
{
    if (!c->statement)
        return;
    sqlite3_stmt *raw = c->statement->raw;
    c->parameter++;
    check_bind(c, value == STORE_NONE ? sqlite3_bind_null(raw, c->parameter)
                                      : sqlite3_bind_int64(raw, c->parameter, value));
}

void db_put_list(struct cursor *c, struct arena *arena, const struct str *values, size_t count)
{
    size_t ceiling = 2;
    for (size_t i = 0; i < count; i++)
        ceiling += 6 * values[i].len + 3; /* a character is escaped to six at most */
    struct buf text;
    buf_init(&text, ceiling);
    struct json_writer w = jw_to(&text);
    jw_array_begin(&w);
    for (size_t i = 0; i < count; i++)
        jw_str(&w, values[i]);
    jw_array_end(&w);
    db_put_str(c, arena_str(arena, buf_str(&text)));
    buf_finish(&text);
}

bool db_step(struct cursor *c)
{
    if (!c->statement || c->tx->failed)
        return false;
    c->column = 0;
    int code = sqlite3_step(c->statement->raw);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        tx_fail(c->tx, code);
    return code == SQLITE_ROW;
}

/* A value is looked up once and then asked: the functions sqlite3_column_...() look it up, and
 * check the statement, each time. (It is the connection's, which no other thread uses.) */
static sqlite3_value *take(struct cursor *c)
{
    return sqlite3_column_value(c->statement->raw, c->column++);
}

struct str db_take_str(struct cursor *c, struct arena *arena)
{
    sqlite3_value *value = take(c);
    const unsigned char *text = sqlite3_value_text(value);
    if (!text)
        return STR_NULL;
    return arena_str(arena, str_of(text, (size_t)sqlite3_value_bytes(value)));
}

struct str db_take_bytes(struct cursor *c, struct arena *arena)
{
    sqlite3_value *value = take(c);
    if (sqlite3_value_type(value) == SQLITE_NULL)
        return STR_NULL;
    const void *bytes = sqlite3_value_blob(value); /* NULL when empty */
    return arena_str(arena, str_of(bytes ? bytes : "", (size_t)sqlite3_value_bytes(value)));
}

int64_t db_take_int(struct cursor *c)
{
    sqlite3_value *value = take(c);
    return sqlite3_value_type(value) == SQLITE_NULL ? STORE_NONE : sqlite3_value_int64(value);
}

void db_take_fixed(struct cursor *c, unsigned char *bytes, size_t size)
{
    sqlite3_value *value = take(c);
    const void *stored = sqlite3_value_blob(value);
    if (stored && (size_t)sqlite3_value_bytes(value) == size)
        memcpy(bytes, stored, size);
    else
        tx_fail(c->tx, SQLITE_CORRUPT);
}

void db_close(struct cursor *c)
{
    if (c->statement)
        sqlite3_reset(c->statement->raw);
    c->statement = NULL;
}

size_t db_run(struct cursor *c)
{
    db_step(c);
    size_t changed = 0;
    if (c->statement && !c->tx->failed)
        changed = (size_t)sqlite3_changes64(c->tx->db->handle);
    db_close(c);
    return changed;
}

int64_t db_run_int(struct cursor *c)
{
    int64_t value = db_step(c) ? db_take_int(c) : 0;
    db_close(c);
    return value;
}
