#include "net/stream.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>

#include "base/mem.h"
#include "net/stream_internal.h"

size_t str_pieces_len(const struct str *pieces, size_t count)
{
    size_t len = 0;
    for (size_t i = 0; i < count; i++)
        len += pieces[i].len;
    return len;
}

void str_pieces_drop(struct str *pieces, size_t count, size_t len)
{
    for (size_t i = 0; i < count; i++) {
        size_t cut = MIN_OF(len, pieces[i].len);
        pieces[i] = str_slice(pieces[i], cut, pieces[i].len);
        len -= cut;
    }
}

/* Fills libuv's buffers with the pieces that are not empty; returns how many there are. */
static unsigned to_uv_bufs(const struct str *pieces, size_t count, uv_buf_t bufs[STREAM_PIECES])
{
    unsigned used = 0;
    for (size_t i = 0; i < count; i++) {
        if (pieces[i].len > 0) {
            /* libuv takes a writable pointer, and does not write. */
            char *base = (char *)(uintptr_t)pieces[i].ptr;
            bufs[used++] = (uv_buf_t){.base = base, .len = pieces[i].len};
        }
    }
    return used;
}

/* --- Plain streams --- */

static size_t plain_push(struct stream *stream, const struct str *pieces, size_t count)
{
    uv_buf_t bufs[STREAM_PIECES];
    unsigned used = to_uv_bufs(pieces, count, bufs);
    if (used == 0 || stream_raw_queued(stream) > 0)
        return 0;
    int written = uv_try_write(&stream->uv, bufs, used);
    return written > 0 ? (size_t)written : 0;
}

static void on_written(uv_write_t *request, int status)
{
    struct stream_write *write = container_of(request, struct stream_write, uv);
    struct stream *stream = write->stream;
    write->done(write, status == 0);
    if (stream->tls)
        stream_tls_raw_written(stream, status == 0);
    if (!stream->closing && stream->events)
        stream->events->written(stream->owner, status == 0);
}

static void plain_enqueue(struct stream *stream, struct stream_write *write)
{
    uv_buf_t bufs[STREAM_PIECES];
    unsigned used = to_uv_bufs(write->pieces, STREAM_PIECES, bufs);
    uv_write(&write->uv, &stream->uv, bufs, used, on_written);
}

static void plain_received(struct stream *stream, char *bytes, size_t len)
{
    stream->events->received(stream->owner, bytes, len);
}

static void plain_resumed(struct stream *stream)
{
    (void)stream;
}

const struct stream_kind stream_plain = {
    .push = plain_push,
    .enqueue = plain_enqueue,
    .received = plain_received,
    .ended = stream_report_end,
    .resumed = plain_resumed,
    .shut_down = stream_raw_shutdown,
};

/* --- Reading --- */

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    (void)suggested;
    struct stream *stream = handle->data;
    *buf = uv_buf_init(net_loop_read_buffer(stream->loop), NET_READ_SIZE);
}

static void on_read(uv_stream_t *uv, ssize_t count, const uv_buf_t *buf)
{
    struct stream *stream = uv->data;
    if (count > 0)
        stream->kind->received(stream, buf->base, (size_t)count);
    else if (count < 0)
        stream->kind->ended(stream, count == UV_EOF ? 0 : (int)count);
}

void stream_raw_read_start(struct stream *stream)
{
    if (stream->raw_reading || stream->closing || stream->ended)
        return;
    stream->raw_reading = true;
    uv_read_start(&stream->uv, on_alloc, on_read);
}

void stream_raw_read_stop(struct stream *stream)
{
    if (!stream->raw_reading)
        return;
    stream->raw_reading = false;
    uv_read_stop(&stream->uv);
}

void stream_read_start(struct stream *stream)
{
    if (stream->reading || stream->closing)
        return;
    stream->reading = true;
    stream_raw_read_start(stream);
    stream->kind->resumed(stream);
}

void stream_read_stop(struct stream *stream)
{
    stream->reading = false;
    stream_raw_read_stop(stream);
}

void stream_report_end(struct stream *stream, int error)
{
    if (stream->ended || stream->closing)
        return;
    stream->ended = true;
    stream_raw_read_stop(stream);
    if (stream->events)
        stream->events->ended(stream->owner, error);
}

/* --- Writing --- */

static void enqueue(struct stream *stream, const struct stream_kind *kind,
                    struct stream_write *write, const struct str *pieces,
                    void (*done)(struct stream_write *write, bool ok))
{
    *write = (struct stream_write){.stream = stream, .done = done};
    memcpy(write->pieces, pieces, sizeof(write->pieces));
    kind->enqueue(stream, write);
}

/* Pushes what is taken at once; leaves the rest in `left`. True when nothing is left. */
static bool push(struct stream *stream, const struct stream_kind *kind, const struct str *pieces,
                 size_t count, struct str left[STREAM_PIECES])
{
    memcpy(left, pieces, count * sizeof(*pieces));
    str_pieces_drop(left, count, kind->push(stream, pieces, count));
    return str_pieces_len(left, count) == 0;
}

