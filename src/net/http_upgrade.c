/* Turns a connection into a WebSocket. */
#include "net/http_internal.h"
#include "net/ws_internal.h"

/* The WebSocket has closed the stream. */
static void on_released(void *owner)
{
    struct http_connection *connection = owner;
    struct http_counters *counters = &connection->thread->counters;
    http_count(&counters->websockets, -1);
    connection->ws = NULL;
    http_connection_abort(connection);
}

static void send_switching_protocols(struct http_exchange *exchange)
{
    struct http_response *response = &exchange->response;
    size_t count = response->header_count + 1;
    struct http_header *headers = ARENA_ARRAY(&exchange->arena, count, struct http_header);
    char accept[WS_ACCEPT_SIZE];
    ws_accept_of(http_request_header(&exchange->request, "sec-websocket-key"), accept);
    headers[0] = (struct http_header){STR("Sec-WebSocket-Accept"), str_from(accept)};
    for (size_t i = 1; i < count; i++)
        headers[i] = response->headers[i - 1];
    response->headers = headers;
    response->header_count = count;
    struct net_loop *loop = exchange->connection->thread->loop;
    struct str head = http_response_head(exchange, net_loop_date(loop));
    stream_send(exchange->connection->stream, &head, 1);
}

static void hand_over(struct http_connection *connection, const struct ws_config *config, void *ctx)
{
    struct buf in = connection->in;
    struct str early = str_slice(buf_str(&in), connection->in_at, in.len);
    buf_init(&connection->in, in.ceiling);
    connection->state = HTTP_UPGRADED;
    http_count(&connection->thread->counters.websockets, 1);
    struct ws *ws = ws_start(connection->thread->loop, STEAL(connection->stream), false, config,
                             ctx, early, on_released, connection);
    buf_finish(&in);
    if (connection->state == HTTP_UPGRADED)
        connection->ws = ws;
}

void http_upgrade_begin(struct http_exchange *exchange)
{
    struct http_connection *connection = exchange->connection;
    const struct ws_config *config = exchange->ws_config;
    void *ctx = exchange->answer_ctx;
    bool draining = atomic_load(&connection->thread->server->draining);
    if (connection->ended) {
        exchange->keep_alive = false;
        http_upgrade_drop(exchange);
        return;
    }
    send_switching_protocols(exchange);
    http_exchange_free(exchange);
    hand_over(connection, config, ctx);
    if (draining && connection->ws)
        ws_close(connection->ws, WS_CLOSE_GOING_AWAY, STR(""));
}

void http_upgrade_drop(struct http_exchange *exchange)
{
    exchange->ws_config->closed(exchange->answer_ctx, NULL, WS_CLOSE_ABNORMAL, STR(""));
    http_exchange_finish(exchange);
}
