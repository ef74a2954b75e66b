#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/sqlite/sqlite.h"
#include "store/sqlite/writer.h"

#define SPACE_CHECK_MS 1000

struct store {
    char *path;
    struct writer *writer;
    int64_t min_free_bytes;
    _Atomic int64_t space_checked_ms; /* monotonic */
    atomic_bool has_space;
};

struct reader {
    struct db *db;
    struct tx tx;
};

static const struct query begin_query = {"BEGIN"};
static const struct query end_query = {"ROLLBACK"};

/* SQLite's statistics cost a global lock in each allocation. A connection is used by one thread at
 * a time, so it and its values need no lock. */
static void configure_sqlite(void)
{
    sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static bool create_file(const char *path, struct err *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set_errno(err, ERR_INVALID, errno, "cannot create the database %s", path);
    close(fd);
    return true;
}

/* SQLite opens what it cannot write as read-only and complains much later. */
static bool check_access(const char *path, bool create, struct err *err)
{
    char *copy CLEANUP(mem_free_ptr) = mem_strdup(path);
    const char *directory = dirname(copy);
    if (access(directory, R_OK | W_OK | X_OK) != 0)
        return err_set_errno(err, ERR_INVALID, errno, "cannot write to the data directory %s",
                             directory);
    if (create && access(path, F_OK) != 0)
        return create_file(path, err);
    if (access(path, R_OK | W_OK) != 0)
        return err_set_errno(err, ERR_INVALID, errno, "cannot open the database %s", path);
    return true;
}

static struct db *open_writable(const struct store_config *config, struct err *err)
{
    if (!check_access(config->path, config->create, err))
        return NULL;
    struct db *db = db_connect(config->path, DB_WRITE, err);
    if (db && !db_migrate(db, config->create, err)) {
        db_disconnect(db);
        return NULL;
    }
    return db;
}

struct store *store_open(const struct store_config *config, struct err *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, configure_sqlite);
    struct db *db = open_writable(config, err);
    struct writer *writer = db ? writer_create(db, err) : NULL;
    if (!writer)
        return NULL;
    struct store *store = MEM_NEW(struct store);
    store->path = mem_strdup(config->path);
    store->writer = writer;
    store->min_free_bytes = config->min_free_bytes;
    store->space_checked_ms = INT64_MIN / 2;
    store->has_space = true;
    return store;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    writer_destroy(store->writer);
    free(store->path);
    free(store);
}

static bool space_is_free(const struct store *store)
{
    struct statvfs disk;
    if (statvfs(store->path, &disk) != 0)
        return false;
    return (uint64_t)disk.f_bavail * disk.f_frsize >= (uint64_t)store->min_free_bytes;
}

bool store_has_space(struct store *store)
{
    int64_t now = clock_monotonic_ms();
    int64_t checked = store->space_checked_ms;
    /* Only the thread that moves the time on looks; the others use the last answer. */
    if (now - checked >= SPACE_CHECK_MS &&
        atomic_compare_exchange_strong(&store->space_checked_ms, &checked, now))
        store->has_space = space_is_free(store);
    return store->has_space;
}

struct reader *reader_open(struct store *store, struct err *err)
{
    struct db *db = db_connect(store->path, DB_READ, err);
    if (!db)
        return NULL;
    struct reader *reader = MEM_NEW(struct reader);
    reader->db = db;
    return reader;
}

void reader_close(struct reader *reader)
{
    if (!reader)
        return;
    db_disconnect(reader->db);
    free(reader);
}

struct tx *reader_begin(struct reader *reader)
{
    reader->tx = tx_on(reader->db);
    struct cursor c = db_open(&reader->tx, &begin_query);
    db_run(&c);
    return &reader->tx;
}

void reader_end(struct reader *reader)
{
    struct tx end = tx_on(reader->db);
    struct cursor c = db_open(&end, &end_query);
    db_run(&c);
}

bool store_submit(struct store *store, struct write *write)
{
    return writer_submit(store->writer, write);
}
