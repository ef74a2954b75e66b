/* The idempotency keys that this server is working on right now: a second request with one of them
 * is told to come back. Lost with the process, like the work itself. */
#ifndef API_INFLIGHT_H
#define API_INFLIGHT_H

#include <stdbool.h>

#include "store/idempotency.h"

struct inflight;

struct inflight *inflight_create(void);
/* Must be empty. NULL is accepted. */
void inflight_destroy(struct inflight *inflight);

/* False when the scope is in the table already. The bytes must stay until inflight_leave. */
bool inflight_enter(struct inflight *inflight, const unsigned char scope[IDEMPOTENCY_HASH_SIZE]);
void inflight_leave(struct inflight *inflight, const unsigned char scope[IDEMPOTENCY_HASH_SIZE]);

#endif
