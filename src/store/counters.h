/* How many rows of a table an organization has, kept by the transactions that add and remove them,
 * so that the total of an unfiltered list costs one lookup. Private to the layer. */
#ifndef STORE_COUNTERS_H
#define STORE_COUNTERS_H

#include "store/store.h"

/* `name` is the table's. */
void counters_add(struct tx *tx, struct str organization_id, struct str name, int64_t change);
int64_t counters_get(struct tx *tx, struct str organization_id, struct str name);

#endif
