/* TLS over a stream's socket. OpenSSL reads from the bytes that just arrived and writes records
 * straight to the socket's queue through a BIO of our own, so an idle connection keeps neither
 * input nor output buffers. */
#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/buf.h"
#include "base/mem.h"
#include "net/stream_internal.h"

#define RECORD_SIZE (16u * 1024)
/* Encrypted bytes that may wait for the socket before encryption pauses. */
#define QUEUE_HIGH (4u * RECORD_SIZE)

struct stream_tls {
    struct stream *stream;
    SSL *ssl;
    struct str input;        /* ciphertext not given to OpenSSL yet */
    struct buf held;         /* owns `input` while the stream is stopped */
    struct list_node writes; /* of struct stream_write: plaintext that waits */
    size_t waiting;          /* bytes in `writes` */
    struct net_task task;    /* runs later() */
    bool task_posted;
    bool destroyed; /* while the task was posted */
    bool processing;
    bool ready; /* the handshake is done */
    bool broken;
    bool shut_down_wanted;
    bool raw_ended;
    int raw_error;
    int error; /* why it is broken: uv's, and OpenSSL's */
    unsigned long tls_error;
};

/* --- The BIO between OpenSSL and the socket --- */

static int bio_write(BIO *bio, const char *bytes, size_t len, size_t *ret_written)
{
    const struct str piece = str_of(bytes, len);
    stream_send_by(BIO_get_data(bio), &stream_plain, &piece, 1);
    *ret_written = len;
    return 1;
}

static int bio_read(BIO *bio, char *bytes, size_t size, size_t *ret_read)
{
    struct stream *stream = BIO_get_data(bio);
    struct str *input = &stream->tls->input;
    BIO_clear_retry_flags(bio);
    if (input->len == 0) {
        BIO_set_retry_read(bio);
        return 0;
    }
    *ret_read = MIN_OF(size, input->len);
    memcpy(bytes, input->ptr, *ret_read);
    *input = str_slice(*input, *ret_read, input->len);
    return 1;
}

static long bio_ctrl(BIO *bio, int command, long number, void *ptr)
{
    (void)bio;
    (void)number;
    (void)ptr;
    return command == BIO_CTRL_FLUSH;
}

BIO_METHOD *stream_tls_bio_method(void)
{
    BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "stream");
    if (method) {
        BIO_meth_set_write_ex(method, bio_write);
        BIO_meth_set_read_ex(method, bio_read);
        BIO_meth_set_ctrl(method, bio_ctrl);
    }
    return method;
}

/* --- Deferred work --- */

static void fail_writes(struct stream_tls *tls)
{
    tls->waiting = 0;
    while (!list_is_empty(&tls->writes)) {
        struct stream_write *write = container_of(tls->writes.next, struct stream_write, node);
        list_remove(&write->node);
        write->done(write, false);
    }
}

/* The words for a failed handshake or a broken record. */
static const char *failure_words(const struct stream_tls *tls)
{
    long verified = SSL_get_verify_result(tls->ssl);
    if (verified != X509_V_OK)
        return X509_verify_cert_error_string(verified);
    const char *reason = ERR_reason_error_string(tls->tls_error);
    return reason ? reason : "the connection was closed during the TLS handshake";
}

static void report_failure(struct stream_tls *tls)
{
    struct stream *stream = tls->stream;
    fail_writes(tls);
    if (stream->connected)
        stream_report_connected(stream, failure_words(tls));
    else
        stream_report_end(stream, tls->error);
}

static void process_input(struct stream_tls *tls);

static void later(struct net_task *task)
{
    struct stream_tls *tls = container_of(task, struct stream_tls, task);
    tls->task_posted = false;
    if (tls->destroyed) {
        free(tls);
        return;
    }
    if (tls->stream->closing)
        return;
    if (tls->broken)
        report_failure(tls);
    else
        process_input(tls);
}

static void post_later(struct stream_tls *tls)
{
    if (tls->task_posted)
        return;
    tls->task_posted = true;
    tls->task.run = later;
    net_loop_post(tls->stream->loop, &tls->task);
}

/* Nothing can be sent or read any more. The owner hears of it later, since this may happen within
 * one of its own calls. */
