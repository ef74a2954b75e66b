#include "fleet/organizations.h"

#include "base/utf8.h"
#include "fleet/ids.h"
#include "fleet/refuse.h"
#include "store/organizations.h"

#define NAME_MAX_CHARACTERS 255

static bool check_name(struct str name, struct err *err)
{
    if (!utf8_is_valid(name))
        return err_set(err, ERR_INVALID, "the organization's name is not valid UTF-8");
    size_t count = utf8_count(name);
    if (count < 1 || count > NAME_MAX_CHARACTERS)
        return err_set(err, ERR_INVALID, "the organization's name must have 1 to %d characters",
                       NAME_MAX_CHARACTERS);
    return true;
}

bool organization_prepare(struct arena *arena, struct keyring *keyring, struct str name,
                          int64_t now, struct new_organization *ret_new, struct err *err)
{
    if (!check_name(name, err))
        return false;
    struct str id = id_new(arena, "org_");
    *ret_new = (struct new_organization){
        .id = id,
        .name = name,
        .key = key_generate(arena, id, STR("first key"), SCOPE_ALL, now),
        .hmac_key = hmac_key_generate(arena, keyring, id, SCOPE_ALL, now),
    };
    return true;
}

bool organization_insert(struct tx *tx, const struct new_organization *new, int64_t now,
                         struct err *err)
{
    struct organization_row row = {.id = new->id, .name = new->name, .created_at = now};
    if (organizations_insert(tx, &row) && keys_insert(tx, &new->key.row) &&
        hmac_keys_insert(tx, &new->hmac_key.row))
        return true;
    return refuse(tx, err, ERR_INTERNAL, "the new organization's id or key is taken");
}

bool organization_rename(struct tx *tx, struct str id, struct str name, struct err *err)
{
    if (!check_name(name, err))
        return false;
    return organizations_rename(tx, id, name) ||
           refuse(tx, err, ERR_NOT_FOUND, "no organization %.*s", STR_FMT(id));
}
