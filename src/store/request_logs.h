/* Request logs: one row for each request sent to a machine. */
#ifndef STORE_REQUEST_LOGS_H
#define STORE_REQUEST_LOGS_H

#include "base/arena.h"
#include "store/store.h"

struct request_log_row {
    struct str id;
    struct str organization_id;
    struct str request_id;
    struct str method;
    struct str path;
    struct str machine_id;
    int64_t status_code; /* or STORE_NONE, as the next three */
    int64_t request_size_bytes;
    int64_t response_size_bytes;
    int64_t duration_ms;
    struct str error_message; /* or null */
    int64_t created_at;
    int64_t completed_at; /* or CLOCK_NONE */
};

/* False when the machine is not the organization's (or the id exists). */
bool request_logs_insert(struct tx *tx, const struct request_log_row *row);

/* Inserts what it can: rows of machines deleted meanwhile are passed over. Returns how many went
 * in. */
size_t request_logs_insert_batch(struct tx *tx, const struct request_log_row *rows, size_t count);

bool request_logs_get(struct tx *tx, struct arena *arena, struct str organization_id, struct str id,
                      struct request_log_row *ret_row);

/* Writes status_code, both sizes, duration_ms, error_message and completed_at. False when it is
 * gone. */
bool request_logs_update(struct tx *tx, const struct request_log_row *row);

/* False when there is none. */
bool request_logs_delete(struct tx *tx, struct str organization_id, struct str id);

struct request_log_filter {
    struct str machine_id; /* or null: any */
    struct str method;     /* or null: any; compared exactly */
    int64_t status_code;   /* or STORE_NONE: any */
    int64_t skip;
    int64_t limit;
};

struct request_log_page {
    struct request_log_row *rows;
    size_t count;
    int64_t total;
};

/* Newest first. */
void request_logs_list(struct tx *tx, struct arena *arena, struct str organization_id,
                       const struct request_log_filter *filter, struct request_log_page *ret_page);

#endif
