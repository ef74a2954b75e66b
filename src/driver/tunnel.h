/* The driver's end of the tunnel: connects, answers one request at a time in the order they come,
 * and connects again until it is stopped or rejected. Wire protocol: the contract's sections 3.1
 * to 3.4. All calls on the loop's thread, or while the loop is not running. */
#ifndef DRIVER_TUNNEL_H
#define DRIVER_TUNNEL_H

#include <stdbool.h>

#include "base/str.h"
#include "driver/identity.h"
#include "driver/options.h"
#include "net/loop.h"

struct desktop;
struct tls_context;
struct tunnel;

enum tunnel_outcome {
    TUNNEL_STOPPED,  /* tunnel_stop */
    TUNNEL_REJECTED, /* the server will not take this key */
    TUNNEL_ENDED,    /* --once, and the connection failed or ended */
};

struct tunnel_config {
    const struct options *options;
    const struct identity *identity;
    struct desktop *desktop;
    struct tls_context *tls; /* NULL when the endpoint needs none */
    /* Called once, from the loop; no handle of the tunnel is open any more. */
    void (*stopped)(void *ctx, enum tunnel_outcome outcome);
    void *ctx;
};

/* What `config` points to must outlive the tunnel. */
struct tunnel *tunnel_create(struct net_loop *loop, const struct tunnel_config *config);
/* After `stopped`, or before tunnel_start. */
void tunnel_destroy(struct tunnel *tunnel);

void tunnel_start(struct tunnel *tunnel);

/* Closes the connection in order (1000) if there is one; `stopped` follows. */
void tunnel_stop(struct tunnel *tunnel);

#endif
