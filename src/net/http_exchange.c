/* One request and its answer: from the application's thread back to the loop, and out. */
#include "base/mem.h"
#include "net/http_internal.h"

struct http_exchange *http_exchange_create(struct http_connection *connection)
{
    struct arena arena;
    arena_init(&arena);
    struct http_exchange *exchange = ARENA_NEW(&arena, struct http_exchange);
    exchange->arena = arena;
    exchange->connection = connection;
    return exchange;
}

void http_exchange_free(struct http_exchange *exchange)
{
    struct http_connection *connection = exchange->connection;
    if (exchange->body.len > 0)
        atomic_fetch_sub_explicit(&connection->thread->server->buffered, exchange->body.len,
                                  memory_order_relaxed);
    buf_finish(&exchange->body);
    /* The exchange lies in its own arena. */
    struct arena arena = exchange->arena;
    arena_finish(&arena);
    connection->exchange = NULL;
}

void http_exchange_finish(struct http_exchange *exchange)
{
    struct http_connection *connection = exchange->connection;
    bool keep_alive = exchange->keep_alive;
    http_exchange_free(exchange);
    http_connection_next(connection, keep_alive);
}

const struct http_request *http_exchange_request(const struct http_exchange *exchange)
{
    return &exchange->request;
}

struct arena *http_exchange_arena(struct http_exchange *exchange)
{
    return &exchange->arena;
}

struct net_loop *http_exchange_loop(const struct http_exchange *exchange)
{
    return exchange->connection->thread->loop;
}

static void on_response_written(struct stream_write *write, bool ok)
{
    (void)ok;
    http_exchange_finish(container_of(write, struct http_exchange, write));
}

void http_exchange_send(struct http_exchange *exchange)
{
    struct http_connection *connection = exchange->connection;
    struct str head = http_response_head(exchange, net_loop_date(connection->thread->loop));
    struct str body = http_response_has_body(exchange) ? exchange->response.body : STR("");
    const struct str pieces[] = {head, body};
    http_count(&connection->thread->counters.bytes_out, (int64_t)(head.len + body.len));
    connection->state = HTTP_SENDING;
    if (stream_write(connection->stream, &exchange->write, pieces, countof(pieces),
                     on_response_written))
        http_exchange_finish(exchange);
    else
        http_connection_watch_progress(connection);
}

/* What becomes of an answer: with the client there, and with the client gone. */
static const struct {
    void (*deliver)(struct http_exchange *exchange);
    void (*drop)(struct http_exchange *exchange);
} answers[] = {
    [HTTP_ANSWER_WHOLE] = {http_exchange_send, http_exchange_finish},
    [HTTP_ANSWER_STREAM] = {http_stream_begin, http_stream_drop},
    [HTTP_ANSWER_WEBSOCKET] = {http_upgrade_begin, http_upgrade_drop},
};

static void deliver(struct http_exchange *exchange)
{
    struct http_connection *connection = exchange->connection;
    if (connection->state == HTTP_CLOSED) {
        answers[exchange->answer].drop(exchange);
        return;
    }
    timer_cancel(&connection->timer);
    if (atomic_load_explicit(&connection->thread->server->draining, memory_order_relaxed))
        exchange->keep_alive = false;
    answers[exchange->answer].deliver(exchange);
}

static void run_deliver(struct net_task *task)
{
    deliver(container_of(task, struct http_exchange, task));
}

static void post_delivery(struct http_exchange *exchange)
{
    exchange->task.run = run_deliver;
    net_loop_post(http_exchange_loop(exchange), &exchange->task);
}

static void deliver_soon(struct http_exchange *exchange)
{
    exchange->keep_alive = exchange->head.keep_alive;
    if (net_loop_is_current(http_exchange_loop(exchange)))
        deliver(exchange);
    else
        post_delivery(exchange);
}

void http_respond(struct http_exchange *exchange, const struct http_response *response)
{
    exchange->answer = HTTP_ANSWER_WHOLE;
    exchange->response = *response;
    deliver_soon(exchange);
}

void http_respond_stream(struct http_exchange *exchange, const struct http_response *response,
                         const struct http_stream_ops *ops, void *ctx)
{
    exchange->answer = HTTP_ANSWER_STREAM;
    exchange->response = *response;
    exchange->stream_ops = ops;
    exchange->answer_ctx = ctx;
    deliver_soon(exchange);
}

void http_respond_websocket(struct http_exchange *exchange, const struct http_header *headers,
                            size_t header_count, const struct ws_config *config, void *ctx)
{
    exchange->answer = HTTP_ANSWER_WEBSOCKET;
    exchange->response = (struct http_response){101, headers, header_count, STR("")};
    exchange->ws_config = config;
    exchange->answer_ctx = ctx;
    /* Always later: bytes behind the request must have been put aside first. */
    post_delivery(exchange);
}

void http_exchange_refuse(struct http_exchange *exchange, int status, const char *reason,
                          const struct http_request *request, bool keep_alive)
{
    struct http_connection *connection = exchange->connection;
    const struct http_server_config *config = &connection->thread->server->config;
    exchange->answer = HTTP_ANSWER_WHOLE;
    exchange->keep_alive = keep_alive && exchange->head.keep_alive;
    exchange->response = (struct http_response){.status = status, .body = STR("")};
    config->callbacks.error(config->ctx, status, reason, request, &exchange->arena,
                            &exchange->response);
    deliver(exchange);
}
