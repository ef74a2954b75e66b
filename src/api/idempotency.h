/* Idempotency-Key (contract sections 0 and 7): a write with a key is processed at most once, and a
 * repeat gets the answer of the first.
 *
 * A key is scoped by organization, operation and the parameters of its path. The answer is stored,
 * sealed, in the transaction of the change itself, so the two cannot part. A call to a desktop has
 * an effect outside of the database; it stores an open record before it sends (desktop_call.c).
 * Status, content type and body are kept; answers of writes have no other header but the request's
 * own id. */
#ifndef API_IDEMPOTENCY_H
#define API_IDEMPOTENCY_H

#include <stdbool.h>

#include "base/clock.h"
#include "store/store.h"

struct call;

#define IDEMPOTENCY_KEPT_US US_PER_DAY

/* On the worker, before the request is checked: takes the key into the table of
 * calls in flight. False when another call with the key is there; the answer (409) is filled. */
bool idempotency_enter(struct call *call);
void idempotency_leave(struct call *call);

/* In a write: fills the answer when the key was used before: the stored one, 422 for another
 * request, or 502 when a crash hid the outcome. False when the key is new. */
bool idempotency_recall(struct call *call, struct tx *tx);

/* In a write: stores the answer, or only that the call has begun. */
void idempotency_remember(struct call *call, struct tx *tx);
void idempotency_open(struct call *call, struct tx *tx);
/* In a write: the call had no effect, so the key may be used again. */
void idempotency_forget(struct call *call, struct tx *tx);

/* Every final 2xx and 4xx but 401, 403, 409 in progress and 429. */
bool idempotency_is_storable(const struct call *call);

#endif
