/* What the files that make up streams share. */
#ifndef NET_STREAM_INTERNAL_H
#define NET_STREAM_INTERNAL_H

#include <openssl/ssl.h>

#include "net/stream.h"

struct stream_tls;

struct tls_context {
    SSL_CTX *ctx;
    BIO_METHOD *bio;
    bool client;
};

/* What differs between plain and TLS streams. */
struct stream_kind {
    /* Takes bytes that are to be sent now, without a wait; returns how many. */
    size_t (*push)(struct stream *stream, const struct str *pieces, size_t count);
    /* Sends write->pieces later, in order. */
    void (*enqueue)(struct stream *stream, struct stream_write *write);
    /* Bytes or the end came from the socket. */
    void (*received)(struct stream *stream, char *bytes, size_t len);
    void (*ended)(struct stream *stream, int error);
    void (*resumed)(struct stream *stream);
    void (*shut_down)(struct stream *stream);
};

struct stream {
    union {
        uv_handle_t handle;
        uv_stream_t uv;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    };
    struct net_loop *loop;
    const struct stream_kind *kind;
    const struct stream_events *events;
    void *owner;
    struct stream_tls *tls; /* NULL: plain */
    uv_shutdown_t shutdown_request;
    bool reading;
    bool raw_reading; /* the socket is read; TLS reads it for the handshake too */
    bool closing;
    bool ended;
    void (*connected)(void *owner, const char *failure);
    struct stream_connect *connecting;
};

extern const struct stream_kind stream_plain;
extern const struct stream_kind stream_tls;

/* A stream without a connection; init_handle makes its handle a TCP or unix one. */
struct stream *stream_alloc(struct net_loop *loop);
int stream_init_handle(struct stream *stream, bool is_unix);

void stream_raw_read_start(struct stream *stream);
void stream_raw_read_stop(struct stream *stream);
void stream_raw_shutdown(struct stream *stream);
/* Bytes the socket has not taken yet. */
size_t stream_raw_queued(const struct stream *stream);

/* stream_send as this kind of stream does it. */
void stream_send_by(struct stream *stream, const struct stream_kind *kind, const struct str *pieces,
                    size_t count);

void stream_report_end(struct stream *stream, int error);
void stream_report_connected(struct stream *stream, const char *failure);

/* What OpenSSL reads and writes through. NULL when out of memory. */
BIO_METHOD *stream_tls_bio_method(void);

/* Puts TLS on top; the handshake begins with the first bytes (server) or at once (client). `host`
 * is what a client verifies. False when OpenSSL refuses. */
bool stream_tls_attach(struct stream *stream, struct tls_context *context, char *host);
void stream_tls_start_handshake(struct stream *stream);
/* The socket has taken something; more may be encrypted. */
void stream_tls_raw_written(struct stream *stream, bool ok);
size_t stream_tls_queued(const struct stream *stream);
/* Fails what waits, when the stream closes; then frees. */
void stream_tls_destroy(struct stream_tls *tls);

size_t str_pieces_len(const struct str *pieces, size_t count);
/* Drops `len` bytes from the front of the pieces. */
void str_pieces_drop(struct str *pieces, size_t count, size_t len);

void stream_connect_abandon(struct stream_connect *connecting);

#endif
