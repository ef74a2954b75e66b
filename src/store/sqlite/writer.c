#include "store/sqlite/writer.h"

#include <pthread.h>

#include "base/clock.h"
#include "base/mem.h"

/* A group is closed when it has this many writes or has worked this long, so that the first write
 * of a busy group is not kept waiting; a shorter queue closes it at once. */
#define GROUP_WRITES 256
#define GROUP_US     5000

/* The log is copied back into the database file when it has this many pages: 16 MiB. A page that
 * many groups changed is copied once, so a longer log is less work; the groups that come meanwhile
 * wait for it, and a start after a crash reads it, so it is no longer than that. */
#define CHECKPOINT_PAGES 4000

struct write_queue {
    struct write *first, *last;
};

struct writer {
    struct db *db;
    pthread_t thread;
    int log_pages; /* of the write-ahead log, after the last commit */

    pthread_mutex_t lock; /* for the rest */
    pthread_cond_t wake;
    struct write_queue queue;
    size_t queued;
    bool closing;
};

static const struct query begin_query = {"BEGIN IMMEDIATE"};
static const struct query commit_query = {"COMMIT"};
static const struct query rollback_query = {"ROLLBACK"};
static const struct query savepoint_query = {"SAVEPOINT one_write"};
static const struct query release_query = {"RELEASE one_write"};
static const struct query undo_query = {"ROLLBACK TO one_write"};

static void queue_push(struct write_queue *queue, struct write *write)
{
    write->next = NULL;
    if (queue->last)
        queue->last->next = write;
    else
        queue->first = write;
    queue->last = write;
}

static struct write *queue_pop(struct write_queue *queue)
{
    struct write *write = queue->first;
    if (!write)
        return NULL;
    queue->first = write->next;
    if (!queue->first)
        queue->last = NULL;
    return write;
}

bool writer_submit(struct writer *writer, struct write *write)
{
    write->failed = false;
    pthread_mutex_lock(&writer->lock);
    bool taken = !writer->closing && writer->queued < STORE_QUEUE_CEILING;
    if (taken) {
        queue_push(&writer->queue, write);
        writer->queued++;
        if (writer->queued == 1)
            pthread_cond_signal(&writer->wake);
    }
    pthread_mutex_unlock(&writer->lock);
    return taken;
}

/* The next write, or NULL when none waits. */
static struct write *take_write(struct writer *writer)
{
    pthread_mutex_lock(&writer->lock);
    struct write *write = queue_pop(&writer->queue);
    if (write)
        writer->queued--;
    pthread_mutex_unlock(&writer->lock);
    return write;
}

/* Waits until a write is queued; false when none will be any more. */
static bool wait_for_work(struct writer *writer)
{
    pthread_mutex_lock(&writer->lock);
    while (!writer->queue.first && !writer->closing)
        pthread_cond_wait(&writer->wake, &writer->lock);
    bool work = writer->queue.first != NULL;
    pthread_mutex_unlock(&writer->lock);
    return work;
}

static bool execute(struct tx *tx, const struct query *query)
{
    struct cursor c = db_open(tx, query);
    db_run(&c);
    return !tx->failed;
}

/* Some failures (a full disk, an I/O error) make SQLite end the whole transaction by itself. */
static bool in_transaction(const struct db *db)
{
    return sqlite3_get_autocommit(db->handle) == 0;
}

static void fail_write(struct write *write, const struct err *why)
{
    if (!write->failed && write->err)
        *write->err = *why;
    write->failed = true;
}

/* Runs one write; its changes stay in the group only when it wants them and no statement failed.
 * What ends the whole group is left in *group. */
static void run_write(struct tx *group, struct write *write)
{
    if (!execute(group, &savepoint_query))
        return;
    struct tx tx = tx_on(group->db);
    bool keep = write->run(&tx, write) && !tx.failed;
    if (tx.failed)
        fail_write(write, &tx.err);
    if (!in_transaction(group->db)) {
        *group = tx;
        return;
    }
    if (!keep)
        execute(group, &undo_query);
    execute(group, &release_query);
}

/* Runs queued writes inside the open transaction `group` until a limit; returns those taken. Once
 * the transaction is lost no further write is taken. */
static struct write_queue run_writes(struct writer *writer, struct tx *group)
{
    struct write_queue taken = {0};
    int64_t end = clock_monotonic_us() + GROUP_US;
    for (int n = 0; n < GROUP_WRITES && !group->failed && clock_monotonic_us() < end; n++) {
        struct write *write = take_write(writer);
        if (!write)
            break;
        queue_push(&taken, write);
        run_write(group, write);
    }
    return taken;
}

static struct write_queue take_writes(struct writer *writer)
{
    struct write_queue taken = {0};
    for (int n = 0; n < GROUP_WRITES; n++) {
        struct write *write = take_write(writer);
        if (!write)
            break;
        queue_push(&taken, write);
    }
    return taken;
}

static void end_group(struct writer *writer, struct tx *group)
{
    if (!group->failed)
        execute(group, &commit_query);
    if (in_transaction(writer->db)) {
        struct tx rollback = tx_on(writer->db);
        execute(&rollback, &rollback_query);
    }
}

static void tell(struct write_queue *taken, const struct tx *group)
{
    for (struct write *write; (write = queue_pop(taken)) != NULL;) {
        if (group->failed)
            fail_write(write, &group->err);
        write->done(write, !write->failed);
    }
}

static void run_group(struct writer *writer)
{
    struct tx group = tx_on(writer->db);
    struct write_queue taken;
    if (execute(&group, &begin_query)) {
        taken = run_writes(writer, &group);
        end_group(writer, &group);
    } else {
        taken = take_writes(writer);
    }
    tell(&taken, &group);
}

static int note_log_pages(void *arg, sqlite3 *handle UNUSED, const char *name UNUSED, int pages)
{
    struct writer *writer = arg;
    writer->log_pages = pages;
    return SQLITE_OK;
}

/* Between groups, so that no acknowledgement waits for it. A failure is no harm: the log grows and
 * the next group tries again. */
static void checkpoint(struct writer *writer)
{
    if (writer->log_pages < CHECKPOINT_PAGES)
        return;
    writer->log_pages = 0;
    sqlite3_wal_checkpoint_v2(writer->db->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

static void *writer_main(void *arg)
{
    struct writer *writer = arg;
    while (wait_for_work(writer)) {
        run_group(writer);
        checkpoint(writer);
    }
    return NULL;
}

struct writer *writer_create(struct db *db, struct err *err)
{
    struct writer *writer = MEM_NEW(struct writer);
    writer->db = db;
    pthread_mutex_init(&writer->lock, NULL);
    pthread_cond_init(&writer->wake, NULL);
    sqlite3_wal_hook(db->handle, note_log_pages, writer);
    int code = pthread_create(&writer->thread, NULL, writer_main, writer);
    if (code == 0)
        return writer;
    err_set_errno(err, ERR_INTERNAL, code, "cannot start the writer thread");
    db_disconnect(db);
    free(writer);
    return NULL;
}

void writer_destroy(struct writer *writer)
{
    if (!writer)
        return;
    pthread_mutex_lock(&writer->lock);
    writer->closing = true;
    pthread_cond_signal(&writer->wake);
    pthread_mutex_unlock(&writer->lock);
    pthread_join(writer->thread, NULL);
    db_disconnect(writer->db);
    pthread_cond_destroy(&writer->wake);
    pthread_mutex_destroy(&writer->lock);
    free(writer);
}
