/* One connection's reading side: a state machine from bytes to exchanges. */
#include "base/clock.h"
#include "base/mem.h"
#include "net/http_internal.h"

/* After the last response the client gets this long to read it and close. Closing at once could
 * reset the connection under a response that is still on its way. */
#define LINGER_MS 2000

static const struct http_limits *limits_of(const struct http_connection *connection)
{
    return &connection->thread->server->config.limits;
}

static const struct http_callbacks *callbacks_of(const struct http_connection *connection)
{
    return &connection->thread->server->config.callbacks;
}

static void *ctx_of(const struct http_connection *connection)
{
    return connection->thread->server->config.ctx;
}

static int64_t now_ms(const struct http_connection *connection)
{
    return (int64_t)uv_now(net_loop_uv(connection->thread->loop));
}

static void set_timer(struct http_connection *connection, int64_t delay_ms)
{
    timer_set(net_loop_timers(connection->thread->loop), &connection->timer, delay_ms);
}

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
    set_timer(connection, LINGER_MS);
}

/* --- Reading a head --- */

static void refuse_head(struct http_connection *connection, int status, const char *reason)
{
    connection->exchange = http_exchange_create(connection);
    http_exchange_refuse(connection->exchange, status, reason, NULL, false);
}

static void refuse_malformed(struct http_connection *connection, int status, const char *reason)
{
    http_count(&connection->thread->counters.parse_errors, 1);
    refuse_head(connection, status, reason);
}

static void dispatch(struct http_connection *connection)
{
    struct http_exchange *exchange = connection->exchange;
    connection->state = HTTP_HANDLING;
    timer_cancel(&connection->timer);
    exchange->request.body = buf_str(&exchange->body);
    callbacks_of(connection)->request(ctx_of(connection), exchange);
}

static void arm_body_timer(struct http_connection *connection)
{
    int64_t left = connection->body_deadline_ms - now_ms(connection);
    set_timer(connection, MIN_OF(MAX_OF(left, 0), limits_of(connection)->body_stall_ms));
}

static void begin_body(struct http_connection *connection, bool body_is_here)
{
    struct http_exchange *exchange = connection->exchange;
    exchange->body_left = exchange->head.content_length;
    buf_init(&exchange->body, exchange->body_ceiling);
    connection->state = HTTP_READING_BODY;
    connection->body_deadline_ms = now_ms(connection) + limits_of(connection)->body_timeout_ms;
    arm_body_timer(connection);
    if (exchange->head.expect_continue && exchange->head.minor == 1 && !body_is_here) {
        const struct str go_on = HTTP_CONTINUE;
        stream_send(connection->stream, &go_on, 1);
    }
}

/* The head is good: does the application want the body? */
static void admit(struct http_connection *connection, bool body_is_here)
{
    struct http_exchange *exchange = connection->exchange;
    const struct http_head *head = &exchange->head;
    bool no_body = head->framing == HTTP_BODY_NONE;
    int refuse_status = 0;
    exchange->body_ceiling =
        callbacks_of(connection)->admit(ctx_of(connection), &exchange->request, &refuse_status);
    if (refuse_status != 0)
        http_exchange_refuse(exchange, refuse_status, "The request is refused", &exchange->request,
                             no_body);
    else if (head->content_length > exchange->body_ceiling)
        http_exchange_refuse(exchange, 413, "The request body is too large", &exchange->request,
                             false);
    else if (no_body)
        dispatch(connection);
    else
        begin_body(connection, body_is_here);
}

/* `copy` lives in the exchange's arena and is parsed in place. Returns whether it is good. */
static bool parse_head(struct http_exchange *exchange, char *copy, size_t len)
{
    struct http_connection *connection = exchange->connection;
    const struct http_limits *limits = limits_of(connection);
    struct http_header *headers = connection->thread->headers;
    struct http_head *head = &exchange->head;
    const char *reason;
    int status = http_parse_request(copy, len, limits->target_bytes, headers, limits->header_count,
                                    head, &reason);
    if (status != 0) {
        http_count(&connection->thread->counters.parse_errors, 1);
        http_exchange_refuse(exchange, status, reason, NULL, false);
        return false;
    }
    struct http_header *kept =
        ARENA_ARRAY(&exchange->arena, head->header_count, struct http_header);
    memcpy(kept, headers, head->header_count * sizeof(*kept));
    exchange->request = (struct http_request){
        .method = head->method,
        .target = head->target,
        .path = head->path,
        .query = head->query,
        .minor = head->minor,
        .headers = kept,
        .header_count = head->header_count,
        .body = STR(""),
        .peer = str_from(connection->peer),
        .listener_tag = connection->listener->tag,
        .tls = connection->listener->tls,
        .received_us = clock_now_us(),
    };
    return true;
}

static void begin_request(struct http_connection *connection, struct str block, bool body_is_here)
{
    struct http_exchange *exchange = http_exchange_create(connection);
    connection->exchange = exchange;
    connection->scanned = 0;
    http_count(&connection->thread->counters.requests, 1);
    if (parse_head(exchange, arena_cstr(&exchange->arena, block), block.len))
        admit(connection, body_is_here);
}

/* What no header block fits into is refused by what does not fit: the target or the headers. */
static void refuse_long_head(struct http_connection *connection, const char *bytes, size_t len)
{
    bool in_first_line = !memchr(bytes, '\n', len);
    refuse_malformed(connection, in_first_line ? 414 : 431,
                     in_first_line ? "The request target is too long" : "The headers are too long");
}

