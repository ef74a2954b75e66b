#include "api/worker.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "net/loop.h"

/* Jobs one worker takes at a time: enough to share the cost of a lock, a snapshot and a wake-up,
 * few enough that the others get theirs. */
#define BATCH_MAX 16
/* A batch announces its answers at least this often. */
#define ANNOUNCE_US 500

struct worker {
    struct reader *reader;
    struct tx *tx; /* the snapshot of the batch, once somebody has asked for it */
    struct worker_pool *pool;
    pthread_t thread;
    bool started;
};

struct worker_pool {
    pthread_mutex_t lock; /* over the queue */
    pthread_cond_t wake;
    struct job *first;
    struct job **last;
    size_t waiting;
    size_t idle; /* threads asleep, less those that were woken */
    size_t ceiling;
    bool stopping;
    struct worker *workers;
    size_t count;
};

struct tx *worker_snapshot(struct worker *worker)
{
    if (!worker->tx)
        worker->tx = reader_begin(worker->reader);
    return worker->tx;
}

static void end_snapshot(struct worker *worker)
{
    if (worker->tx)
        reader_end(worker->reader);
    worker->tx = NULL;
}

/* Locked. Wakes one thread if there is work for it. */
static void wake_one(struct worker_pool *pool)
{
    if (pool->waiting == 0 || pool->idle == 0)
        return;
    pool->idle--;
    pthread_cond_signal(&pool->wake);
}

/* Locked. A fair share of what waits, in order; NULL-terminated. */
static struct job *take_batch(struct worker_pool *pool)
{
    size_t share = MIN_OF(pool->waiting / pool->count + 1, BATCH_MAX);
    struct job *first = pool->first;
    struct job **end = &pool->first;
    for (size_t i = 0; i < share && *end; i++) {
        end = &(*end)->next;
        pool->waiting--;
    }
    struct job *rest = *end;
    *end = NULL;
    pool->first = rest;
    if (!rest)
        pool->last = &pool->first;
    return first;
}

/* NULL when the pool stops and nothing is left. */
static struct job *take(struct worker_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    while (!pool->first && !pool->stopping) {
        pool->idle++;
        pthread_cond_wait(&pool->wake, &pool->lock);
    }
    struct job *batch = pool->first ? take_batch(pool) : NULL;
    wake_one(pool); /* whoever leaves work behind calls the next */
    pthread_mutex_unlock(&pool->lock);
    return batch;
}

static void run_batch(struct worker *self, struct job *batch)
{
    int64_t announced = clock_monotonic_us();
    net_posts_hold();
    while (batch) {
        struct job *job = batch;
        batch = job->next; /* the job is gone once it has run */
        job->run(job, self);
        if (self->tx && tx_failed(self->tx))
            end_snapshot(self); /* the next job is not to suffer from it */
        int64_t now = clock_monotonic_us();
        if (now - announced < ANNOUNCE_US)
            continue;
        net_posts_release();
        net_posts_hold();
        announced = now;
    }
    end_snapshot(self);
    net_posts_release();
}

static void *run_thread(void *arg)
{
    struct worker *self = arg;
    pthread_setname_np(pthread_self(), "worker");
    for (struct job *batch; (batch = take(self->pool));)
        run_batch(self, batch);
    return NULL;
}

static bool start_thread(struct worker_pool *pool, struct worker *worker, struct store *store,
                         struct err *err)
{
    worker->pool = pool;
    worker->reader = reader_open(store, err);
    if (!worker->reader)
        return false;
    int number = pthread_create(&worker->thread, NULL, run_thread, worker);
    worker->started = number == 0;
    return worker->started ||
           err_set_errno(err, ERR_INTERNAL, number, "cannot start a worker thread");
}

struct worker_pool *worker_pool_create(struct store *store, size_t count, size_t ceiling,
                                       struct err *err)
{
    struct worker_pool *pool = MEM_NEW(struct worker_pool);
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pool->last = &pool->first;
    pool->ceiling = ceiling;
    pool->count = count;
    pool->workers = mem_zalloc(count * sizeof(*pool->workers));
    for (size_t i = 0; i < count; i++) {
        if (start_thread(pool, &pool->workers[i], store, err))
            continue;
        worker_pool_destroy(pool);
        return NULL;
    }
    return pool;
}

void worker_pool_destroy(struct worker_pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->stopping = true;
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
    for (size_t i = 0; i < pool->count; i++) {
        struct worker *worker = &pool->workers[i];
        if (worker->started)
            pthread_join(worker->thread, NULL);
        if (worker->reader)
            reader_close(worker->reader);
    }
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->lock);
    free(pool->workers);
    free(pool);
}

/* Locked. */
static void append(struct worker_pool *pool, struct job *job)
{
    job->next = NULL;
    *pool->last = job;
    pool->last = &job->next;
    pool->waiting++;
}

bool worker_pool_submit(struct worker_pool *pool, struct job *job)
{
    pthread_mutex_lock(&pool->lock);
    bool taken = pool->waiting < pool->ceiling;
    if (taken)
        append(pool, job);
    pthread_mutex_unlock(&pool->lock);
    return taken;
}

void worker_pool_wake(struct worker_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    wake_one(pool);
    pthread_mutex_unlock(&pool->lock);
}

void worker_pool_continue(struct worker_pool *pool, struct job *job)
{
    pthread_mutex_lock(&pool->lock);
    append(pool, job);
    wake_one(pool);
    pthread_mutex_unlock(&pool->lock);
}

size_t worker_pool_waiting(struct worker_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    size_t waiting = pool->waiting;
    pthread_mutex_unlock(&pool->lock);
    return waiting;
}
