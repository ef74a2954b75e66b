#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/sqlite/sqlite.h"

static bool create_new(const char *path, struct err *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set_errno(err, ERR_INVALID, errno, "cannot create %s", path);
    close(fd);
    return true;
}

/* SQLite syncs the file; its name is safe only when the directory is synced too. */
static bool sync_directory_of(const char *path, struct err *err)
{
    char *copy CLEANUP(mem_free_ptr) = mem_strdup(path);
    const char *directory = dirname(copy);
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (!ok)
        err_set_errno(err, ERR_INTERNAL, errno, "cannot sync %s", directory);
    if (fd >= 0)
        close(fd);
    return ok;
}

/* All pages in one step, so that it is one moment of the source; writers go on meanwhile. */
static bool copy_pages(struct db *from, struct db *to, struct err *err)
{
    sqlite3_backup *backup = sqlite3_backup_init(to->handle, "main", from->handle, "main");
    if (!backup)
        return db_error(to, sqlite3_errcode(to->handle), "cannot begin the backup", err);
    int step = sqlite3_backup_step(backup, -1);
    int code = sqlite3_backup_finish(backup);
    /* finish knows nothing of a step that found the database busy */
    if (step != SQLITE_DONE && code == SQLITE_OK)
        code = step;
    return code == SQLITE_OK || db_error(to, code, "cannot copy", err);
}

/* The copy gives up the write-ahead log, so that it is one file and can be read anywhere. */
static bool copy_database(struct db *from, const char *target, struct err *err)
{
    struct db *to = db_connect(target, DB_WRITE, err);
    bool ok = to && copy_pages(from, to, err) && db_exec(to, "PRAGMA journal_mode = DELETE", err);
    db_disconnect(to);
    return ok;
}

bool store_backup(const char *path, const char *target, struct err *err)
{
    if (access(path, F_OK) != 0)
        return err_set_errno(err, ERR_INVALID, errno, "cannot open the database %s", path);
    struct db *from = db_connect(path, DB_WRITE, err);
    bool ok = from && db_check_schema(from, err) && create_new(target, err);
    if (ok && !(copy_database(from, target, err) && sync_directory_of(target, err))) {
        unlink(target);
        ok = false;
    }
    db_disconnect(from);
    return ok;
}

static bool check_integrity(struct db *db, struct err *err)
{
    sqlite3_stmt *raw = NULL;
    int code = sqlite3_prepare_v2(db->handle, "PRAGMA integrity_check(1)", -1, &raw, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(raw);
    bool ok = code == SQLITE_ROW || db_error(db, code, "cannot check", err);
    if (ok) {
        const char *verdict = (const char *)sqlite3_column_text(raw, 0);
        if (!verdict || strcmp(verdict, "ok") != 0)
            ok = err_set(err, ERR_INVALID, "the database is damaged: %s", verdict ? verdict : "");
    }
    sqlite3_finalize(raw);
    return ok;
}

bool store_check(const char *path, struct err *err)
{
    struct db *db = db_connect(path, DB_READ, err);
    bool ok = db && db_check_schema(db, err) && check_integrity(db, err);
    db_disconnect(db);
    return ok;
}