static size_t consume_head(struct http_connection *connection, char *bytes, size_t len)
{
    size_t limit = limits_of(connection)->header_bytes;
    size_t block = 0;
    enum http_block found = http_block_find(bytes, len, &connection->scanned, &block);
    if (found == HTTP_BLOCK_BAD) {
        refuse_malformed(connection, 400, "This is not an HTTP request");
        return len;
    }
    if (found == HTTP_BLOCK_DONE && block <= limit) {
        begin_request(connection, str_of(bytes, block), len > block);
        return block;
    }
    if (len >= limit) {
        refuse_long_head(connection, bytes, len);
        return len;
    }
    if (!connection->head_started) {
        connection->head_started = true;
        set_timer(connection, limits_of(connection)->header_timeout_ms);
    }
    return 0;
}

/* --- Reading a body --- */

static void refuse_body(struct http_connection *connection, int status, const char *reason)
{
    struct http_exchange *exchange = connection->exchange;
    http_exchange_refuse(exchange, status, reason, &exchange->request, false);
}

/* False: the request has been refused. */
static bool keep_body(struct http_connection *connection, struct str part)
{
    struct http_exchange *exchange = connection->exchange;
    struct http_server *server = connection->thread->server;
    if (part.len > exchange->body_ceiling - exchange->body.len) {
        refuse_body(connection, 413, "The request body is too large");
        return false;
    }
    size_t before = atomic_fetch_add_explicit(&server->buffered, part.len, memory_order_relaxed);
    buf_append_str(&exchange->body, part);
    if (before + part.len > server->config.limits.buffered_bytes) {
        refuse_body(connection, 503, "Too many requests are being received");
        return false;
    }
    return true;
}

static size_t consume_plain_body(struct http_connection *connection, const char *bytes, size_t len)
{
    struct http_exchange *exchange = connection->exchange;
    size_t part = (size_t)MIN_OF((uint64_t)len, exchange->body_left);
    if (!keep_body(connection, str_of(bytes, part)))
        return len;
    exchange->body_left -= part;
    if (exchange->body_left == 0)
        dispatch(connection);
    return part;
}

static size_t consume_chunked_body(struct http_connection *connection, const char *bytes,
                                   size_t len)
{
    struct http_exchange *exchange = connection->exchange;
    enum http_chunked_result result = HTTP_CHUNKED_DATA;
    size_t at = 0;
    while (result == HTTP_CHUNKED_DATA) {
        size_t used;
        struct str data;
        result = http_chunked_decode(&exchange->chunked, bytes + at, len - at, &used, &data);
        at += used;
        if (result == HTTP_CHUNKED_DATA && !keep_body(connection, data))
            return len;
    }
    if (result == HTTP_CHUNKED_DONE) {
        dispatch(connection);
    } else if (result == HTTP_CHUNKED_BAD) {
        http_count(&connection->thread->counters.parse_errors, 1);
        refuse_body(connection, 400, "The chunked body is malformed");
        return len;
    }
    return at;
}

static size_t consume_body(struct http_connection *connection, char *bytes, size_t len)
{
    bool chunked = connection->exchange->head.framing == HTTP_BODY_CHUNKED;
    size_t used = chunked ? consume_chunked_body(connection, bytes, len)
                          : consume_plain_body(connection, bytes, len);
    if (connection->state == HTTP_READING_BODY)
        arm_body_timer(connection);
    return used;
}

static size_t discard(struct http_connection *connection, char *bytes, size_t len)
{
    (void)connection;
    (void)bytes;
    return len;
}

/* --- Time-outs --- */

static void count_timeout(struct http_connection *connection)
{
    http_count(&connection->thread->counters.timeouts, 1);
}

static void on_head_timeout(struct http_connection *connection)
{
    if (connection->in.len == 0) {
        http_connection_abort(connection);
        return;
    }
    count_timeout(connection);
    refuse_head(connection, 408, "The request did not arrive in time");
}

static void on_body_timeout(struct http_connection *connection)
{
    count_timeout(connection);
    refuse_body(connection, 408, "The request body did not arrive in time");
}

void http_connection_watch_progress(struct http_connection *connection)
{
    if (timer_is_set(&connection->timer))
        return;
    connection->queued = stream_queued(connection->stream);
    connection->progress_ms = now_ms(connection);
    set_timer(connection, limits_of(connection)->write_stall_ms / 4);
}

void http_connection_continue_soon(struct http_connection *connection)
{
    connection->queued = SIZE_MAX;
    set_timer(connection, 0);
}

static void on_progress_timeout(struct http_connection *connection)
{
    size_t queued = stream_queued(connection->stream);
    int64_t stall = limits_of(connection)->write_stall_ms;
    if (connection->state == HTTP_STREAMING && queued == 0) {
        http_stream_continue(connection->exchange);
        return;
    }
    if (queued < connection->queued)
        connection->progress_ms = now_ms(connection);
    connection->queued = queued;
    if (now_ms(connection) - connection->progress_ms < stall) {
        set_timer(connection, stall / 4);
        return;
    }
    count_timeout(connection);
    http_connection_abort(connection);
}

/* --- The machine --- */

static const struct {
    size_t (*consume)(struct http_connection *connection, char *bytes, size_t len); /* NULL: wait */
    void (*timeout)(struct http_connection *connection);
} states[HTTP_STATES] = {
    [HTTP_READING_HEAD] = {consume_head, on_head_timeout},
    [HTTP_READING_BODY] = {consume_body, on_body_timeout},
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
    connection->progress_ms = now_ms(connection);
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
    set_timer(connection, limits_of(connection)->idle_timeout_ms);
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
    buf_init(&connection->in, limits_of(connection)->header_bytes + NET_READ_SIZE);
    timer_init(&connection->timer, on_timer);
    set_timer(connection, limits_of(connection)->header_timeout_ms);
    stream_peer_text(stream, connection->peer);
    stream_set_owner(stream, &events, connection);
    stream_read_start(stream);
}
