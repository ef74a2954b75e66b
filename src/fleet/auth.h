/* Who is calling: from an Authorization header to an organization and its rights. */
#ifndef FLEET_AUTH_H
#define FLEET_AUTH_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "store/keys.h"
#include "store/store.h"

struct principal {
    struct str organization_id;
    struct str key_id;
    unsigned scopes; /* enum key_scope, or-ed */
};

/* Cuts the token out of "Bearer <token>" (RFC 6750; the scheme in any case). False when the header
 * is absent, of another scheme, or the token empty. */
bool auth_parse_bearer(struct str authorization, struct str *ret_token);

/* ERR_FORBIDDEN without bearer credentials, ERR_UNAUTHORIZED with wrong or revoked ones. */
bool auth_bearer(struct tx *tx, struct arena *arena, struct str authorization,
                 struct principal *ret_principal, struct err *err);

/* ERR_FORBIDDEN "Permission required" when the key lacks the scope. */
bool auth_require(const struct principal *principal, unsigned scope, struct err *err);

#endif
