/* What the end of a connection, or of an attempt, asks of the driver (the contract's section 3.4).
 */
#ifndef DRIVER_ENDING_H
#define DRIVER_ENDING_H

#include <stdint.h>

#include "base/str.h"

enum ending_verdict {
    ENDING_RETRY,    /* connect again, by the backoff table */
    ENDING_WAIT,     /* connect again after the time the server names */
    ENDING_REJECTED, /* never connect again: the key is not accepted */
};

struct ending {
    enum ending_verdict verdict;
    int64_t wait_ms; /* of ENDING_WAIT */
};

/* `code` is a WebSocket close code, or the HTTP status of a refused upgrade (0: no answer); the
 * two never overlap. `reason` is the close frame's. */
struct ending ending_judge(int code, struct str reason);

#endif
