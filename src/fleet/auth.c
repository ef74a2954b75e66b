#include "fleet/auth.h"

#include "base/json_write.h"
#include "fleet/keys.h"
#include "fleet/refuse.h"

bool auth_parse_bearer(struct str authorization, struct str *ret_token)
{
    const struct str scheme = STR("bearer ");
    if (!str_eq_nocase(str_slice(authorization, 0, scheme.len), scheme))
        return false;
    struct str token = str_trim(str_slice(authorization, scheme.len, authorization.len));
    if (token.len == 0)
        return false;
    *ret_token = token;
    return true;
}

bool auth_bearer(struct tx *tx, struct arena *arena, struct str authorization,
                 struct principal *ret_principal, struct err *err)
{
    struct str token;
    if (!auth_parse_bearer(authorization, &token))
        return err_set(err, ERR_FORBIDDEN, "Not authenticated");
    unsigned char hash[KEY_HASH_SIZE];
    struct key_row row;
    key_hash(token, hash);
    if (!keys_by_hash(tx, arena, hash, &row))
        return refuse(tx, err, ERR_UNAUTHORIZED, "Invalid API key");
    if (row.revoked_at != CLOCK_NONE)
        return err_set(err, ERR_UNAUTHORIZED, "API key revoked");
    *ret_principal = (struct principal){row.organization_id, row.id, row.scopes};
    return true;
}

bool auth_require(const struct principal *principal, unsigned scope, struct err *err)
{
    if ((principal->scopes & scope) == scope)
        return true;
    return err_set(err, ERR_FORBIDDEN, "Permission required");
}
