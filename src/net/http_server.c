#include "net/http_server.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "net/http_internal.h"
#include "net/http_listen.h"

#define BACKLOG 4096
/* What WebSockets get for their closing handshake even when requests took the whole deadline. */
#define GOODBYE_MS 1000

const struct http_limits http_limits_default = {
    .header_bytes = 32 * 1024,
    .header_count = 100,
    .target_bytes = 8 * 1024,
    .buffered_bytes = 256 * 1024 * 1024,
    .max_connections = 20000,
    .header_timeout_ms = 10000,
    .body_timeout_ms = 60000,
    .body_stall_ms = 10000,
    .idle_timeout_ms = 75000,
    .write_stall_ms = 30000,
};

void http_server_leave(struct http_server *server)
{
    bool is_last = atomic_fetch_sub(&server->active, 1) == 1;
    if (is_last || atomic_load(&server->draining))
        http_server_changed(server);
}

void http_server_changed(struct http_server *server)
{
    pthread_mutex_lock(&server->lock);
    pthread_cond_broadcast(&server->quiet);
    pthread_mutex_unlock(&server->lock);
}

/* --- Accepting --- */

static void refuse_connection(struct http_thread *thread, struct stream *stream)
{
    const struct str answer = STR("HTTP/1.1 503 Service Unavailable\r\n"
                                  "Content-Length: 0\r\nRetry-After: 1\r\n"
                                  "Connection: close\r\n\r\n");
    http_count(&thread->counters.refused, 1);
    if (!stream_is_tls(stream))
        stream_send(stream, &answer, 1);
    stream_close(stream);
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct http_acceptor *acceptor = listener->data;
    struct http_thread *thread = acceptor->thread;
    struct http_server *server = thread->server;
    struct tls_context *tls = acceptor->listener->tls ? server->tls : NULL;
    struct stream *stream = status == 0 ? stream_accept(thread->loop, listener, tls) : NULL;
    if (!stream)
        return;
    http_count(&thread->counters.accepted, 1);
    if (atomic_fetch_add(&server->connections, 1) >= server->config.limits.max_connections) {
        atomic_fetch_sub(&server->connections, 1);
        refuse_connection(thread, stream);
        return;
    }
    atomic_fetch_add(&server->active, 1);
    http_connection_open(acceptor, stream);
}

static bool open_acceptor(struct http_acceptor *acceptor, int fd, bool is_unix, struct err *err)
{
    uv_loop_t *uv = net_loop_uv(acceptor->thread->loop);
    int error;
    if (is_unix) {
        uv_pipe_init(uv, &acceptor->pipe, 0);
        error = uv_pipe_open(&acceptor->pipe, fd);
    } else {
        uv_tcp_init(uv, &acceptor->tcp);
        error = uv_tcp_open(&acceptor->tcp, fd);
    }
    acceptor->handle.data = acceptor;
    if (error == 0)
        return true;
    close(fd);
    return err_set(err, ERR_INTERNAL, "cannot use a listening socket: %s", uv_strerror(error));
}

/* --- Stopping: tasks on each thread --- */

static void close_acceptors(struct http_thread *thread)
{
    for (size_t i = 0; thread->acceptors && i < thread->server->config.listener_count; i++) {
        struct http_acceptor *acceptor = &thread->acceptors[i];
        if (acceptor->listener && !uv_is_closing(&acceptor->handle))
            uv_close(&acceptor->handle, NULL);
    }
}

static void drain_thread(struct net_task *task)
{
    struct http_thread *thread = container_of(task, struct http_thread, drain);
    close_acceptors(thread);
    list_for_each (node, &thread->connections) {
        struct http_connection *connection = container_of(node, struct http_connection, node);
        if (!connection->ws)
            http_connection_close_idle(connection);
    }
    http_server_leave(thread->server);
}

static void say_goodbye(struct net_task *task)
{
    struct http_thread *thread = container_of(task, struct http_thread, drain);
    list_for_each (node, &thread->connections) {
        struct http_connection *connection = container_of(node, struct http_connection, node);
        if (connection->ws)
            ws_close(connection->ws, WS_CLOSE_GOING_AWAY, STR("The server is shutting down"));
    }
    http_server_leave(thread->server);
}

