/* The outbox as the domain uses it: one event for each state change, in the change's transaction.
 */
#ifndef FLEET_EVENTS_H
#define FLEET_EVENTS_H

#include "base/str.h"
#include "store/store.h"

/* `data` is a JSON object text or null. */
void event_emit(struct tx *tx, const char *type, struct str organization_id, struct str subject_id,
                int64_t at, struct str data);

#endif
