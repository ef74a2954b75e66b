/* The store: everything Deskfleet remembers, behind one interface that names no database.
 *
 * Reads: each worker thread owns a `struct reader` and opens one snapshot per request.
 * Writes: a `struct write` is queued with store_submit(). One thread runs the queued writes in
 * order, several in one commit, and then tells each of them whether it is durable; nobody else
 * ever waits for the disk (docs/decisions/0004-write-groups.md).
 *
 * The tables are one header each: organizations.h, keys.h, machines.h, pools.h, connections.h,
 * request_logs.h, secrets.h, idempotency.h, events.h, settings.h. Their functions take a
 * `struct tx` and follow these rules:
 *  - Strings of a row that is read point into the given arena, those of a row that is written
 *    stay the caller's. An absent string is STR_NULL, an absent time CLOCK_NONE, another absent
 *    integer STORE_NONE. Times are UTC microseconds.
 *  - A function that takes an organization sees only that organization's rows; another one's id
 *    is as good as no id. Functions without one say why.
 *  - A statement that fails marks the transaction failed. From then on every call on it does
 *    nothing and answers "nothing" (false, 0, no rows), so the caller checks once: a write by
 *    letting run() return, a read by tx_error() before it trusts an absence. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/macros.h"
#include "base/str.h"

struct store;
struct reader;
struct tx;

#define STORE_NONE INT64_MIN /* an absent integer */

#define STORE_MIN_FREE_BYTES (INT64_C(2) << 30) /* the default low-disk watermark */
#define STORE_QUEUE_CEILING  8192               /* writes waiting for their group */

struct store_config {
    const char *path;       /* the database file */
    bool create;            /* make it when it does not exist (mode 0600) */
    int64_t min_free_bytes; /* low-disk watermark; 0 turns it off */
};

/* Opens the database, brings its schema up to date and starts the writer. Refuses a directory it
 * cannot write, a file that is no database of ours, and a schema newer than this program. Free
 * with store_close. NULL and *err on failure. */
MUST_CHECK struct store *store_open(const struct store_config *config, struct err *err);

/* Finishes every queued write, calls its done(), then closes. All readers must be closed before.
 * NULL is accepted. */
void store_close(struct store *store);

/* False while the file system of the database has less free than the watermark: callers then
 * refuse new data (ERR_STORAGE_FULL) and still allow what frees space. Looks at the disk once a
 * second at most; any thread. */
bool store_has_space(struct store *store);

/* -- Transactions -- */

/* Whether a statement has failed. */
bool tx_failed(const struct tx *tx);

/* When the transaction has failed, fills *err and returns true. ERR_STORAGE_FULL when the disk was
 * full, else ERR_INTERNAL. */
bool tx_error(const struct tx *tx, struct err *err);

/* -- Reads -- */

/* One connection for one thread at a time. Free with reader_close. */
MUST_CHECK struct reader *reader_open(struct store *store, struct err *err);
void reader_close(struct reader *reader);

/* Begins a snapshot: every read until reader_end() sees the same committed state, the state of the
 * first read. Never NULL; a failure to begin is a failed transaction. Do not hold it across a wait:
 * an old snapshot keeps the write-ahead log from being reused. */
struct tx *reader_begin(struct reader *reader);
void reader_end(struct reader *reader);

/* -- Writes -- */

/* Embed it in the object that owns the work, and keep that alive until done() was called. */
struct write {
    /* Makes the changes, on the writer thread, isolated from the other writes of the group.
     * Returning false, or a failed statement, undoes this write alone. May be called more than once
     * (after a serialization failure), so it keeps no result of an earlier call; no network, file,
     * crypto or unbounded work. */
    bool (*run)(struct tx *tx, struct write *write);

    /* Called exactly once, on the writer thread, and may free the write; must not block.
     * committed: the group is durable, so what run() decided stands: its changes when it returned
     * true, its refusal (which it may have based on other writes of the group) when false.
     * Not committed: storage failed and nothing of this write remains; whatever run() prepared as
     * an answer must not be sent. */
    void (*done)(struct write *write, bool committed);

    struct err *err; /* may be NULL; else filled before done(write, false) */

    struct write *next; /* this and `failed` are the store's */
    bool failed;
};

/* Queues a write; any thread, does not block. False when STORE_QUEUE_CEILING writes wait already or
 * the store is closing: the write was not taken, and neither run() nor done() will be called (the
 * caller answers that it is overloaded). */
MUST_CHECK bool store_submit(struct store *store, struct write *write);

/* Runs `run` as a write and waits for the commit: for the CLI and background threads, never on a
 * network or writer thread. True when run() returned true and its changes are durable. When run()
 * returns false it fills *err, which the caller gets. */
MUST_CHECK bool store_write_wait(struct store *store,
                                 bool (*run)(struct tx *tx, void *arg, struct err *err), void *arg,
                                 struct err *err);

/* -- Files -- */

/* Copies the database at `path`, in use or not, as of one moment into the new file `target`
 * (mode 0600) and syncs it and its directory to the disk. Fails when `target` exists; leaves
 * nothing behind on failure. */
MUST_CHECK bool store_backup(const char *path, const char *target, struct err *err);

/* Reads a whole database file and checks that it is intact, ours, and of a schema that this program
 * knows. Changes nothing. */
MUST_CHECK bool store_check(const char *path, struct err *err);

#endif
