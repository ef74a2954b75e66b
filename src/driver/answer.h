/* Sends a reply through the tunnel: a text frame with the meta, the body in binary frames, the
 * text "end" (the contract's section 3.3). */
#ifndef DRIVER_ANSWER_H
#define DRIVER_ANSWER_H

#include <stdbool.h>

#include "driver/reply.h"
#include "driver/request.h"

struct ws;

/* False when the WebSocket would not take all of it: it must be closed then. */
MUST_CHECK bool answer_send(struct ws *ws, const struct request *request,
                            const struct reply *reply);

#endif
