/* One connection: the state machine that its bytes, its timer and its exchange drive. */
#include "base/mem.h"
#include "net/http_internal.h"

/* After the last response the client gets this long to read it and close. Closing at once could
 * reset the connection under a response that is still on its way. */
#define LINGER_MS 2000

/* --- The end of a connection --- */

static void free_connection(struct net_parked *parked)
{
    free(container_of(parked, struct http_connection, parked));
}

static void retire(struct http_connection *connection)
{
    struct http_server *server = connection->thread->server;
    list_remove(&connection->node);
    connection->parked.free_parked = free_connection;
    net_loop_park(connection->thread->loop, &connection->parked);
    atomic_fetch_sub_explicit(&server->connections, 1, memory_order_relaxed);
    http_server_leave(server);
}

void http_connection_abort(struct http_connection *connection)
{
    enum http_state state = connection->state;
    if (state == HTTP_CLOSED)
        return;
    connection->state = HTTP_CLOSED;
    timer_cancel(&connection->timer);
    buf_finish(&connection->in);
    if (connection->stream)
        stream_close(STEAL(connection->stream));
    /* One that is handled or being sent comes back by itself. */
    if (state == HTTP_STREAMING)
        http_stream_drop(connection->exchange);
    else if (state == HTTP_READING_BODY)
        http_exchange_finish(connection->exchange);
    else if (!connection->exchange)
        retire(connection);
}

void http_connection_close_idle(struct http_connection *connection)
{
    if (connection->state == HTTP_READING_HEAD && connection->in.len == 0)
        http_connection_abort(connection);
}

static void linger(struct http_connection *connection)
{
    connection->state = HTTP_LINGERING;
    buf_finish(&connection->in);
    stream_shutdown(connection->stream);
    if (connection->ended && stream_queued(connection->stream) == 0) {
        http_connection_abort(connection);
        return;
    }
    stream_read_start(connection->stream);
    http_set_timer(connection, LINGER_MS);
}

static size_t discard(struct http_connection *connection, char *bytes, size_t len)
{
    (void)connection;
    (void)bytes;
    return len;
}

/* --- Time-outs --- */

void http_connection_watch_progress(struct http_connection *connection)
{
    if (timer_is_set(&connection->timer))
        return;
    connection->queued = stream_queued(connection->stream);
    connection->progress_ms = http_now_ms(connection);
    http_set_timer(connection, http_limits_of(connection)->write_stall_ms / 4);
}

void http_connection_continue_soon(struct http_connection *connection)
{
    connection->queued = SIZE_MAX;
    http_set_timer(connection, 0);
}

static void on_progress_timeout(struct http_connection *connection)
{
    size_t queued = stream_queued(connection->stream);
    int64_t stall = http_limits_of(connection)->write_stall_ms;
    if (connection->state == HTTP_STREAMING && queued == 0) {
        http_stream_continue(connection->exchange);
        return;
    }
    if (queued < connection->queued)
        connection->progress_ms = http_now_ms(connection);
    connection->queued = queued;
    if (http_now_ms(connection) - connection->progress_ms < stall) {
        http_set_timer(connection, stall / 4);
        return;
    }
    http_count_timeout(connection);
    http_connection_abort(connection);
}

/* --- The machine --- */

static const struct {
    size_t (*consume)(struct http_connection *connection, char *bytes, size_t len); /* NULL: wait */
    void (*timeout)(struct http_connection *connection);
} states[HTTP_STATES] = {
    [HTTP_READING_HEAD] = {http_receive_head, http_receive_head_timeout},
    [HTTP_READING_BODY] = {http_receive_body, http_receive_body_timeout},
    [HTTP_HANDLING] = {NULL, NULL},
    [HTTP_SENDING] = {NULL, on_progress_timeout},
    [HTTP_STREAMING] = {NULL, on_progress_timeout},
    [HTTP_UPGRADED] = {NULL, NULL},
    [HTTP_LINGERING] = {discard, http_connection_abort},
    [HTTP_CLOSED] = {discard, NULL},
};

static void on_timer(struct net_timer *timer)
{
    struct http_connection *connection = container_of(timer, struct http_connection, timer);
    states[connection->state].timeout(connection);
}

