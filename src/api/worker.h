/* Worker threads: they run handlers as plain top-to-bottom functions, each with a database reader
 * of its own. Network threads hand work over; nothing here waits for a disk or a desktop. */
#ifndef API_WORKER_H
#define API_WORKER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "store/store.h"

struct worker_pool;

struct worker;

/* The worker's snapshot. The jobs of a batch share it: all of them were queued before it began, so
 * it shows whatever had been answered when they were sent. Do not end it. */
struct tx *worker_snapshot(struct worker *worker);

/* A piece of work, embedded in the object it is about. */
struct job {
    struct job *next;
    void (*run)(struct job *job, struct worker *worker);
};

/* Starts `count` threads. At most `ceiling` jobs wait. NULL and *err on failure. */
struct worker_pool *worker_pool_create(struct store *store, size_t count, size_t ceiling,
                                       struct err *err);

/* Runs what is queued, then ends the threads. NULL is accepted. */
void worker_pool_destroy(struct worker_pool *pool);

/* Queues a job without waking anybody: a network thread queues what it has read in one turn, then
 * calls worker_pool_wake once. Any thread. False when `ceiling` jobs wait already. */
MUST_CHECK bool worker_pool_submit(struct worker_pool *pool, struct job *job);

/* Makes sure that somebody works on what is queued. Cheap when there is nothing. */
void worker_pool_wake(struct worker_pool *pool);

/* For the second half of work that was taken already: never refused, and wakes. */
void worker_pool_continue(struct worker_pool *pool, struct job *job);

/* Jobs waiting now; for metrics. */
size_t worker_pool_waiting(struct worker_pool *pool);

#endif