static void close_thread(struct net_task *task)
{
    struct http_thread *thread = container_of(task, struct http_thread, close);
    close_acceptors(thread);
    list_for_each (node, &thread->connections) {
        struct http_connection *connection = container_of(node, struct http_connection, node);
        if (connection->ws)
            ws_abort(connection->ws);
        else
            http_connection_abort(connection);
    }
    http_server_leave(thread->server);
}

/* A thread that does not run yet has no say. */
static void run_or_post(struct http_thread *thread, struct net_task *task,
                        void (*run)(struct net_task *task))
{
    atomic_fetch_add(&thread->server->active, 1);
    task->run = run;
    if (thread->started)
        net_loop_post(thread->loop, task);
    else
        run(task);
}

static unsigned websockets_open(struct http_server *server)
{
    uint64_t open = 0;
    for (unsigned i = 0; i < server->config.threads; i++)
        open += atomic_load_explicit(&server->threads[i].counters.websockets, memory_order_relaxed);
    return (unsigned)open;
}

static bool all_done(struct http_server *server)
{
    return atomic_load(&server->active) == 0;
}

static bool only_websockets_left(struct http_server *server)
{
    return atomic_load(&server->active) <= websockets_open(server);
}

/* False when the deadline (monotonic milliseconds) comes first. */
static bool wait_until(struct http_server *server, bool (*holds)(struct http_server *server),
                       int64_t deadline_ms)
{
    const struct timespec deadline = {deadline_ms / 1000, deadline_ms % 1000 * 1000000};
    int error = 0;
    pthread_mutex_lock(&server->lock);
    while (!holds(server) && error == 0)
        error = pthread_cond_clockwait(&server->quiet, &server->lock, CLOCK_MONOTONIC, &deadline);
    pthread_mutex_unlock(&server->lock);
    return error == 0;
}

static void on_all_threads(struct http_server *server, void (*run)(struct net_task *task))
{
    for (unsigned i = 0; i < server->config.threads; i++)
        run_or_post(&server->threads[i], &server->threads[i].drain, run);
}

/* Requests first: some of them wait for an answer that comes through a WebSocket. */
bool http_server_drain(struct http_server *server, int64_t deadline_ms)
{
    int64_t deadline = clock_monotonic_ms() + deadline_ms;
    atomic_store(&server->draining, true);
    on_all_threads(server, drain_thread);
    bool answered = wait_until(server, only_websockets_left, deadline);
    on_all_threads(server, say_goodbye);
    return wait_until(server, all_done, MAX_OF(deadline, clock_monotonic_ms() + GOODBYE_MS)) &&
           answered;
}

/* --- Creating --- */

static bool open_listener(struct http_server *server, size_t index, struct err *err)
{
    const struct http_listener *listener = &server->config.listeners[index];
    unsigned threads = server->config.threads;
    int *fds = mem_zalloc(threads * sizeof(*fds));
    bool ok = http_listen_bind(listener->address, threads, fds, &server->ports[index], err);
    unsigned used = 0;
    while (ok && used < threads) {
        struct http_acceptor *acceptor = &server->threads[used].acceptors[index];
        acceptor->thread = &server->threads[used];
        acceptor->listener = listener;
        ok = open_acceptor(acceptor, fds[used++], server->ports[index] == 0, err);
        if (!ok)
            while (used < threads)
                close(fds[used++]);
    }
    free(fds);
    return ok;
}

static bool create_thread(const struct http_server *server, struct http_thread *thread,
                          struct err *err)
{
    thread->loop = net_loop_create(err);
    if (thread->loop)
        net_loop_at_turn_end(thread->loop, server->config.callbacks.turn_end, server->config.ctx);
    thread->acceptors = mem_zalloc(server->config.listener_count * sizeof(*thread->acceptors));
    thread->headers = mem_zalloc(server->config.limits.header_count * sizeof(*thread->headers));
    return thread->loop != NULL;
}

