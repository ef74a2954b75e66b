/* What the files of the server share. All of it belongs to the connection's loop thread, except
 * where it says atomic. */
#ifndef NET_HTTP_INTERNAL_H
#define NET_HTTP_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/buf.h"
#include "base/list.h"
#include "net/http_chunked.h"
#include "net/http_parse.h"
#include "net/http_server.h"
#include "net/stream.h"

/* One writer (the thread), any reader. */
struct http_counters {
    _Atomic uint64_t accepted, refused, websockets, requests, bytes_in, bytes_out, parse_errors,
        timeouts;
};

static inline void http_count(_Atomic uint64_t *counter, int64_t change)
{
    uint64_t value = atomic_load_explicit(counter, memory_order_relaxed);
    atomic_store_explicit(counter, value + (uint64_t)change, memory_order_relaxed);
}

struct http_acceptor {
    union {
        uv_handle_t handle;
        uv_stream_t uv;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    };
    struct http_thread *thread;
    const struct http_listener *listener;
};

struct http_thread {
    struct http_server *server;
    struct net_loop *loop;
    struct http_acceptor *acceptors; /* one for each listener */
    struct list_node connections;
    struct http_header *headers; /* room for one request's, while it is parsed */
    bool started;
    struct net_task drain, close;
    struct http_counters counters;
};

struct http_server {
    struct http_server_config config;
    struct tls_context *tls;
    uint16_t *ports;
    struct http_thread *threads;
    atomic_uint connections;
    atomic_size_t buffered; /* bytes of request bodies */
    atomic_bool draining;
    /* Connections, and threads that have a task to run. */
    atomic_uint active;
    pthread_mutex_t lock;
    pthread_cond_t quiet; /* active became 0, or less while draining */
};

/* Ends one of `active`. */
void http_server_leave(struct http_server *server);

/* Wakes whoever waits for the drain. */
void http_server_changed(struct http_server *server);

/* What a connection is doing. It has an exchange from the end of a request's head until the
 * response is sent. */
enum http_state {
    HTTP_READING_HEAD, /* idle, too */
    HTTP_READING_BODY,
    HTTP_HANDLING,  /* the application has the exchange */
    HTTP_SENDING,   /* the socket does not take all of the response at once */
    HTTP_STREAMING, /* the application writes the body piece by piece */
    HTTP_UPGRADED,  /* a WebSocket has the stream */
    HTTP_LINGERING, /* our side is closed; what still comes is thrown away */
    HTTP_CLOSED,    /* the stream is gone; an exchange may still be out */
    HTTP_STATES,
};

struct http_connection {
    struct list_node node;
    struct http_thread *thread;
    const struct http_listener *listener;
    struct stream *stream;
    struct http_exchange *exchange;
    struct ws *ws;
    enum http_state state;
    bool processing;   /* handling input: whoever finishes a request need not look for more */
    bool ended;        /* the client has closed its side */
    bool head_started; /* the header timeout runs, not the idle timeout */
    struct buf in;     /* bytes read and not used yet: a partial head, or pipelined requests */
    size_t in_at;
    size_t scanned; /* of the head being read */
    struct net_timer timer;
    int64_t body_deadline_ms;
    int64_t progress_ms; /* when the client was last seen to take something of a response ... */
    size_t queued;       /* ... and what waited then */
    struct net_parked parked;
    char peer[STREAM_PEER_SIZE];
};

enum http_answer {
    HTTP_ANSWER_WHOLE,
    HTTP_ANSWER_STREAM,
    HTTP_ANSWER_WEBSOCKET,
};

struct http_exchange {
    struct arena arena; /* holds the exchange, too */
    struct http_connection *connection;
    struct http_request request;
    struct http_head head;
    size_t body_ceiling;
    struct buf body;
    uint64_t body_left;
    struct http_chunked chunked;
    /* The answer. */
    enum http_answer answer;
    bool keep_alive;
    struct http_response response;
    struct net_task task;
    struct stream_write write;
    const struct http_stream_ops *stream_ops;
    const struct ws_config *ws_config;
    void *answer_ctx;
    /* Of a streamed answer. */
    bool framed; /* in chunks */
    bool pulling;
    bool stream_ended;
    bool stream_aborted;
    size_t stream_written;
};

/* --- http_connection.c --- */

void http_connection_open(struct http_acceptor *acceptor, struct stream *stream);

/* Closes at once. The exchange, if the application has it, stays until it is answered. */
void http_connection_abort(struct http_connection *connection);

/* Closes if nothing is under way: for a drain. */
void http_connection_close_idle(struct http_connection *connection);

/* The response is out: on to the next request, or close. */
void http_connection_next(struct http_connection *connection, bool keep_alive);

/* Looks in a while whether the client still takes bytes. */
void http_connection_watch_progress(struct http_connection *connection);

/* Calls http_stream_continue in the next turns of the loop. */
void http_connection_continue_soon(struct http_connection *connection);

static inline const struct http_limits *http_limits_of(const struct http_connection *connection)
{
    return &connection->thread->server->config.limits;
}

static inline int64_t http_now_ms(const struct http_connection *connection)
{
    return (int64_t)uv_now(net_loop_uv(connection->thread->loop));
}

/* Calls the state's time-out, unless it is set anew before. */
static inline void http_set_timer(struct http_connection *connection, int64_t delay_ms)
{
    timer_set(net_loop_timers(connection->thread->loop), &connection->timer, delay_ms);
}

static inline void http_count_timeout(struct http_connection *connection)
{
    http_count(&connection->thread->counters.timeouts, 1);
}

/* --- http_receive.c --- */

/* Return how many bytes were used; 0: more are needed. */
size_t http_receive_head(struct http_connection *connection, char *bytes, size_t len);
size_t http_receive_body(struct http_connection *connection, char *bytes, size_t len);

void http_receive_head_timeout(struct http_connection *connection);
void http_receive_body_timeout(struct http_connection *connection);

/* --- http_exchange.c: one request and its answer --- */

struct http_exchange *http_exchange_create(struct http_connection *connection);

void http_exchange_free(struct http_exchange *exchange);

/* Frees the exchange and lets its connection go on. */
void http_exchange_finish(struct http_exchange *exchange);

/* Hands a whole response to the connection. Loop thread. */
void http_exchange_send(struct http_exchange *exchange);

/* Answers with the application's error body. `request` as in http_callbacks.error. */
void http_exchange_refuse(struct http_exchange *exchange, int status, const char *reason,
                          const struct http_request *request, bool keep_alive);

/* --- http_response.c --- */

/* The head of the answer, in the exchange's arena. */
struct str http_response_head(struct http_exchange *exchange, struct str date);

/* Whether a response to this request with this status has a body on the wire. */
bool http_response_has_body(const struct http_exchange *exchange);

#define HTTP_CONTINUE STR("HTTP/1.1 100 Continue\r\n\r\n")

/* --- http_stream.c --- */

void http_stream_begin(struct http_exchange *exchange);
/* The socket has taken something, or the time to go on has come. */
void http_stream_continue(struct http_exchange *exchange);
/* The connection is gone. */
void http_stream_drop(struct http_exchange *exchange);

/* --- http_upgrade.c --- */

void http_upgrade_begin(struct http_exchange *exchange);
void http_upgrade_drop(struct http_exchange *exchange);

#endif
