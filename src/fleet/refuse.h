/* Saying why a transaction's answer is no. */
#ifndef FLEET_REFUSE_H
#define FLEET_REFUSE_H

#include <stdbool.h>

#include "base/err.h"
#include "store/store.h"

/* A row that was not found, or not written, may mean that storage failed: then the error says that,
 * else what the caller says. Always false. */
bool refuse(struct tx *tx, struct err *err, enum err_kind kind, const char *format, ...)
    PRINTF_LIKE(4, 5);

#endif
