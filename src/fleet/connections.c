#include "fleet/connections.h"

#include "fleet/refuse.h"

bool connection_create(struct tx *tx, struct store *store, const struct connection_row *row,
                       struct err *err)
{
    if (!store_has_space(store))
        return err_set(err, ERR_STORAGE_FULL, "The server is low on disk space");
    return connections_insert(tx, row) ||
           refuse(tx, err, ERR_NOT_FOUND, "Machine %.*s not found", STR_FMT(row->machine_id));
}
