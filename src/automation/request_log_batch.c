#include <pthread.h>
#include <stdlib.h>

#include "automation/request_log.h"
#include "base/mem.h"

#define BATCH_CEILING 4096

/* The rows of one flush and the memory they point into. */
struct pending {
    struct write write;
    struct arena arena;
    struct request_log_row rows[BATCH_CEILING];
    size_t count;
};

struct request_log_batch {
    struct store *store;
    pthread_mutex_t lock; /* over the three below */
    struct pending *pending;
    uint64_t dropped;
};

static struct pending *pending_create(void)
{
    struct pending *pending = MEM_NEW(struct pending);
    arena_init(&pending->arena);
    return pending;
}

static void pending_destroy(struct pending *pending)
{
    arena_finish(&pending->arena);
    free(pending);
}

struct request_log_batch *request_log_batch_create(struct store *store)
{
    struct request_log_batch *batch = MEM_NEW(struct request_log_batch);
    batch->store = store;
    pthread_mutex_init(&batch->lock, NULL);
    return batch;
}

void request_log_batch_destroy(struct request_log_batch *batch)
{
    if (!batch)
        return;
    request_log_batch_flush(batch);
    pthread_mutex_destroy(&batch->lock);
    free(batch);
}

static void copy_row(struct pending *pending, const struct request_log_row *row)
{
    struct arena *arena = &pending->arena;
    struct request_log_row *copy = &pending->rows[pending->count++];
    *copy = *row;
    copy->id = arena_str(arena, row->id);
    copy->organization_id = arena_str(arena, row->organization_id);
    copy->request_id = arena_str(arena, row->request_id);
    copy->method = arena_str(arena, row->method);
    copy->path = arena_str(arena, row->path);
    copy->machine_id = arena_str(arena, row->machine_id);
    copy->error_message = arena_str(arena, row->error_message);
}

void request_log_batch_add(struct request_log_batch *batch, const struct request_log_row *row)
{
    pthread_mutex_lock(&batch->lock);
    if (!batch->pending)
        batch->pending = pending_create();
    if (batch->pending->count < BATCH_CEILING)
        copy_row(batch->pending, row);
    else
        batch->dropped++;
    pthread_mutex_unlock(&batch->lock);
}

static bool run_flush(struct tx *tx, struct write *write)
{
    struct pending *pending = container_of(write, struct pending, write);
    request_logs_insert_batch(tx, pending->rows, pending->count);
    return true;
}

static void flush_done(struct write *write, bool committed)
{
    (void)committed; /* lost with the disk; the store has said so */
    pending_destroy(container_of(write, struct pending, write));
}

void request_log_batch_flush(struct request_log_batch *batch)
{
    pthread_mutex_lock(&batch->lock);
    struct pending *pending = STEAL(batch->pending);
    pthread_mutex_unlock(&batch->lock);
    if (!pending)
        return;
    pending->write = (struct write){.run = run_flush, .done = flush_done};
    if (store_submit(batch->store, &pending->write))
        return;
    pthread_mutex_lock(&batch->lock);
    batch->dropped += pending->count;
    pthread_mutex_unlock(&batch->lock);
    pending_destroy(pending);
}

uint64_t request_log_batch_dropped(struct request_log_batch *batch)
{
    pthread_mutex_lock(&batch->lock);
    uint64_t dropped = batch->dropped;
    pthread_mutex_unlock(&batch->lock);
    return dropped;
}