static void break_off(struct stream_tls *tls, int error)
{
    tls->broken = true;
    tls->error = error;
    tls->tls_error = ERR_peek_last_error();
    ERR_clear_error();
    post_later(tls);
}

/* --- Writing --- */

/* Copies up to a record's size from the front of the pieces. */
static size_t gather(const struct str *pieces, size_t count, char record[RECORD_SIZE])
{
    size_t len = 0;
    for (size_t i = 0; i < count; i++) {
        size_t part = MIN_OF(pieces[i].len, RECORD_SIZE - len);
        if (part > 0)
            memcpy(record + len, pieces[i].ptr, part);
        len += part;
    }
    return len;
}

/* Encrypts one record; returns how many bytes of the pieces it holds. */
static size_t encrypt_record(struct stream_tls *tls, const struct str *pieces, size_t count)
{
    char record[RECORD_SIZE];
    size_t len = gather(pieces, count, record);
    size_t written = 0;
    if (len > 0 && SSL_write_ex(tls->ssl, record, len, &written) != 1)
        break_off(tls, UV_ECONNABORTED);
    return written;
}

static bool may_encrypt(const struct stream_tls *tls)
{
    return tls->ready && !tls->broken && !tls->stream->closing &&
           stream_raw_queued(tls->stream) < QUEUE_HIGH;
}

static size_t tls_push(struct stream *stream, const struct str *pieces, size_t count)
{
    struct stream_tls *tls = stream->tls;
    struct str left[STREAM_PIECES];
    memcpy(left, pieces, count * sizeof(*pieces));
    size_t total = 0;
    while (list_is_empty(&tls->writes) && may_encrypt(tls)) {
        size_t len = encrypt_record(tls, left, count);
        if (len == 0)
            break;
        str_pieces_drop(left, count, len);
        total += len;
    }
    return total;
}

static void tls_enqueue(struct stream *stream, struct stream_write *write)
{
    struct stream_tls *tls = stream->tls;
    list_append(&tls->writes, &write->node);
    tls->waiting += str_pieces_len(write->pieces, STREAM_PIECES);
    if (tls->broken)
        post_later(tls);
}

/* Encrypts what waits, as far as the socket's queue allows. */
static void pump(struct stream_tls *tls)
{
    while (!list_is_empty(&tls->writes) && may_encrypt(tls)) {
        struct stream_write *write = container_of(tls->writes.next, struct stream_write, node);
        size_t len = encrypt_record(tls, write->pieces, STREAM_PIECES);
        if (len == 0)
            return;
        str_pieces_drop(write->pieces, STREAM_PIECES, len);
        tls->waiting -= len;
        if (str_pieces_len(write->pieces, STREAM_PIECES) == 0) {
            list_remove(&write->node);
            write->done(write, true);
        }
    }
    if (tls->shut_down_wanted && list_is_empty(&tls->writes) && !tls->stream->closing) {
        tls->shut_down_wanted = false;
        SSL_shutdown(tls->ssl);
        ERR_clear_error();
        stream_raw_shutdown(tls->stream);
    }
}

void stream_tls_raw_written(struct stream *stream, bool ok)
{
    if (ok && !stream->closing)
        pump(stream->tls);
}

static void tls_shut_down(struct stream *stream)
{
    stream->tls->shut_down_wanted = stream->tls->ready && !stream->tls->broken;
    if (stream->tls->shut_down_wanted)
        pump(stream->tls);
    else
        stream_raw_shutdown(stream);
}

size_t stream_tls_queued(const struct stream *stream)
{
    return stream->tls->waiting;
}

/* --- Reading --- */

