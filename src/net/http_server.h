/* The HTTP/1.1 server (RFC 9110, 9112): network threads with a loop each read requests and hand
 * each one over as an exchange, which anybody answers from any thread.
 *
 * Requests of one connection are handled one after another, in order. A client that leaves does
 * not disturb an exchange: it lives until it is answered, and the answer is dropped. */
#ifndef NET_HTTP_SERVER_H
#define NET_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "net/http_types.h"
#include "net/loop.h"
#include "net/ws.h"

struct http_server;
struct http_exchange;

struct http_listener {
    /* "127.0.0.1:8080", "[::1]:8080", ":8080" (every IPv4 address), "[::]:8080" (every address),
     * "unix:PATH"; port 0 takes a free one. */
    const char *address;
    int tag; /* comes back as http_request.listener_tag */
    bool tls;
};

struct http_limits {
    size_t header_bytes;       /* request line and headers: 431, or 414 for a long target */
    size_t header_count;       /* 431 */
    size_t target_bytes;       /* 414 */
    size_t buffered_bytes;     /* request bodies in memory, of all connections together: 503 */
    unsigned max_connections;  /* above it a connection gets 503 and is closed */
    int64_t header_timeout_ms; /* from the first byte (or the accept) to the last header: 408 */
    int64_t body_timeout_ms;   /* for a whole body: 408 */
    int64_t body_stall_ms;     /* without a byte of a body: 408 */
    int64_t idle_timeout_ms;   /* between requests */
    int64_t write_stall_ms;    /* without a byte of a response accepted by the client */
};

extern const struct http_limits http_limits_default;

/* All called on network threads with the server's `ctx`; none may block. */
struct http_callbacks {
    /* The headers are complete, the body is not there yet. Returns the ceiling of the body in
     * bytes (a longer one is 413), or sets *ret_refuse_status to refuse the request unread. */
    size_t (*admit)(void *ctx, const struct http_request *headers_only, int *ret_refuse_status);

    /* A complete request. Somebody must call one of the http_respond functions, exactly once. */
    void (*request)(void *ctx, struct http_exchange *exchange);

    /* The requests of one turn of a network thread have all been handed over; may be NULL. */
    void (*turn_end)(void *ctx);

    /* Fills the answer to a request the server itself refuses (400, 408, 413, 414, 417, 431, 501,
     * 503, 505, and what admit refuses). `reason` is a static sentence for people; `request` is
     * NULL when no header block could be read. */
    void (*error)(void *ctx, int status, const char *reason, const struct http_request *request,
                  struct arena *arena, struct http_response *ret_response);
};

struct http_server_config {
    const struct http_listener *listeners;
    size_t listener_count;
    unsigned threads;          /* at least 1 */
    const char *tls_cert_file; /* PEM chain; NULL without TLS listeners */
    const char *tls_key_file;
    struct http_limits limits; /* start from http_limits_default */
    struct http_callbacks callbacks;
    void *ctx;
};

/* Binds every listener; nothing is accepted yet. A unix socket gets mode 0600; a stale one nobody
 * listens on is replaced. The config is copied, except what it points to: that must live as long
 * as the server. NULL and *err when an address cannot be bound or a file not be read. */
struct http_server *http_server_create(const struct http_server_config *config, struct err *err);

bool http_server_start(struct http_server *server, struct err *err);

/* Stops accepting, closes idle connections, sends 1001 to WebSockets, lets requests in flight
 * finish. Blocks until all is quiet (true) or `deadline_ms` milliseconds have passed (false). Any
 * thread but the network's own. */
bool http_server_drain(struct http_server *server, int64_t deadline_ms);

/* Closes what is open, and waits until every exchange handed out has been answered and the
 * threads have ended. NULL is fine. */
void http_server_destroy(struct http_server *server);

/* The port listener `index` is bound to; 0 for a unix socket. */
uint16_t http_server_bound_port(const struct http_server *server, size_t index);

struct http_server_stats {
    uint64_t connections_open;
    uint64_t connections_accepted;
    uint64_t connections_refused; /* above max_connections */
    uint64_t websockets_open;
    uint64_t requests;
    uint64_t bytes_in; /* after TLS */
    uint64_t bytes_out;
    uint64_t parse_errors; /* requests refused as malformed */
    uint64_t timeouts;
};

/* Any thread. */
void http_server_stats_read(const struct http_server *server, struct http_server_stats *ret_stats);

/* --- One exchange. Readable from any thread until it is answered. --- */

const struct http_request *http_exchange_request(const struct http_exchange *exchange);

/* Freed after the response has been sent. For whoever holds the exchange, one thread at a time. */
struct arena *http_exchange_arena(struct http_exchange *exchange);

/* The loop of the exchange's connection. */
struct net_loop *http_exchange_loop(const struct http_exchange *exchange);

/* Any thread, at once or later. What the response points to must lie in the exchange's arena or be
 * static. HEAD sends the body's length without the body; 204 and 304 neither. The exchange is gone
 * for the caller. */
void http_respond(struct http_exchange *exchange, const struct http_response *response);

/* A body of unknown length: chunked, or until close for HTTP/1.0. All calls on the loop thread. */
struct http_stream_ops {
    /* Less than HTTP_STREAM_LOW bytes wait for the client: write more. It is called again once
     * what it wrote has drained; when it writes nothing, write later (from a task of the loop). */
    void (*pull)(void *ctx, struct http_exchange *exchange);
    /* The last call: everything was handed to the socket (complete), or the client has gone, or
     * the stream was aborted. The exchange is gone afterwards. */
    void (*closed)(void *ctx, struct http_exchange *exchange, bool complete);
};

#define HTTP_STREAM_LOW (64u * 1024)
#define HTTP_STREAM_MAX (1024u * 1024)

/* Any thread. `response->body` is ignored. A HEAD request gets the headers and closed(). */
void http_respond_stream(struct http_exchange *exchange, const struct http_response *response,
                         const struct http_stream_ops *ops, void *ctx);

/* Loop thread, between the first pull and closed. The bytes are copied when they cannot be written
 * at once. False, and nothing written, when more than HTTP_STREAM_MAX bytes would wait. */
MUST_CHECK bool http_stream_write(struct http_exchange *exchange, struct str bytes);
/* Loop thread: the body is complete. closed() follows, possibly before this returns. */
void http_stream_end(struct http_exchange *exchange);
/* Loop thread: cuts the connection, so that the client sees an incomplete body. closed() follows,
 * possibly before this returns. */
void http_stream_abort(struct http_exchange *exchange);

/* Any thread. Answers 101 with these extra headers and turns the connection into a WebSocket:
 * config->opened is called on the loop thread with `ctx`, or config->closed alone (with a NULL
 * websocket and 1006) when the client has gone meanwhile. The request must satisfy
 * http_is_websocket_upgrade. `config` must live as long as the WebSocket. */
void http_respond_websocket(struct http_exchange *exchange, const struct http_header *headers,
                            size_t header_count, const struct ws_config *config, void *ctx);

#endif
