/* The error shape that the Cyberdesk API and our own API share: FastAPI's 422 for what breaks the
 * contract, one application error for the rest, bearer keys for callers. */
#ifndef API_APPLICATION_ERROR_H
#define API_APPLICATION_ERROR_H

#include "api/facade.h"

void application_error_write(struct json_writer *w, int status, enum err_kind kind,
                             const char *message);
void application_error_write_invalid(struct json_writer *w, const struct operation *operation,
                                     const struct violations *violations);
bool application_error_authenticate(struct tx *tx, struct arena *arena,
                                    const struct http_request *request,
                                    struct principal *ret_principal, struct err *err);

#endif
