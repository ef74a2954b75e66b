/* The outbox: one row for each state change, written in the transaction that makes the change. */
#ifndef STORE_EVENTS_H
#define STORE_EVENTS_H

#include "base/arena.h"
#include "store/store.h"

struct event_row {
    int64_t seq; /* given by the store: grows, is never used twice, may have gaps */
    struct str organization_id;
    struct str type;       /* "machine.connected" */
    struct str subject_id; /* the row it is about */
    int64_t at;
    struct str data; /* JSON object text, or null */
};

/* `seq` of the row is ignored. */
void events_append(struct tx *tx, const struct event_row *row);

/* Up to `limit` events past `after`, in order, of one organization (null: of all, for internal
 * services). An event is seen only when no smaller seq can appear any more. Returns how many. */
size_t events_after(struct tx *tx, struct arena *arena, struct str organization_id, int64_t after,
                    size_t limit, struct event_row **ret_rows);

/* The smallest and largest seq stored, of all organizations; false when there is no event. */
bool events_range(struct tx *tx, int64_t *ret_oldest, int64_t *ret_newest);

/* Deletes those of the `limit` oldest events that happened before `before`. Returns how many. */
size_t events_purge(struct tx *tx, int64_t before, size_t limit);

#endif
