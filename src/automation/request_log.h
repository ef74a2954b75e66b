/* One log row for each request sent to a machine. Rows of finished requests wait in memory and are
 * written together, at most a second later: the one thing a kill may lose (docs/operating.md). */
#ifndef AUTOMATION_REQUEST_LOG_H
#define AUTOMATION_REQUEST_LOG_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "fleet/auth.h"
#include "store/request_logs.h"
#include "store/store.h"

/* -- The client's own rows -- */

/* ERR_NOT_FOUND when the machine is not the organization's. */
bool request_log_create(struct tx *tx, struct store *store, const struct request_log_row *row,
                        struct err *err);

bool request_log_get(struct tx *tx, struct arena *arena, struct str organization_id, struct str id,
                     struct request_log_row *ret_row, struct err *err);

bool request_log_update(struct tx *tx, const struct request_log_row *row, struct err *err);

bool request_log_delete(struct tx *tx, struct str organization_id, struct str id, struct err *err);

/* -- The batch -- */

struct request_log_batch;

struct request_log_batch *request_log_batch_create(struct store *store);
/* Writes what is left. The store must still be open. NULL is accepted. */
void request_log_batch_destroy(struct request_log_batch *batch);

/* Copies the row; any thread. When the batch is full the row is dropped and counted. */
void request_log_batch_add(struct request_log_batch *batch, const struct request_log_row *row);

/* Hands what has come together to the store; for a background thread. */
void request_log_batch_flush(struct request_log_batch *batch);

uint64_t request_log_batch_dropped(struct request_log_batch *batch);

#endif
