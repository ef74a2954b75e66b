#include "tunnel/tunnel.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "store/connections.h"
#include "store/machines.h"
#include "tunnel/driver_link.h"

/* Rows of one write: short enough that nobody waits for it. */
#define SEEN_BATCH 500
/* What drivers of version 1.0 and later take at once. */
#define PARALLEL_REQUESTS 4

struct tunnel {
    struct tunnel_config config;
    struct ws_config ws;
    pthread_mutex_t lock;  /* over the two below */
    struct map links;      /* machine id -> struct driver_link, one reference each */
    struct list_node lost; /* links whose disconnect could not be stored: tried again */
};

/* --- WebSocket callbacks; ctx is the link, which the WebSocket holds a reference of --- */

/* Newest wins. A connect that was committed earlier can open later, so the epoch decides. */
static void enter(struct tunnel *tunnel, struct driver_link *link)
{
    struct str id = uuid_str(&link->presence.machine_id);
    pthread_mutex_lock(&tunnel->lock);
    struct driver_link *loser = map_get(&tunnel->links, id);
    if (loser && loser->presence.epoch > link->presence.epoch)
        loser = driver_link_ref(link);
    else
        map_put(&tunnel->links, id, driver_link_ref(link));
    pthread_mutex_unlock(&tunnel->lock);
    if (!loser)
        return;
    driver_link_close(loser, WS_CLOSE_NORMAL);
    driver_link_unref(loser);
}

static void leave(struct tunnel *tunnel, struct driver_link *link)
{
    struct str id = uuid_str(&link->presence.machine_id);
    pthread_mutex_lock(&tunnel->lock);
    bool present = map_get(&tunnel->links, id) == link;
    if (present)
        map_remove(&tunnel->links, id);
    pthread_mutex_unlock(&tunnel->lock);
    if (present)
        driver_link_unref(link);
}

static void opened(void *ctx, struct ws *ws)
{
    struct driver_link *link = ctx;
    driver_link_opened(link, ws);
    log_info("driver.connected", LOG_STR("machine", uuid_str(&link->presence.machine_id)),
             LOG_INT("epoch", link->presence.epoch));
}

static void message(void *ctx, struct ws *ws, enum ws_opcode opcode, struct str payload)
{
    (void)ws;
    driver_link_message(ctx, opcode, payload);
}

static void drained(void *ctx, struct ws *ws)
{
    (void)ws;
    driver_link_drained(ctx);
}

static void heard(void *ctx, struct ws *ws)
{
    (void)ws;
    driver_link_heard(ctx);
}

static bool run_disconnect(struct tx *tx, struct write *write)
{
    struct driver_link *link = container_of(write, struct driver_link, disconnect);
    presence_disconnect(tx, &link->presence, clock_now_us());
    return true;
}

static void disconnect_done(struct write *write, bool committed)
{
    struct driver_link *link = container_of(write, struct driver_link, disconnect);
    struct tunnel *tunnel = link->tunnel;
    if (committed) {
        driver_link_unref(link);
        return;
    }
    log_error("driver.disconnect_not_stored",
              LOG_STR("machine", uuid_str(&link->presence.machine_id)));
    pthread_mutex_lock(&tunnel->lock);
    list_append(&tunnel->lost, &link->lost);
    pthread_mutex_unlock(&tunnel->lock);
}

static void store_disconnect(struct driver_link *link)
{
    link->disconnect = (struct write){.run = run_disconnect, .done = disconnect_done};
    if (!store_submit(link->tunnel->config.store, &link->disconnect))
        disconnect_done(&link->disconnect, false);
}

/* Also called alone, when the client left before its upgrade was answered. */
static void closed(void *ctx, struct ws *ws, int code, struct str reason)
{
    (void)ws;
    struct driver_link *link = ctx;
    leave(link->tunnel, link);
    driver_link_closed(link);
    log_info("driver.disconnected", LOG_STR("machine", uuid_str(&link->presence.machine_id)),
             LOG_INT("epoch", link->presence.epoch), LOG_INT("code", code),
             LOG_STR("reason", reason));
    store_disconnect(link);
}

