/* How the Cyberdesk API shows a resource. */
#ifndef API_CYBERDESK_RESOURCES_H
#define API_CYBERDESK_RESOURCES_H

#include "api/call.h"
#include "store/connections.h"
#include "store/machines.h"
#include "store/pools.h"
#include "store/request_logs.h"

/* The fields of a pool, without the braces. */
void write_pool_fields(struct json_writer *w, const struct pool_row *pool);
void write_pool(struct json_writer *w, const struct pool_row *pool);

/* The pools of one machine within rows sorted by machine. */
struct pool_span {
    const struct machine_pool *rows;
    size_t count;
};
struct pool_span pools_of(const struct machine_pool *rows, size_t count, struct str machine_id);

/* The fields of a machine, without the braces; `pools` is NULL inside a pool. `call` tells whether
 * the caller may see the fingerprint (control scope). */
void write_machine_fields(struct json_writer *w, const struct call *call,
                          const struct machine_row *machine, const struct pool_span *pools);

/* The machine with its pools as the call's answer; reads the pools in `tx`. */
void answer_machine(struct call *call, struct tx *tx, int status,
                    const struct machine_row *machine);

/* Begins {"items":[ ...; the caller writes the items and calls the other. */
struct json_writer begin_page(struct call *call);
void end_page(struct json_writer *w, const struct call *call, int64_t total);

#endif
