/* A response whose body is written piece by piece, no faster than the client reads. */
#include <stdio.h>

#include "net/http_internal.h"

/* What one call may write before others get their turn. */
#define BURST HTTP_STREAM_MAX

static void send_pieces(struct http_exchange *exchange, const struct str *pieces, size_t count)
{
    struct http_counters *counters = &exchange->connection->thread->counters;
    for (size_t i = 0; i < count; i++)
        http_count(&counters->bytes_out, (int64_t)pieces[i].len);
    stream_send(exchange->connection->stream, pieces, count);
}

static void finish(struct http_exchange *exchange, bool complete)
{
    exchange->stream_ops->closed(exchange->answer_ctx, exchange, complete);
    http_exchange_finish(exchange);
}

void http_stream_drop(struct http_exchange *exchange)
{
    /* From within pull: the loop there finishes. */
    if (exchange->pulling)
        exchange->stream_aborted = true;
    else
        finish(exchange, false);
}

static void end_if_sent(struct http_exchange *exchange)
{
    struct http_connection *connection = exchange->connection;
    if (stream_queued(connection->stream) > 0) {
        http_connection_watch_progress(connection);
        return;
    }
    timer_cancel(&connection->timer);
    finish(exchange, true);
}

/* Lets the application write while the client keeps up. */
static void pull(struct http_exchange *exchange)
{
    struct http_connection *connection = exchange->connection;
    size_t start = exchange->stream_written, before;
    exchange->pulling = true;
    do {
        before = exchange->stream_written;
        exchange->stream_ops->pull(exchange->answer_ctx, exchange);
    } while (exchange->stream_written > before && exchange->stream_written - start < BURST &&
             !exchange->stream_ended && !exchange->stream_aborted &&
             stream_queued(connection->stream) < HTTP_STREAM_LOW);
    exchange->pulling = false;
    if (exchange->stream_aborted && connection->state == HTTP_CLOSED)
        finish(exchange, false);
    else if (exchange->stream_aborted)
        http_connection_abort(connection);
    else if (exchange->stream_ended)
        end_if_sent(exchange);
    else if (stream_queued(connection->stream) > 0)
        http_connection_watch_progress(connection);
    else if (exchange->stream_written - start >= BURST)
        http_connection_continue_soon(connection);
}

void http_stream_begin(struct http_exchange *exchange)
{
    struct http_connection *connection = exchange->connection;
    bool has_body = http_response_has_body(exchange);
    exchange->framed = exchange->head.minor == 1;
    if (has_body && !exchange->framed)
        exchange->keep_alive = false;
    connection->state = HTTP_STREAMING;
    struct str head = http_response_head(exchange, net_loop_date(connection->thread->loop));
    send_pieces(exchange, &head, 1);
    if (has_body) {
        pull(exchange);
    } else {
        exchange->stream_ended = true;
        end_if_sent(exchange);
    }
}

void http_stream_continue(struct http_exchange *exchange)
{
    struct http_connection *connection = exchange->connection;
    if (exchange->stream_ended)
        end_if_sent(exchange);
    else if (stream_queued(connection->stream) < HTTP_STREAM_LOW)
        pull(exchange);
}

bool http_stream_write(struct http_exchange *exchange, struct str bytes)
{
    struct http_connection *connection = exchange->connection;
    if (connection->state != HTTP_STREAMING || exchange->stream_ended ||
        stream_queued(connection->stream) + bytes.len > HTTP_STREAM_MAX)
        return false;
    if (bytes.len == 0)
        return true;
    exchange->stream_written += bytes.len;
    if (exchange->framed) {
        char size[20];
        int len = snprintf(size, sizeof(size), "%zx\r\n", bytes.len);
        const struct str pieces[] = {str_of(size, (size_t)len), bytes, STR("\r\n")};
        send_pieces(exchange, pieces, countof(pieces));
    } else {
        send_pieces(exchange, &bytes, 1);
    }
    if (!exchange->pulling && stream_queued(connection->stream) > 0)
        http_connection_watch_progress(connection);
    return true;
}

void http_stream_end(struct http_exchange *exchange)
{
    if (exchange->stream_ended || exchange->connection->state != HTTP_STREAMING)
        return;
    exchange->stream_ended = true;
    const struct str last = STR("0\r\n\r\n");
    if (exchange->framed)
        send_pieces(exchange, &last, 1);
    if (!exchange->pulling)
        end_if_sent(exchange);
}

void http_stream_abort(struct http_exchange *exchange)
{
    if (exchange->pulling)
        exchange->stream_aborted = true;
    else
        http_connection_abort(exchange->connection);
}
