#include <stdio.h>

#include "base/mem.h"
#include "net/stream_internal.h"

/* One attempt to connect: look the name up, then try its addresses one after another. */
struct stream_connect {
    struct stream *stream;
    struct tls_context *tls;
    uv_getaddrinfo_t lookup;
    uv_connect_t request;
    struct addrinfo *addresses;
    const struct addrinfo *next;
    struct net_task refused; /* when the lookup could not even start */
    int error;               /* of the lookup, or of the last address tried */
    bool looking_up;
    bool has_handle;
    char *host;
    char service[8];
};

static void connect_free(struct stream_connect *connecting)
{
    uv_freeaddrinfo(connecting->addresses);
    free(connecting->host);
    free(connecting);
}

/* The stream was closed by its owner while connecting, and its handle is closed too. */
static void free_abandoned(struct stream_connect *connecting)
{
    stream_tls_destroy(connecting->stream->tls);
    free(connecting->stream);
    connect_free(connecting);
}

static void fail(struct stream_connect *connecting)
{
    const char *failure = uv_strerror(connecting->error);
    stream_report_connected(connecting->stream, failure);
}

static void succeed(struct stream_connect *connecting)
{
    struct stream *stream = connecting->stream;
    struct tls_context *tls = connecting->tls;
    stream->connecting = NULL;
    if (tls && !stream_tls_attach(stream, tls, connecting->host))
        stream_report_connected(stream, "TLS could not be set up");
    else if (tls)
        stream_tls_start_handshake(stream);
    else
        stream_report_connected(stream, NULL);
    connect_free(connecting);
}

static void try_next(struct stream_connect *connecting);

static void on_failed_handle_closed(uv_handle_t *handle)
{
    struct stream *stream = handle->data;
    stream->connecting->has_handle = false;
    if (stream->closing)
        free_abandoned(stream->connecting);
    else
        try_next(stream->connecting);
}

static void on_connect(uv_connect_t *request, int status)
{
    struct stream_connect *connecting = request->data;
    struct stream *stream = connecting->stream;
    if (status == 0 && !stream->closing) {
        succeed(connecting);
        return;
    }
    connecting->error = status;
    if (!uv_is_closing(&stream->handle))
        uv_close(&stream->handle, on_failed_handle_closed);
}

static void try_next(struct stream_connect *connecting)
{
    struct stream *stream = connecting->stream;
    const struct addrinfo *address = connecting->next;
    if (!address) {
        fail(connecting);
        return;
    }
    connecting->next = address->ai_next;
    connecting->error = stream_init_handle(stream, false);
    if (connecting->error != 0) {
        fail(connecting);
        return;
    }
    connecting->has_handle = true;
    uv_tcp_nodelay(&stream->tcp, 1);
    connecting->error =
        uv_tcp_connect(&connecting->request, &stream->tcp, address->ai_addr, on_connect);
    if (connecting->error != 0)
        uv_close(&stream->handle, on_failed_handle_closed);
}

static void on_lookup(uv_getaddrinfo_t *request, int status, struct addrinfo *addresses)
{
    struct stream_connect *connecting = request->data;
    connecting->looking_up = false;
    connecting->addresses = addresses;
    connecting->next = addresses;
    connecting->error = status;
    if (connecting->stream->closing)
        free_abandoned(connecting);
    else
        try_next(connecting);
}

static void report_refused(struct net_task *task)
{
    struct stream_connect *connecting = container_of(task, struct stream_connect, refused);
    on_lookup(&connecting->lookup, connecting->error, NULL);
}

static void look_up(struct stream_connect *connecting)
{
    struct net_loop *loop = connecting->stream->loop;
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    connecting->looking_up = true;
    connecting->error = uv_getaddrinfo(net_loop_uv(loop), &connecting->lookup, on_lookup,
                                       connecting->host, connecting->service, &hints);
    if (connecting->error != 0) {
        connecting->refused.run = report_refused;
        net_loop_post(loop, &connecting->refused);
    }
}

static void connect_unix(struct stream_connect *connecting)
{
    struct stream *stream = connecting->stream;
    stream_init_handle(stream, true);
    connecting->has_handle = true;
    /* Errors come to the callback, too. */
    uv_pipe_connect(&connecting->request, &stream->pipe, connecting->host, on_connect);
}

struct stream *stream_connect(struct net_loop *loop, const char *host, uint16_t port,
                              struct tls_context *tls,
                              void (*connected)(void *owner, const char *failure), void *owner)
{
    struct stream *stream = stream_alloc(loop);
    struct stream_connect *connecting = MEM_NEW(struct stream_connect);
    stream->connected = connected;
    stream->owner = owner;
    stream->connecting = connecting;
    connecting->stream = stream;
    connecting->tls = tls;
    connecting->host = mem_strdup(host);
    connecting->lookup.data = connecting->request.data = connecting;
    snprintf(connecting->service, sizeof(connecting->service), "%u", port);
    if (port == 0)
        connect_unix(connecting);
    else
        look_up(connecting);
    return stream;
}

void stream_connect_abandon(struct stream_connect *connecting)
{
    struct stream *stream = connecting->stream;
    if (connecting->has_handle) {
        if (!uv_is_closing(&stream->handle))
            uv_close(&stream->handle, on_failed_handle_closed);
        return;
    }
    /* The lookup's callback frees; after the last address nothing is under way. */
    if (connecting->looking_up)
        uv_cancel((uv_req_t *)&connecting->lookup);
    else
        free_abandoned(connecting);
}
