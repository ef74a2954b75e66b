#include "automation/request_log.h"

#include "fleet/refuse.h"

bool request_log_create(struct tx *tx, struct store *store, const struct request_log_row *row,
                        struct err *err)
{
    if (!store_has_space(store))
        return err_set(err, ERR_STORAGE_FULL, "The server is low on disk space");
    return request_logs_insert(tx, row) ||
           refuse(tx, err, ERR_NOT_FOUND, "Machine %.*s not found", STR_FMT(row->machine_id));
}

static bool not_found(struct tx *tx, struct str id, struct err *err)
{
    return refuse(tx, err, ERR_NOT_FOUND, "Request log %.*s not found", STR_FMT(id));
}

bool request_log_get(struct tx *tx, struct arena *arena, struct str organization_id, struct str id,
                     struct request_log_row *ret_row, struct err *err)
{
    return request_logs_get(tx, arena, organization_id, id, ret_row) || not_found(tx, id, err);
}

bool request_log_update(struct tx *tx, const struct request_log_row *row, struct err *err)
{
    return request_logs_update(tx, row) || not_found(tx, row->id, err);
}

bool request_log_delete(struct tx *tx, struct str organization_id, struct str id, struct err *err)
{
    return request_logs_delete(tx, organization_id, id) || not_found(tx, id, err);
}