/* Returns how many bytes were used; the rest has to wait. */
static size_t process(struct http_connection *connection, char *bytes, size_t len)
{
    size_t at = 0;
    connection->processing = true;
    while (at < len && states[connection->state].consume) {
        size_t used = states[connection->state].consume(connection, bytes + at, len - at);
        if (used == 0)
            break;
        at += used;
    }
    connection->processing = false;
    return at;
}

/* Closing takes the buffer away, so it is held by this function meanwhile. */
static void process_buffered(struct http_connection *connection)
{
    struct buf in = connection->in;
    size_t at = connection->in_at;
    buf_init(&connection->in, in.ceiling);
    at += process(connection, in.ptr + at, in.len - at);
    if (at < in.len && connection->state < HTTP_LINGERING) {
        connection->in = in;
        connection->in_at = at;
    } else {
        connection->in_at = 0;
        buf_finish(&in);
    }
}

/* While the application or the client is busy, at most one read more is taken in. */
static void set_reading(struct http_connection *connection)
{
    if (connection->state >= HTTP_UPGRADED)
        return;
    bool wanted = connection->in.len == 0 || states[connection->state].consume;
    if (wanted)
        stream_read_start(connection->stream);
    else
        stream_read_stop(connection->stream);
}

static void on_received(void *owner, char *bytes, size_t len)
{
    struct http_connection *connection = owner;
    http_count(&connection->thread->counters.bytes_in, (int64_t)len);
    if (connection->in.len > 0) {
        buf_consume(&connection->in, connection->in_at);
        connection->in_at = 0;
        buf_append(&connection->in, bytes, len);
        process_buffered(connection);
    } else {
        size_t used = process(connection, bytes, len);
        if (used < len)
            buf_append(&connection->in, bytes + used, len - used);
    }
    set_reading(connection);
}

static void on_ended(void *owner, int error)
{
    struct http_connection *connection = owner;
    enum http_state state = connection->state;
    connection->ended = true;
    bool answer_owed = state == HTTP_HANDLING || state == HTTP_SENDING || state == HTTP_STREAMING;
    bool unsent = state == HTTP_LINGERING && stream_queued(connection->stream) > 0;
    if (error != 0 || (!answer_owed && !unsent))
        http_connection_abort(connection);
}

static void on_written(void *owner, bool ok)
{
    struct http_connection *connection = owner;
    connection->progress_ms = http_now_ms(connection);
    if (!ok)
        http_connection_abort(connection);
    else if (connection->state == HTTP_STREAMING)
        http_stream_continue(connection->exchange);
    else if (connection->state == HTTP_LINGERING && connection->ended &&
             stream_queued(connection->stream) == 0)
        http_connection_abort(connection);
}

void http_connection_next(struct http_connection *connection, bool keep_alive)
{
    if (connection->state == HTTP_CLOSED) {
        retire(connection);
        return;
    }
    if (!keep_alive) {
        linger(connection);
        return;
    }
    connection->state = HTTP_READING_HEAD;
    connection->head_started = false;
    http_set_timer(connection, http_limits_of(connection)->idle_timeout_ms);
    if (connection->processing)
        return;
    if (connection->in.len > 0)
        process_buffered(connection);
    if (connection->state == HTTP_READING_HEAD && connection->ended)
        linger(connection);
    else
        set_reading(connection);
}

static const struct stream_events events = {
    .received = on_received,
    .ended = on_ended,
    .written = on_written,
};

void http_connection_open(struct http_acceptor *acceptor, struct stream *stream)
{
    struct http_connection *connection = MEM_NEW(struct http_connection);
    connection->thread = acceptor->thread;
    connection->listener = acceptor->listener;
    connection->stream = stream;
    connection->head_started = true;
    list_init(&connection->node);
    list_append(&acceptor->thread->connections, &connection->node);
    buf_init(&connection->in, http_limits_of(connection)->header_bytes + NET_READ_SIZE);
    timer_init(&connection->timer, on_timer);
    http_set_timer(connection, http_limits_of(connection)->header_timeout_ms);
    stream_peer_text(stream, connection->peer);
    stream_set_owner(stream, &events, connection);
    stream_read_start(stream);
}
