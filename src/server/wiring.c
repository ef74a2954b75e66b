#include "server/wiring.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

#include "api/api.h"
#include "api/inflight.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "contracts/documents.h"
#include "fleet/presence.h"
#include "fleet/scopes.h"
#include "server/data_dir.h"
#include "server/maintenance.h"

/* A driver's answer: a screenshot of a large screen, a file. */
#define DRIVER_BODY_CEILING (32u << 20)
/* A body sent to a path that no operation has; it only has to be read to be answered. */
#define UNMATCHED_BODY_CEILING (1u << 20)
#define WORKER_QUEUE_CEILING   20000

struct server {
    struct api api;
    const struct server_config *config;
    struct data_dir dir;
    int lock;
    struct http_listener listeners[OPTION_LIST_MAX + 1];
    size_t listener_count;
    struct maintenance *maintenance;
};

static bool lock_and_open(struct server *server, struct arena *arena, struct err *err)
{
    const struct server_config *config = server->config;
    server->dir = data_dir_at(arena, config->data_dir, config->key_file);
    server->lock = data_dir_lock(&server->dir, err);
    return server->lock >= 0 && data_dir_open(&server->dir, config->low_disk_watermark,
                                              &server->api.store, &server->api.keyring, err);
}

/* An operation without a scope would be open to every key, one that may only join included. */
static bool check_scopes(const struct contract *contract, struct err *err)
{
    for (size_t i = 0; i < contract_operation_count(contract); i++) {
        const struct operation *operation = contract_operation(contract, i);
        bool known = operation->scope && scope_by_name(str_from(operation->scope)) != 0;
        if (!operation->is_public && !known)
            return err_set(err, ERR_INTERNAL, "operation %s has no known scope", operation->id);
    }
    return true;
}

static bool load_contract(struct server *server, struct err *err)
{
    struct contract_source sources[EMBEDDED_DOCUMENT_COUNT];
    for (size_t i = 0; i < EMBEDDED_DOCUMENT_COUNT; i++)
        sources[i] =
            (struct contract_source){embedded_documents[i].name, embedded_documents[i].json};
    server->api.contract = contract_load(sources, EMBEDDED_DOCUMENT_COUNT, err);
    return server->api.contract && check_scopes(server->api.contract, err);
}

static bool run_reset(struct tx *tx, void *arg, struct err *err)
{
    (void)err;
    presence_reset(tx, arg, clock_now_us());
    return true;
}

static unsigned cores(void)
{
    return uv_available_parallelism();
}

static bool start_services(struct server *server, struct arena *arena, struct err *err)
{
    const struct server_config *config = server->config;
    struct api *api = &server->api;
    if (!store_write_wait(api->store, run_reset, arena, err))
        return false;
    struct tunnel_config tunnel = {
        .store = api->store,
        .body_ceiling = DRIVER_BODY_CEILING,
        .ping_interval_ms = config->tunnel_ping_ms,
        .pong_timeout_ms = config->tunnel_silence_ms,
    };
    api->server_id = uuid_new();
    api->desktop_timeout_ms = config->tunnel_timeout_ms;
    api->body_ceiling_default = UNMATCHED_BODY_CEILING;
    api->metrics = api_metrics_create(api->contract);
    api->inflight = inflight_create();
    api->request_logs = request_log_batch_create(api->store);
    api->tunnel = tunnel_create(&tunnel);
    size_t workers = config->workers > 0 ? (size_t)config->workers : cores();
    api->workers = worker_pool_create(api->store, workers, WORKER_QUEUE_CEILING, err);
    return api->workers != NULL;
}

static void add_listener(struct server *server, const char *address, enum listener tag, bool tls)
{
    bool is_unix = str_starts_with(str_from(address), STR("unix:"));
    server->listeners[server->listener_count++] =
        (struct http_listener){.address = address, .tag = (int)tag, .tls = tls && !is_unix};
}

static bool listen_all(struct server *server, struct err *err)
{
    const struct server_config *config = server->config;
    for (size_t i = 0; i < config->listen.count; i++)
        add_listener(server, config->listen.values[i], LISTENER_PUBLIC, config->tls_cert);
    if (config->operator_listen)
        add_listener(server, config->operator_listen, LISTENER_OPERATOR, false);
    struct http_server_config http = {
        .listeners = server->listeners,
        .listener_count = server->listener_count,
        .threads = config->threads > 0 ? (unsigned)config->threads : cores(),
        .tls_cert_file = config->tls_cert,
        .tls_key_file = config->tls_key,
        .limits = http_limits_default,
        .callbacks = api_http_callbacks,
        .ctx = &server->api,
    };
    http.limits.max_connections = (unsigned)config->max_connections;
    http.limits.header_timeout_ms = config->header_timeout_ms;
    http.limits.body_timeout_ms = config->body_timeout_ms;
    http.limits.idle_timeout_ms = config->idle_timeout_ms;
    server->api.http = http_server_create(&http, err);
    if (!server->api.http)
        return false;
    server->maintenance = maintenance_start(&server->api, err);
    return server->maintenance && http_server_start(server->api.http, err);
}

struct server *server_create(const struct server_config *config, struct arena *arena,
                             struct err *err)
{
    struct server *server = MEM_NEW(struct server);
    server->config = config;
    server->lock = -1;
    if (lock_and_open(server, arena, err) && load_contract(server, err) &&
        start_services(server, arena, err) && listen_all(server, err))
        return server;
    server_destroy(server);
    return NULL;
}

void server_print_ready(const struct server *server)
{
    fputs("ready", stdout);
    for (size_t i = 0; i < server->listener_count; i++) {
        const struct http_listener *listener = &server->listeners[i];
        struct str address = str_from(listener->address);
        uint16_t port = http_server_bound_port(server->api.http, i);
        const char *key = listener->tag == LISTENER_OPERATOR ? "operator" : "listen";
        size_t host = address.len;
        while (port != 0 && host > 0 && address.ptr[host - 1] != ':')
            host--;
        if (port != 0)
            printf(" %s=%.*s%u", key, (int)host, address.ptr, port);
        else
            printf(" %s=%s", key, listener->address);
    }
    fputs("\n", stdout);
    fflush(stdout);
}

void server_reload_keys(struct server *server)
{
    struct err err;
    if (!keyring_reload(server->api.keyring, &err)) {
        log_error("keys.reload_failed", LOG_CSTR("message", err.message));
        return;
    }
    log_info("keys.reloaded", LOG_INT("current", keyring_current(server->api.keyring)));
    maintenance_reseal(server->maintenance);
}

void server_destroy(struct server *server)
{
    if (!server)
        return;
    struct api *api = &server->api;
    if (api->http && !http_server_drain(api->http, server->config->drain_ms))
        log_warn("server.drain_timed_out");
    maintenance_stop(server->maintenance);
    http_server_destroy(api->http);
    worker_pool_destroy(api->workers);
    request_log_batch_destroy(api->request_logs);
    store_close(api->store);
    tunnel_destroy(api->tunnel);
    inflight_destroy(api->inflight);
    api_metrics_destroy(api->metrics);
    contract_destroy(api->contract);
    keyring_destroy(api->keyring);
    if (server->lock >= 0)
        close(server->lock);
    free(server);
}