static void handle_failure(struct stream_tls *tls, int result)
{
    switch (SSL_get_error(tls->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        break;
    case SSL_ERROR_ZERO_RETURN:
        stream_report_end(tls->stream, 0);
        break;
    default:
        break_off(tls, UV_ECONNABORTED);
        break;
    }
}

/* Returns whether more can be read now. */
static bool continue_handshake(struct stream_tls *tls)
{
    int result = SSL_do_handshake(tls->ssl);
    if (result != 1) {
        handle_failure(tls, result);
        return false;
    }
    struct stream *stream = tls->stream;
    tls->ready = true;
    stream_report_connected(stream, NULL);
    if (!stream->closing)
        pump(tls);
    return true;
}

static bool read_record(struct stream_tls *tls)
{
    char plain[RECORD_SIZE];
    size_t len;
    int result = SSL_read_ex(tls->ssl, plain, sizeof(plain), &len);
    if (result == 1)
        tls->stream->events->received(tls->stream->owner, plain, len);
    else
        handle_failure(tls, result);
    return result == 1;
}

static bool may_read(const struct stream_tls *tls)
{
    const struct stream *stream = tls->stream;
    return !stream->closing && !tls->broken && !stream->ended && (!tls->ready || stream->reading);
}

/* Keeps the ciphertext that the owner does not want yet. A stopped stream does not read its
 * socket, so this is at most one read. */
static void hold_input(struct stream_tls *tls)
{
    struct buf rest;
    buf_init(&rest, 2 * NET_READ_SIZE);
    if (tls->input.len > 0)
        buf_append_str(&rest, tls->input);
    buf_finish(&tls->held);
    tls->held = rest;
    tls->input = tls->held.len > 0 ? buf_str(&tls->held) : STR("");
}

static void process_input(struct stream_tls *tls)
{
    if (tls->processing)
        return;
    tls->processing = true;
    while (may_read(tls)) {
        if (!(tls->ready ? read_record(tls) : continue_handshake(tls)))
            break;
    }
    tls->processing = false;
    if (tls->stream->closing)
        tls->input = STR("");
    else
        hold_input(tls);
    /* The socket's end without TLS's own is a cut connection. */
    if (tls->raw_ended && may_read(tls))
        break_off(tls, tls->raw_error ? tls->raw_error : UV_ECONNRESET);
}

static void tls_received(struct stream *stream, char *bytes, size_t len)
{
    struct stream_tls *tls = stream->tls;
    if (tls->held.len > 0) {
        buf_append(&tls->held, bytes, len);
        tls->input = buf_str(&tls->held);
    } else {
        tls->input = str_of(bytes, len);
    }
    process_input(tls);
}

static void tls_ended(struct stream *stream, int error)
{
    struct stream_tls *tls = stream->tls;
    tls->raw_ended = true;
    tls->raw_error = error;
    stream_raw_read_stop(stream);
    process_input(tls);
}

static void tls_resumed(struct stream *stream)
{
    struct stream_tls *tls = stream->tls;
    if (tls->input.len > 0 || tls->raw_ended)
        post_later(tls);
}

const struct stream_kind stream_tls = {
    .push = tls_push,
    .enqueue = tls_enqueue,
    .received = tls_received,
    .ended = tls_ended,
    .resumed = tls_resumed,
    .shut_down = tls_shut_down,
};

/* --- Opening and closing --- */

/* A client accepts only a certificate for the host it meant. (OpenSSL's macro wants the name
 * writable, and does not write.) */
static bool expect_host(SSL *ssl, char *host)
{
    unsigned char address[16];
    SSL_set_verify(ssl, SSL_VERIFY_PEER, NULL);
    if (inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1)
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
    return SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
}

bool stream_tls_attach(struct stream *stream, struct tls_context *context, char *host)
{
    SSL *ssl = SSL_new(context->ctx);
    BIO *bio = BIO_new(context->bio);
    if (!ssl || !bio || (host && !expect_host(ssl, host))) {
        SSL_free(ssl);
        BIO_free(bio);
        return false;
    }
    BIO_set_data(bio, stream);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl, bio, bio);
    if (context->client)
        SSL_set_connect_state(ssl);
    else
        SSL_set_accept_state(ssl);
    struct stream_tls *tls = MEM_NEW(struct stream_tls);
    tls->stream = stream;
    tls->ssl = ssl;
    tls->input = STR("");
    list_init(&tls->writes);
    buf_init(&tls->held, 2 * NET_READ_SIZE);
    stream->tls = tls;
    stream->kind = &stream_tls;
    return true;
}

void stream_tls_start_handshake(struct stream *stream)
{
    stream_raw_read_start(stream);
    process_input(stream->tls);
}

void stream_tls_destroy(struct stream_tls *tls)
{
    if (!tls)
        return;
    fail_writes(tls);
    buf_finish(&tls->held);
    SSL_free(tls->ssl);
    if (tls->task_posted)
        tls->destroyed = true;
    else
        free(tls);
}
