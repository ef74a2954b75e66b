#include "api/inflight.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/map.h"
#include "base/mem.h"

struct inflight {
    pthread_mutex_t lock;
    struct map scopes;
};

struct inflight *inflight_create(void)
{
    struct inflight *inflight = MEM_NEW(struct inflight);
    pthread_mutex_init(&inflight->lock, NULL);
    map_init(&inflight->scopes);
    return inflight;
}

void inflight_destroy(struct inflight *inflight)
{
    if (!inflight)
        return;
    map_finish(&inflight->scopes);
    pthread_mutex_destroy(&inflight->lock);
    free(inflight);
}

bool inflight_enter(struct inflight *inflight, const unsigned char scope[IDEMPOTENCY_HASH_SIZE])
{
    struct str key = str_of(scope, IDEMPOTENCY_HASH_SIZE);
    pthread_mutex_lock(&inflight->lock);
    bool is_free = !map_get(&inflight->scopes, key);
    if (is_free)
        map_put(&inflight->scopes, key, inflight);
    pthread_mutex_unlock(&inflight->lock);
    return is_free;
}

void inflight_leave(struct inflight *inflight, const unsigned char scope[IDEMPOTENCY_HASH_SIZE])
{
    pthread_mutex_lock(&inflight->lock);
    map_remove(&inflight->scopes, str_of(scope, IDEMPOTENCY_HASH_SIZE));
    pthread_mutex_unlock(&inflight->lock);
}
