/* Connection records that clients make themselves; those of real tunnels come from presence.h. */
#ifndef FLEET_CONNECTIONS_H
#define FLEET_CONNECTIONS_H

#include <stdbool.h>

#include "base/err.h"
#include "store/connections.h"
#include "store/store.h"

/* ERR_NOT_FOUND when the machine is not the organization's. */
bool connection_create(struct tx *tx, struct store *store, const struct connection_row *row,
                       struct err *err);

#endif
