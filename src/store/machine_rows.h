/* Reading machine rows, for the queries of machines.c and for those that join them. Private to the
 * layer. */
#ifndef STORE_MACHINE_ROWS_H
#define STORE_MACHINE_ROWS_H

#include "store/db.h"
#include "store/machines.h"

#define MACHINE_COLUMNS                                                                            \
    "machines.id, machines.organization_id, machines.kind, machines.seat_number,"                  \
    " machines.fingerprint, machines.unkey_key_id, machines.bound_key_id, machines.name,"          \
    " machines.name_set_by_api, machines.version, machines.hostname, machines.os_info,"            \
    " machines.parameters, machines.sensitive_aliases, machines.reserved_session_id,"              \
    " machines.is_connected, machines.out_of_service, machines.accepts_runs, machines.last_seen,"  \
    " machines.created_at, machines.updated_at, machines.linked_keepalive_machine_id,"             \
    " machines.physical_server_id, machines.connection_epoch, machines.user_id"

/* Takes MACHINE_COLUMNS. */
void machine_take_row(struct cursor *c, struct arena *arena, struct machine_row *row);

#endif
