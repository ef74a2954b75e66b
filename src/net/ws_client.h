/* Connects a WebSocket: TCP, TLS or unix socket, the upgrade request, and then a struct ws like the
 * server's. All calls on the loop's thread. */
#ifndef NET_WS_CLIENT_H
#define NET_WS_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "net/http_types.h"
#include "net/loop.h"
#include "net/ws.h"

struct ws_client;
struct tls_context; /* stream.h: tls_context_create_client() */

/* How a server is reached. */
struct ws_endpoint {
    char host[256]; /* name or address without brackets; the path of a unix socket */
    uint16_t port;  /* 0: a unix socket */
    bool tls;
};

/* "ws://", "wss://", "http://" or "https://" with host and optional port, or "unix:PATH". A path
 * behind the port is cut off into *ret_path ("" when there is none; it points into `url`). */
MUST_CHECK bool ws_endpoint_parse(struct str url, struct ws_endpoint *ret_endpoint,
                                  struct str *ret_path, struct err *err);

/* How an attempt failed. Valid during the callback only. */
struct ws_refusal {
    int status;                        /* of the server's HTTP answer; 0 when there was none */
    const char *reason;                /* "connection refused", "certificate has expired", ... */
    const struct http_header *headers; /* names lower-case; of the answer, if any */
    size_t header_count;
    struct str body; /* what had arrived with the headers, at most 4 KB */
};

struct ws_client_options {
    struct ws_endpoint endpoint;
    struct str target;                 /* "/tunnel/ws" */
    const struct http_header *headers; /* besides Host, Upgrade, Connection and Sec-WebSocket-* */
    size_t header_count;
    struct tls_context *tls;        /* needed when endpoint.tls; must outlive the WebSocket */
    int64_t connect_timeout_ms;     /* for everything up to the answer */
    const struct ws_config *config; /* must live as long as the WebSocket */
    void *ctx;                      /* for config's callbacks and `failed` */
    /* The attempt failed; the client is gone afterwards. */
    void (*failed)(void *ctx, const struct ws_refusal *refusal);
};

/* Starts an attempt. Exactly one of config->opened and options->failed is called, later, unless it
 * is cancelled first. The options are copied, except what config, ctx and tls point to. */
struct ws_client *ws_client_connect(struct net_loop *loop, const struct ws_client_options *options);

/* Gives an attempt up before its end; neither callback comes. */
void ws_client_cancel(struct ws_client *client);

#endif
