/* From bytes to exchanges: heads, bodies, and what is refused on the way. */
#include "base/clock.h"
#include "net/http_internal.h"

static const struct http_callbacks *callbacks_of(const struct http_connection *connection)
{
    return &connection->thread->server->config.callbacks;
}

static void *ctx_of(const struct http_connection *connection)
{
    return connection->thread->server->config.ctx;
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
    int64_t left = connection->body_deadline_ms - http_now_ms(connection);
    http_set_timer(connection, MIN_OF(MAX_OF(left, 0), http_limits_of(connection)->body_stall_ms));
}

static void begin_body(struct http_connection *connection, bool body_is_here)
{
    struct http_exchange *exchange = connection->exchange;
    exchange->body_left = exchange->head.content_length;
    buf_init(&exchange->body, exchange->body_ceiling);
    connection->state = HTTP_READING_BODY;
    connection->body_deadline_ms =
        http_now_ms(connection) + http_limits_of(connection)->body_timeout_ms;
    arm_body_timer(connection);
    if (!body_is_here)
        stream_ack_now(connection->stream);
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
    const struct http_limits *limits = http_limits_of(connection);
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

size_t http_receive_head(struct http_connection *connection, char *bytes, size_t len)
{
    size_t limit = http_limits_of(connection)->header_bytes;
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
        http_set_timer(connection, http_limits_of(connection)->header_timeout_ms);
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
    if (result == HTTP_CHUNKED_BAD) {
        http_count(&connection->thread->counters.parse_errors, 1);
        refuse_body(connection, 400, "The chunked body is malformed");
        return len;
    }
    if (result == HTTP_CHUNKED_DONE) {
        dispatch(connection);
        return at;
    }
    if (exchange->chunked.left > exchange->body_ceiling - exchange->body.len) {
        refuse_body(connection, 413, "The request body is too large");
        return len;
    }
    return at;
}

size_t http_receive_body(struct http_connection *connection, char *bytes, size_t len)
{
    bool chunked = connection->exchange->head.framing == HTTP_BODY_CHUNKED;
    size_t used = chunked ? consume_chunked_body(connection, bytes, len)
                          : consume_plain_body(connection, bytes, len);
    if (connection->state == HTTP_READING_BODY) {
        arm_body_timer(connection);
        stream_ack_now(connection->stream);
    }
    return used;
}

/* --- Time-outs --- */

void http_receive_head_timeout(struct http_connection *connection)
{
    if (connection->in.len == 0) {
        http_connection_abort(connection);
        return;
    }
    http_count_timeout(connection);
    refuse_head(connection, 408, "The request did not arrive in time");
}

void http_receive_body_timeout(struct http_connection *connection)
{
    http_count_timeout(connection);
    refuse_body(connection, 408, "The request body did not arrive in time");
}
