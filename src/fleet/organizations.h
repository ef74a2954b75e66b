/* Organizations: the tenants that own everything else. */
#ifndef FLEET_ORGANIZATIONS_H
#define FLEET_ORGANIZATIONS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/keyring.h"
#include "fleet/keys.h"
#include "store/store.h"

struct new_organization {
    struct str id;
    struct str name;
    struct new_key key;           /* one bearer key with every scope */
    struct new_hmac_key hmac_key; /* one HMAC pair with every scope */
};

/* Makes ids and keys; nothing is stored yet. The name must be 1 to 255 characters. */
bool organization_prepare(struct arena *arena, struct keyring *keyring, struct str name,
                          int64_t now, struct new_organization *ret_new, struct err *err);

/* Stores what organization_prepare made. */
bool organization_insert(struct tx *tx, const struct new_organization *new, int64_t now,
                         struct err *err);

bool organization_rename(struct tx *tx, struct str id, struct str name, struct err *err);

#endif
