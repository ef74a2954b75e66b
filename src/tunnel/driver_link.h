/* One driver connection: its queue of requests, and the matching of answers. Private to the layer.
 *
 * A link belongs to the loop of its WebSocket; everything here runs on that loop's thread, except
 * creation, the reference count and reading `heard_us`. */
#ifndef TUNNEL_DRIVER_LINK_H
#define TUNNEL_DRIVER_LINK_H

#include <stdatomic.h>

#include "base/list.h"
#include "fleet/presence.h"
#include "net/ws.h"
#include "store/store.h"
#include "tunnel/desktop.h"
#include "tunnel/frame.h"

/* Requests that may wait for one machine. */
#define LINK_QUEUE_CEILING 64
/* Bytes that may wait for a driver that reads slowly; a request's body must fit. */
#define LINK_QUEUED_BYTES (160u << 20)
/* How long an answer may be overdue before the driver counts as stuck. */
#define LINK_STUCK_MS 60000

struct driver_link {
    atomic_int references;
    struct tunnel *tunnel;
    struct presence presence;
    int parallel; /* requests the driver takes at once */
    atomic_int_least64_t heard_us;
    int64_t flushed_us; /* heard_us as last written down; under the tunnel's lock */

    struct ws *ws; /* NULL before it opened and after it closed */
    struct net_loop *loop;
    bool closed;
    struct frame_answer answer;
    struct list_node waiting;   /* struct desktop_request, not sent */
    struct list_node in_flight; /* sent */
    size_t waiting_count;
    struct list_node given_up;    /* struct given_up: in flight, but their callers have gone */
    int busy;                     /* requests the driver works on: in_flight and given_up */
    struct net_timer stuck_timer; /* set while the driver works on one given up */
    struct net_task close_task;
    atomic_int close_code;   /* 0: nobody asked */
    struct write disconnect; /* the last act */
    struct list_node lost;   /* in the tunnel's list of disconnects that could not be stored */
};

struct driver_link *driver_link_create(struct tunnel *tunnel, const struct presence *presence,
                                       int parallel, size_t body_ceiling, struct net_loop *loop);
struct driver_link *driver_link_ref(struct driver_link *link);
void driver_link_unref(struct driver_link *link);

void driver_link_opened(struct driver_link *link, struct ws *ws);
void driver_link_message(struct driver_link *link, enum ws_opcode opcode, struct str payload);
void driver_link_heard(struct driver_link *link);
/* The socket took what had waited. */
void driver_link_drained(struct driver_link *link);
/* Answers everybody who waits. */
void driver_link_closed(struct driver_link *link);

/* Queues a request, sends it when its turn comes. */
void driver_link_submit(struct driver_link *link, struct desktop_request *request);

/* Any thread; the first code wins. */
void driver_link_close(struct driver_link *link, int code);

#endif