bool stream_write(struct stream *stream, struct stream_write *write, const struct str *pieces,
                  size_t count, void (*done)(struct stream_write *write, bool ok))
{
    struct str left[STREAM_PIECES] = {0};
    if (push(stream, stream->kind, pieces, count, left))
        return true;
    enqueue(stream, stream->kind, write, left, done);
    return false;
}

struct copied_write {
    struct stream_write write;
    char bytes[];
};

static void free_copied(struct stream_write *write, bool ok)
{
    (void)ok;
    free(container_of(write, struct copied_write, write));
}

void stream_send_by(struct stream *stream, const struct stream_kind *kind, const struct str *pieces,
                    size_t count)
{
    struct str left[STREAM_PIECES] = {0};
    if (push(stream, kind, pieces, count, left))
        return;
    size_t len = str_pieces_len(left, count);
    struct copied_write *copy = mem_zalloc(sizeof(*copy) + len);
    char *at = copy->bytes;
    for (size_t i = 0; i < count; i++) {
        if (left[i].len > 0)
            at = mempcpy(at, left[i].ptr, left[i].len);
    }
    struct str whole[STREAM_PIECES] = {str_of(copy->bytes, len)};
    enqueue(stream, kind, &copy->write, whole, free_copied);
}

void stream_send(struct stream *stream, const struct str *pieces, size_t count)
{
    stream_send_by(stream, stream->kind, pieces, count);
}

size_t stream_raw_queued(const struct stream *stream)
{
    return uv_stream_get_write_queue_size(&stream->uv);
}

size_t stream_queued(const struct stream *stream)
{
    return stream_raw_queued(stream) + (stream->tls ? stream_tls_queued(stream) : 0);
}

/* --- Opening and closing --- */

struct stream *stream_alloc(struct net_loop *loop)
{
    struct stream *stream = MEM_NEW(struct stream);
    stream->loop = loop;
    stream->kind = &stream_plain;
    return stream;
}

int stream_init_handle(struct stream *stream, bool is_unix)
{
    uv_loop_t *uv = net_loop_uv(stream->loop);
    int error = is_unix ? uv_pipe_init(uv, &stream->pipe, 0) : uv_tcp_init(uv, &stream->tcp);
    stream->handle.data = stream;
    return error;
}

struct stream *stream_accept(struct net_loop *loop, uv_stream_t *listener, struct tls_context *tls)
{
    struct stream *stream = stream_alloc(loop);
    if (stream_init_handle(stream, listener->type == UV_NAMED_PIPE) != 0) {
        free(stream);
        return NULL;
    }
    if (uv_accept(listener, &stream->uv) != 0 || (tls && !stream_tls_attach(stream, tls, NULL))) {
        stream_close(stream);
        return NULL;
    }
    return stream;
}

void stream_ack_now(struct stream *stream)
{
    const int on = 1;
    uv_os_fd_t fd;
    if (stream->handle.type == UV_TCP && uv_fileno(&stream->handle, &fd) == 0)
        setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on)); /* only a hint */
}

void stream_report_connected(struct stream *stream, const char *failure)
{
    void (*connected)(void *, const char *) = STEAL(stream->connected);
    if (connected && !stream->closing)
        connected(stream->owner, failure);
}

void stream_set_owner(struct stream *stream, const struct stream_events *events, void *owner)
{
    stream->events = events;
    stream->owner = owner;
}

static void ignore_shutdown(uv_shutdown_t *request, int status)
{
    (void)request;
    (void)status;
}

void stream_raw_shutdown(struct stream *stream)
{
    uv_shutdown(&stream->shutdown_request, &stream->uv, ignore_shutdown);
}

void stream_shutdown(struct stream *stream)
{
    if (!stream->closing)
        stream->kind->shut_down(stream);
}

/* libuv calls this after the callbacks of all writes, with nothing of ours on the stack. */
static void on_closed(uv_handle_t *handle)
{
    struct stream *stream = handle->data;
    stream_tls_destroy(stream->tls);
    free(stream);
}

void stream_close(struct stream *stream)
{
    if (stream->closing)
        return;
    stream->closing = true;
    stream->reading = stream->raw_reading = false;
    if (stream->connecting)
        stream_connect_abandon(stream->connecting);
    else
        uv_close(&stream->handle, on_closed);
}

bool stream_is_tls(const struct stream *stream)
{
    return stream->tls != NULL;
}

void stream_peer_text(struct stream *stream, char text[STREAM_PEER_SIZE])
{
    struct sockaddr_storage address;
    int size = sizeof(address);
    char host[INET6_ADDRSTRLEN];
    if (stream->handle.type != UV_TCP ||
        uv_tcp_getpeername(&stream->tcp, (struct sockaddr *)&address, &size) != 0) {
        snprintf(text, STREAM_PEER_SIZE, "unix");
        return;
    }
    uv_ip_name((struct sockaddr *)&address, host, sizeof(host));
    const struct sockaddr_in *in = (const struct sockaddr_in *)&address;
    bool v4 = address.ss_family == AF_INET;
    /* The port lies at the same place in both families. */
    snprintf(text, STREAM_PEER_SIZE, v4 ? "%s:%u" : "[%s]:%u", host, ntohs(in->sin_port));
}
