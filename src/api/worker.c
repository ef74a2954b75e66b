#include "api/worker.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/mem.h"

struct worker_thread {
    struct worker worker;
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
    size_t idle; /* threads asleep */
    size_t ceiling;
    bool stopping;
    struct worker_thread *threads;
    size_t count;
};

/* NULL when the pool stops and nothing is left. */
static struct job *take(struct worker_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    while (!pool->first && !pool->stopping) {
        pool->idle++;
        pthread_cond_wait(&pool->wake, &pool->lock);
        pool->idle--;
    }
    struct job *job = pool->first;
    if (job) {
        pool->first = job->next;
        if (!pool->first)
            pool->last = &pool->first;
        pool->waiting--;
    }
    pthread_mutex_unlock(&pool->lock);
    return job;
}

static void *run_thread(void *arg)
{
    struct worker_thread *self = arg;
    pthread_setname_np(pthread_self(), "worker");
    for (struct job *job; (job = take(self->pool));)
        job->run(job, &self->worker);
    return NULL;
}

static bool start_thread(struct worker_pool *pool, struct worker_thread *thread,
                         struct store *store, struct err *err)
{
    thread->pool = pool;
    thread->worker.reader = reader_open(store, err);
    if (!thread->worker.reader)
        return false;
    int number = pthread_create(&thread->thread, NULL, run_thread, thread);
    thread->started = number == 0;
    return thread->started ||
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
    pool->threads = mem_zalloc(count * sizeof(*pool->threads));
    for (size_t i = 0; i < count; i++) {
        if (start_thread(pool, &pool->threads[i], store, err))
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
        if (pool->threads[i].started)
            pthread_join(pool->threads[i].thread, NULL);
        if (pool->threads[i].worker.reader)
            reader_close(pool->threads[i].worker.reader);
    }
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->lock);
    free(pool->threads);
    free(pool);
}

static bool push(struct worker_pool *pool, struct job *job, size_t ceiling)
{
    pthread_mutex_lock(&pool->lock);
    bool taken = pool->waiting < ceiling;
    bool wake = taken && pool->idle > 0;
    if (taken) {
        job->next = NULL;
        *pool->last = job;
        pool->last = &job->next;
        pool->waiting++;
    }
    pthread_mutex_unlock(&pool->lock);
    if (wake)
        pthread_cond_signal(&pool->wake);
    return taken;
}

bool worker_pool_submit(struct worker_pool *pool, struct job *job)
{
    return push(pool, job, pool->ceiling);
}

void worker_pool_continue(struct worker_pool *pool, struct job *job)
{
    push(pool, job, SIZE_MAX);
}

size_t worker_pool_waiting(struct worker_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    size_t waiting = pool->waiting;
    pthread_mutex_unlock(&pool->lock);
    return waiting;
}
