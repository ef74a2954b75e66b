/* How a connection becomes a WebSocket. */
#ifndef NET_WS_INTERNAL_H
#define NET_WS_INTERNAL_H

#include "net/stream.h"
#include "net/ws.h"

/* "HSmrc0sMlYUkAGmm5OPpG2HaGWk=" and a NUL. */
#define WS_ACCEPT_SIZE 29

/* The answer to a Sec-WebSocket-Key (RFC 6455 section 4.2.2). */
void ws_accept_of(struct str key, char accept[WS_ACCEPT_SIZE]);

/* Takes the stream over and calls config->opened, then delivers the `early` bytes that came behind
 * the handshake. `released`, which may be NULL, is called with `owner` after config->closed. */
struct ws *ws_start(struct net_loop *loop, struct stream *stream, bool is_client,
                    const struct ws_config *config, void *ctx, struct str early,
                    void (*released)(void *owner), void *owner);

#endif
