/* What the rest of the server knows of desktops: send one a request, get an answer. */
#ifndef TUNNEL_DESKTOP_H
#define TUNNEL_DESKTOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/list.h"
#include "base/str.h"
#include "net/loop.h"
#include "net/timer_wheel.h"

struct tunnel;
struct driver_link;

enum desktop_outcome {
    DESKTOP_ANSWERED,      /* the driver answered, whatever its status */
    DESKTOP_NOT_CONNECTED, /* no driver holds a tunnel to this server */
    DESKTOP_BUSY,          /* too many requests wait for this machine */
    DESKTOP_GONE,          /* the driver left before it answered */
    DESKTOP_TIMEOUT,       /* the deadline passed */
};

struct desktop_answer {
    enum desktop_outcome outcome;
    bool was_sent;           /* the request reached the socket: it may have had its effect */
    int status;              /* as the driver says; only for DESKTOP_ANSWERED, as the next two */
    struct str content_type; /* null when there was none */
    struct str body;
};

/* One request to a desktop. The caller owns it, fills the first part, and keeps it, and what it
 * points to, alive until `done` was called. */
struct desktop_request {
    struct str request_id; /* at most 63 bytes, unique among requests in flight */
    struct str method;
    struct str path;
    struct str query;        /* or null */
    struct str content_type; /* or null: no body */
    struct str body;
    struct str idempotency_key; /* or null */
    int64_t timeout_ms;
    /* Called once, on a network thread, or from within desktop_request when no driver is
     * connected. The answer is gone afterwards. It must not block. */
    void (*done)(struct desktop_request *request, const struct desktop_answer *answer);

    /* the tunnel's own */
    struct list_node node;
    struct net_task task;
    struct net_timer timer;
    struct driver_link *link;
    bool was_sent;
};

/* Any thread. */
void desktop_request(struct tunnel *tunnel, struct str machine_id, struct desktop_request *request);

#endif
