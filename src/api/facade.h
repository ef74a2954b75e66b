/* A façade: the names one API uses for the same facts. */
#ifndef API_FACADE_H
#define API_FACADE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/json_write.h"
#include "contract/contract.h"
#include "contract/violation.h"
#include "fleet/auth.h"
#include "net/http_types.h"

struct facade {
    const char *document; /* name of its OpenAPI document */

    /* Who calls, from the request's headers. */
    bool (*authenticate)(struct tx *tx, struct arena *arena, const struct http_request *request,
                         struct principal *ret_principal, struct err *err);

    /* The body of an error; `kind` is ERR_NONE when HTTP itself is the matter (404 of a path, 405,
     * 413, ...). */
    void (*write_error)(struct json_writer *w, int status, enum err_kind kind, const char *message);

    /* The body of a request that breaks its contract, sent with `invalid_status`. */
    void (*write_invalid)(struct json_writer *w, const struct operation *operation,
                          const struct violations *violations);
    int invalid_status;
};

extern const struct facade cyberdesk_facade;
extern const struct facade vagon_facade;
extern const struct facade fleet_facade;

/* Of an operation's document; of a path that no document has. Never NULL. */
const struct facade *facade_of_document(const char *document);
const struct facade *facade_of_path(struct str path);

/* The HTTP status of an error; the same on every façade. */
int facade_status(enum err_kind kind);

#endif