static bool open_server(struct http_server *server, struct err *err)
{
    const struct http_server_config *config = &server->config;
    if (config->tls_cert_file) {
        server->tls = tls_context_create_server(config->tls_cert_file, config->tls_key_file, err);
        if (!server->tls)
            return false;
    }
    for (unsigned i = 0; i < config->threads; i++) {
        if (!create_thread(server, &server->threads[i], err))
            return false;
    }
    for (size_t i = 0; i < config->listener_count; i++) {
        if (config->listeners[i].tls && !server->tls)
            return err_set(err, ERR_INVALID, "%s wants TLS, and there is no certificate",
                           config->listeners[i].address);
        if (!open_listener(server, i, err))
            return false;
    }
    return true;
}

struct http_server *http_server_create(const struct http_server_config *config, struct err *err)
{
    struct http_server *server = MEM_NEW(struct http_server);
    server->config = *config;
    server->threads = mem_zalloc(config->threads * sizeof(*server->threads));
    server->ports = mem_zalloc(config->listener_count * sizeof(*server->ports));
    pthread_mutex_init(&server->lock, NULL);
    pthread_cond_init(&server->quiet, NULL);
    for (unsigned i = 0; i < config->threads; i++) {
        server->threads[i].server = server;
        list_init(&server->threads[i].connections);
    }
    if (open_server(server, err))
        return server;
    http_server_destroy(server);
    return NULL;
}

static bool start_thread(struct http_thread *thread, unsigned number, struct err *err)
{
    const struct http_server_config *config = &thread->server->config;
    for (size_t i = 0; i < config->listener_count; i++) {
        int error = uv_listen(&thread->acceptors[i].uv, BACKLOG, on_connection);
        if (error != 0)
            return err_set(err, ERR_UNAVAILABLE, "cannot listen on %s: %s",
                           config->listeners[i].address, uv_strerror(error));
    }
    char name[16];
    snprintf(name, sizeof(name), "net-%u", number);
    return net_loop_start(thread->loop, name, err);
}

bool http_server_start(struct http_server *server, struct err *err)
{
    for (unsigned i = 0; i < server->config.threads; i++) {
        if (!start_thread(&server->threads[i], i, err))
            return false;
        server->threads[i].started = true;
    }
    return true;
}

/* --- Destroying --- */

static void remove_files(const struct http_server *server)
{
    for (size_t i = 0; i < server->config.listener_count; i++) {
        /* Not one that another server holds. */
        if (server->threads[0].acceptors && server->threads[0].acceptors[i].listener)
            http_listen_remove(server->config.listeners[i].address);
    }
}

static void destroy_thread(struct http_thread *thread)
{
    if (thread->loop)
        net_loop_join(thread->loop);
    net_loop_destroy(thread->loop);
    free(thread->acceptors);
    free(thread->headers);
}

void http_server_destroy(struct http_server *server)
{
    if (!server)
        return;
    unsigned threads = server->config.threads;
    remove_files(server);
    for (unsigned i = 0; i < threads; i++)
        run_or_post(&server->threads[i], &server->threads[i].close, close_thread);
    while (!wait_until(server, all_done, clock_monotonic_ms() + 1000))
        continue;
    for (unsigned i = 0; i < threads; i++)
        destroy_thread(&server->threads[i]);
    tls_context_destroy(server->tls);
    pthread_cond_destroy(&server->quiet);
    pthread_mutex_destroy(&server->lock);
    free(server->ports);
    free(server->threads);
    free(server);
}

uint16_t http_server_bound_port(const struct http_server *server, size_t index)
{
    return server->ports[index];
}

void http_server_stats_read(const struct http_server *server, struct http_server_stats *ret_stats)
{
    struct http_server_stats stats = {.connections_open = atomic_load(&server->connections)};
    for (unsigned i = 0; i < server->config.threads; i++) {
        const struct http_counters *counters = &server->threads[i].counters;
        stats.connections_accepted += atomic_load(&counters->accepted);
        stats.connections_refused += atomic_load(&counters->refused);
        stats.websockets_open += atomic_load(&counters->websockets);
        stats.requests += atomic_load(&counters->requests);
        stats.bytes_in += atomic_load(&counters->bytes_in);
        stats.bytes_out += atomic_load(&counters->bytes_out);
        stats.parse_errors += atomic_load(&counters->parse_errors);
        stats.timeouts += atomic_load(&counters->timeouts);
    }
    *ret_stats = stats;
}
