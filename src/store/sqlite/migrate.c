#include <inttypes.h>

#include "store/sqlite/migrations.h"
#include "store/sqlite/sqlite.h"

/* Marks the file as ours in its header ("DFLT"). */
#define APPLICATION_ID 0x44464c54

enum { EMPTY = 0 };

/* The schema version of a file that is ours; EMPTY when it has no tables. */
static bool read_version(struct db *db, int64_t *ret_version, struct err *err)
{
    int64_t tables, application_id;
    if (!db_exec_int(db, "SELECT count(*) FROM sqlite_schema", &tables, err) ||
        !db_exec_int(db, "PRAGMA application_id", &application_id, err))
        return false;
    if (tables == 0) {
        *ret_version = EMPTY;
        return true;
    }
    if (application_id != APPLICATION_ID)
        return err_set(err, ERR_INVALID, "the file is not a Deskfleet database");
    return db_exec_int(db, "SELECT value FROM settings WHERE key = 'schema_version'", ret_version,
                       err);
}

static bool check_version(int64_t version, struct err *err)
{
    if (version <= SQLITE_MIGRATION_COUNT)
        return true;
    return err_set(err, ERR_INVALID,
                   "the database has schema version %" PRId64
                   ", but this program knows versions up to %d: run a newer deskfleet",
                   version, SQLITE_MIGRATION_COUNT);
}

bool db_check_schema(struct db *db, struct err *err)
{
    int64_t version;
    if (!read_version(db, &version, err))
        return false;
    if (version == EMPTY)
        return err_set(err, ERR_INVALID, "the database is empty");
    return check_version(version, err);
}

static bool note_version(struct db *db, int version, struct err *err)
{
    char sql[256];
    snprintf(sql, sizeof(sql),
             "INSERT INTO settings (key, value) VALUES ('schema_version', '%d')"
             " ON CONFLICT (key) DO UPDATE SET value = excluded.value;"
             "PRAGMA application_id = %d",
             version, APPLICATION_ID);
    return db_exec(db, sql, err);
}

static bool apply_missing(struct db *db, struct err *err)
{
    int64_t version;
    if (!read_version(db, &version, err) || !check_version(version, err))
        return false;
    for (int next = (int)version; next < SQLITE_MIGRATION_COUNT; next++)
        if (!db_exec(db, sqlite_migrations[next], err) || !note_version(db, next + 1, err))
            return false;
    return true;
}

static int take_text(void *arg, int count, char **values, char **names UNUSED)
{
    char *mode = arg;
    snprintf(mode, 16, "%s", count > 0 && values[0] ? values[0] : "");
    return 0;
}

static bool use_wal(struct db *db, struct err *err)
{
    char mode[16] = "";
    int code = sqlite3_exec(db->handle, "PRAGMA journal_mode = WAL", take_text, mode, NULL);
    if (code != SQLITE_OK)
        return db_error(db, code, "cannot turn on the write-ahead log", err);
    if (strcmp(mode, "wal") != 0)
        return err_set(err, ERR_UNAVAILABLE,
                       "the file system of the database cannot hold a write-ahead log");
    return true;
}

/* The version is read once before anything is touched, and again under the lock: another process
 * may be migrating too. */
bool db_migrate(struct db *db, bool create, struct err *err)
{
    int64_t version;
    if (!read_version(db, &version, err) || !check_version(version, err))
        return false;
    if (version == EMPTY && !create)
        return err_set(err, ERR_INVALID, "the database is empty");
    if (!use_wal(db, err) || !db_exec(db, "BEGIN EXCLUSIVE", err))
        return false;
    if (apply_missing(db, err) && db_exec(db, "COMMIT", err))
        return true;
    sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
    return false;
}
