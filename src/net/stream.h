/* A connected byte stream: TCP, unix socket, or TLS 1.2/1.3 over either, behind one face. All on
 * the thread of its loop. An idle stream holds no buffers. */
#ifndef NET_STREAM_H
#define NET_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/err.h"
#include "base/list.h"
#include "base/macros.h"
#include "base/str.h"
#include "net/loop.h"

struct stream;
struct tls_context;

/* Pieces one write gathers: a frame's head, its payload, and what ends it. */
#define STREAM_PIECES 3

/* What a stream tells its owner. */
struct stream_events {
    /* Bytes arrived, in memory the owner may scribble on until it returns. */
    void (*received)(void *owner, char *bytes, size_t len);
    /* No more bytes will come: `error` is 0 when the peer closed its side in order, else a
     * negative uv error. Writing may still work after 0. Called at most once. */
    void (*ended)(void *owner, int error);
    /* Bytes that had to wait were accepted by the socket, or (ok = false) writing has failed. */
    void (*written)(void *owner, bool ok);
};

/* A write without a copy. Lies with the bytes it sends; the fields are the stream's. */
struct stream_write {
    struct list_node node;
    struct stream *stream;
    uv_write_t uv;
    struct str pieces[STREAM_PIECES];
    void (*done)(struct stream_write *write, bool ok);
};

/* Takes a connection off a listening handle. NULL when there is none or it failed. */
struct stream *stream_accept(struct net_loop *loop, uv_stream_t *listener, struct tls_context *tls);

/* Starts to connect to a host, or to the unix socket `host` when `port` is 0. `connected` is called
 * once, later: with NULL when the stream is ready (after the TLS handshake), else with the reason.
 * The owner closes the stream in either case. */
struct stream *stream_connect(struct net_loop *loop, const char *host, uint16_t port,
                              struct tls_context *tls,
                              void (*connected)(void *owner, const char *failure), void *owner);

/* Sets or changes who is told. No event comes before the first stream_read_start. */
void stream_set_owner(struct stream *stream, const struct stream_events *events, void *owner);

/* Reading starts stopped. Stopping takes effect at once, also within `received`. */
void stream_read_start(struct stream *stream);
void stream_read_stop(struct stream *stream);

/* Sends up to STREAM_PIECES pieces. True: all of it was taken at once and `done` is not called.
 * False: the bytes must stay until done(), which comes exactly once, later, also when the stream
 * is closed meanwhile. */
MUST_CHECK bool stream_write(struct stream *stream, struct stream_write *write,
                             const struct str *pieces, size_t count,
                             void (*done)(struct stream_write *write, bool ok));

/* The same, copying what is not taken at once. Errors come by `written`. */
void stream_send(struct stream *stream, const struct str *pieces, size_t count);

/* Bytes that wait for the peer. */
size_t stream_queued(const struct stream *stream);

/* More must come before anything can be answered: acknowledges what has come at once. A client that
 * sends headers and body apart, under Nagle's rule, would else wait 40 ms for it. */
void stream_ack_now(struct stream *stream);

/* Closes our side once everything queued has been sent. */
void stream_shutdown(struct stream *stream);

/* Closes at once and frees when it is safe. No event comes any more; done() of writes does. */
void stream_close(struct stream *stream);

bool stream_is_tls(const struct stream *stream);

#define STREAM_PEER_SIZE 64
/* "192.0.2.1:5000", "[2001:db8::1]:5000" or "unix". */
void stream_peer_text(struct stream *stream, char text[STREAM_PEER_SIZE]);

/* --- TLS set-up, shared by threads --- */

/* For a server: PEM files with the chain and the key. */
struct tls_context *tls_context_create_server(const char *cert_file, const char *key_file,
                                              struct err *err);
/* For a client: verifies chain and host name against `ca_file`, or the system's store (NULL;
 * SSL_CERT_FILE and SSL_CERT_DIR apply). */
struct tls_context *tls_context_create_client(const char *ca_file, struct err *err);
void tls_context_destroy(struct tls_context *context);

#endif