/* --- the tunnel --- */

struct tunnel *tunnel_create(const struct tunnel_config *config)
{
    struct tunnel *tunnel = MEM_NEW(struct tunnel);
    tunnel->config = *config;
    tunnel->ws = (struct ws_config){
        .max_message = config->body_ceiling,
        .max_queued = LINK_QUEUED_BYTES,
        .ping_interval_ms = config->ping_interval_ms,
        .pong_timeout_ms = config->pong_timeout_ms,
        .opened = opened,
        .message = message,
        .drained = drained,
        .heard = heard,
        .closed = closed,
    };
    pthread_mutex_init(&tunnel->lock, NULL);
    map_init(&tunnel->links);
    list_init(&tunnel->lost);
    return tunnel;
}

void tunnel_destroy(struct tunnel *tunnel)
{
    if (!tunnel)
        return;
    /* The next server that starts finds these machines connected to one that is gone. */
    list_for_each (node, &tunnel->lost)
        driver_link_unref(container_of(node, struct driver_link, lost));
    map_finish(&tunnel->links);
    pthread_mutex_destroy(&tunnel->lock);
    free(tunnel);
}

/* "0.0.39" is of the drivers that answer strictly one after another. */
static bool is_one_at_a_time(struct str version)
{
    return str_is_null(version) || str_starts_with(version, STR("0."));
}

void tunnel_accept(struct tunnel *tunnel, struct http_exchange *exchange,
                   const struct presence *presence, struct str driver_version)
{
    int parallel = is_one_at_a_time(driver_version) ? 1 : PARALLEL_REQUESTS;
    struct driver_link *link = driver_link_create(
        tunnel, presence, parallel, tunnel->config.body_ceiling, http_exchange_loop(exchange));
    /* Already now: whoever deletes the machine from here on finds the link. */
    enter(tunnel, link);
    http_respond_websocket(exchange, NULL, 0, &tunnel->ws, link);
}

static struct driver_link *find(struct tunnel *tunnel, struct str machine_id)
{
    pthread_mutex_lock(&tunnel->lock);
    struct driver_link *link = map_get(&tunnel->links, machine_id);
    if (link)
        driver_link_ref(link);
    pthread_mutex_unlock(&tunnel->lock);
    return link;
}

void tunnel_disconnect(struct tunnel *tunnel, struct str machine_id, int code)
{
    struct driver_link *link = find(tunnel, machine_id);
    if (!link)
        return;
    driver_link_close(link, code);
    driver_link_unref(link);
}

size_t tunnel_count(struct tunnel *tunnel)
{
    pthread_mutex_lock(&tunnel->lock);
    size_t count = tunnel->links.count;
    pthread_mutex_unlock(&tunnel->lock);
    return count;
}

static void run_submit(struct net_task *task)
{
    struct desktop_request *request = container_of(task, struct desktop_request, task);
    struct driver_link *link = request->link;
    driver_link_submit(link, request);
    driver_link_unref(link);
}

void desktop_request(struct tunnel *tunnel, struct str machine_id, struct desktop_request *request)
{
    request->was_sent = false;
    request->link = find(tunnel, machine_id);
    if (!request->link) {
        struct desktop_answer answer = {.outcome = DESKTOP_NOT_CONNECTED};
        request->done(request, &answer);
        return;
    }
    request->task.run = run_submit;
    net_loop_post(request->link->loop, &request->task);
}

/* --- when drivers were last heard from --- */

struct seen_write {
    struct write write;
    struct arena arena;
    struct machine_seen *machines;
    struct connection_ping *connections;
    size_t count;
};

static void note_seen(struct seen_write *seen, struct driver_link *link)
{
    int64_t heard = atomic_load_explicit(&link->heard_us, memory_order_relaxed);
    if (heard == link->flushed_us)
        return;
    link->flushed_us = heard;
    struct str machine = arena_str(&seen->arena, uuid_str(&link->presence.machine_id));
    struct str connection = arena_str(&seen->arena, uuid_str(&link->presence.connection_id));
    seen->machines[seen->count] = (struct machine_seen){machine, heard};
    seen->connections[seen->count++] = (struct connection_ping){connection, heard};
}

