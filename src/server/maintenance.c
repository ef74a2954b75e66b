#include "server/maintenance.h"

#include <pthread.h>
#include <stdlib.h>

#include "api/idempotency.h"
#include "automation/request_log.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "fleet/secrets.h"
#include "store/events.h"
#include "store/idempotency.h"
#include "store/keys.h"

#define EVENTS_KEPT_US (7 * US_PER_DAY)
/* Rows of one write: short enough that nobody waits for it. */
#define BATCH 500

struct maintenance {
    struct api *api;
    struct reader *reader;
    pthread_t thread;
    pthread_mutex_t lock; /* over the two flags */
    pthread_cond_t wake;
    bool stopping;
    bool reseal_asked;
    bool reseal_needed; /* of the thread alone */
};

/* --- tasks; each returns true when there is more to do at once --- */

static bool flush_request_logs(struct maintenance *m)
{
    request_log_batch_flush(m->api->request_logs);
    return false;
}

static bool flush_seen(struct maintenance *m)
{
    tunnel_flush_seen(m->api->tunnel);
    return false;
}

static bool run_purge(struct tx *tx, void *arg, struct err *err)
{
    (void)err;
    int64_t now = clock_now_us();
    size_t events = events_purge(tx, now - EVENTS_KEPT_US, BATCH);
    size_t keys = idempotency_purge(tx, now - IDEMPOTENCY_KEPT_US, BATCH);
    *(bool *)arg = events == BATCH || keys == BATCH;
    return true;
}

static bool purge(struct maintenance *m)
{
    bool more = false;
    struct err err;
    if (store_write_wait(m->api->store, run_purge, &more, &err))
        return more;
    log_warn("maintenance.purge_failed", LOG_CSTR("message", err.message));
    return false;
}

/* A revoked key must not go on driving desktops through a tunnel it opened before. */
static bool close_revoked(struct maintenance *m)
{
    struct arena arena;
    struct tunnel_key *keys;
    arena_init(&arena);
    size_t count = tunnel_keys(m->api->tunnel, &arena, &keys);
    struct tx *tx = count > 0 ? reader_begin(m->reader) : NULL;
    for (size_t i = 0; i < count; i++) {
        if (keys_is_active(tx, keys[i].organization_id, keys[i].key_id) || tx_failed(tx))
            continue;
        log_info("driver.key_revoked", LOG_STR("key", keys[i].key_id));
        tunnel_disconnect_key(m->api->tunnel, keys[i].key_id, TUNNEL_CLOSE_AUTH_REJECTED);
    }
    if (tx)
        reader_end(m->reader);
    arena_finish(&arena);
    return false;
}

struct resealing {
    struct keyring *keyring;
    size_t count, broken;
};

static bool run_reseal(struct tx *tx, void *arg, struct err *err)
{
    (void)err;
    struct resealing *resealing = arg;
    struct arena arena;
    arena_init(&arena);
    resealing->count =
        secrets_reseal_some(tx, &arena, resealing->keyring, BATCH, &resealing->broken);
    arena_finish(&arena);
    return true;
}

static bool reseal(struct maintenance *m)
{
    struct resealing resealing = {.keyring = m->api->keyring};
    struct err err;
    if (!m->reseal_needed)
        return false;
    if (!store_write_wait(m->api->store, run_reseal, &resealing, &err)) {
        log_warn("maintenance.reseal_failed", LOG_CSTR("message", err.message));
        return false;
    }
    if (resealing.count > 0)
        log_info("maintenance.resealed", LOG_INT("rows", resealing.count));
    if (resealing.broken > 0)
        log_error("maintenance.unreadable_secrets", LOG_INT("rows", resealing.broken));
    m->reseal_needed = resealing.count > 0;
    return m->reseal_needed;
}

/* --- the thread --- */

static const struct task {
    int64_t period_ms;
    bool (*run)(struct maintenance *m);
} tasks[] = {
    {200, flush_request_logs}, {15000, flush_seen}, {60000, purge},
    {1000, close_revoked},     {1000, reseal},
};

/* False when it is time to stop. */
static bool sleep_until(struct maintenance *m, int64_t due_ms)
{
    struct timespec due = {due_ms / 1000, due_ms % 1000 * 1000000};
    int result = 0;
    pthread_mutex_lock(&m->lock);
    while (!m->stopping && !m->reseal_asked && result == 0)
        result = pthread_cond_timedwait(&m->wake, &m->lock, &due);
    bool go_on = !m->stopping;
    m->reseal_needed = m->reseal_needed || m->reseal_asked;
    m->reseal_asked = false;
    pthread_mutex_unlock(&m->lock);
    return go_on;
}

static int64_t run_due(struct maintenance *m, int64_t due[countof(tasks)])
{
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < countof(tasks); i++) {
        int64_t now = clock_monotonic_ms();
        if (now >= due[i])
            due[i] = tasks[i].run(m) ? now : now + tasks[i].period_ms;
        next = MIN_OF(next, due[i]);
    }
    return next;
}

static void *run_thread(void *arg)
{
    struct maintenance *m = arg;
    int64_t due[countof(tasks)] = {0};
    pthread_setname_np(pthread_self(), "maintenance");
    while (sleep_until(m, run_due(m, due)))
        ;
    flush_seen(m);
    flush_request_logs(m);
    return NULL;
}

struct maintenance *maintenance_start(struct api *api, struct err *err)
{
    struct maintenance *m = MEM_NEW(struct maintenance);
    m->api = api;
    m->reader = reader_open(api->store, err);
    if (!m->reader) {
        free(m);
        return NULL;
    }
    m->reseal_needed = true; /* the key file may have changed while no server ran */
    pthread_mutex_init(&m->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&m->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    int number = pthread_create(&m->thread, NULL, run_thread, m);
    if (number == 0)
        return m;
    err_set_errno(err, ERR_INTERNAL, number, "cannot start the maintenance thread");
    reader_close(m->reader);
    free(m);
    return NULL;
}

void maintenance_reseal(struct maintenance *m)
{
    pthread_mutex_lock(&m->lock);
    m->reseal_asked = true;
    pthread_cond_signal(&m->wake);
    pthread_mutex_unlock(&m->lock);
}

void maintenance_stop(struct maintenance *m)
{
    if (!m)
        return;
    pthread_mutex_lock(&m->lock);
    m->stopping = true;
    pthread_cond_signal(&m->wake);
    pthread_mutex_unlock(&m->lock);
    pthread_join(m->thread, NULL);
    reader_close(m->reader);
    pthread_cond_destroy(&m->wake);
    pthread_mutex_destroy(&m->lock);
    free(m);
}