static struct seen_write *seen_create(void)
{
    struct seen_write *seen = MEM_NEW(struct seen_write);
    arena_init(&seen->arena);
    seen->machines = ARENA_ARRAY(&seen->arena, SEEN_BATCH, struct machine_seen);
    seen->connections = ARENA_ARRAY(&seen->arena, SEEN_BATCH, struct connection_ping);
    return seen;
}

static bool run_seen(struct tx *tx, struct write *write)
{
    struct seen_write *seen = container_of(write, struct seen_write, write);
    machines_touch_seen(tx, seen->machines, seen->count);
    connections_touch(tx, seen->connections, seen->count);
    return true;
}

static void seen_done(struct write *write, bool committed)
{
    (void)committed; /* the next ping tells it again */
    struct seen_write *seen = container_of(write, struct seen_write, write);
    arena_finish(&seen->arena);
    free(seen);
}

static void submit_seen(struct tunnel *tunnel, struct seen_write *seen)
{
    seen->write = (struct write){.run = run_seen, .done = seen_done};
    if (seen->count == 0 || !store_submit(tunnel->config.store, &seen->write))
        seen_done(&seen->write, false);
}

/* What a full disk or a full queue had refused. */
static void store_lost_disconnects(struct tunnel *tunnel)
{
    struct list_node lost;
    list_init(&lost);
    pthread_mutex_lock(&tunnel->lock);
    list_for_each (node, &tunnel->lost) {
        list_remove(node);
        list_append(&lost, node);
    }
    pthread_mutex_unlock(&tunnel->lock);
    list_for_each (again, &lost) {
        list_remove(again);
        store_disconnect(container_of(again, struct driver_link, lost));
    }
}

void tunnel_flush_seen(struct tunnel *tunnel)
{
    store_lost_disconnects(tunnel);
    struct seen_write *seen = seen_create();
    size_t cursor = 0;
    pthread_mutex_lock(&tunnel->lock);
    for (struct driver_link *link; (link = map_next(&tunnel->links, &cursor));) {
        note_seen(seen, link);
        if (seen->count < SEEN_BATCH)
            continue;
        submit_seen(tunnel, seen);
        seen = seen_create();
    }
    pthread_mutex_unlock(&tunnel->lock);
    submit_seen(tunnel, seen);
}

/* --- keys that were revoked --- */

size_t tunnel_keys(struct tunnel *tunnel, struct arena *arena, struct tunnel_key **ret_keys)
{
    struct map seen;
    map_init(&seen);
    size_t count = 0, cursor = 0;
    pthread_mutex_lock(&tunnel->lock);
    struct tunnel_key *keys = ARENA_ARRAY(arena, tunnel->links.count, struct tunnel_key);
    for (struct driver_link *link; (link = map_next(&tunnel->links, &cursor));) {
        const struct presence *presence = &link->presence;
        struct str key_id = str_from(presence->key_id);
        if (map_get(&seen, key_id))
            continue;
        struct tunnel_key *key = &keys[count++];
        key->organization_id = arena_str(arena, str_from(presence->organization_id));
        key->key_id = arena_str(arena, key_id);
        map_put(&seen, key->key_id, key);
    }
    pthread_mutex_unlock(&tunnel->lock);
    map_finish(&seen);
    *ret_keys = keys;
    return count;
}

void tunnel_disconnect_key(struct tunnel *tunnel, struct str key_id, int code)
{
    size_t cursor = 0;
    pthread_mutex_lock(&tunnel->lock);
    for (struct driver_link *link; (link = map_next(&tunnel->links, &cursor));) {
        if (str_eq(str_from(link->presence.key_id), key_id))
            driver_link_close(link, code);
    }
    pthread_mutex_unlock(&tunnel->lock);
}
