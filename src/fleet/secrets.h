/* Sensitive values: real ones in, aliases out. A value is sealed before the transaction that stores
 * it begins, and opened only where it is used. */
#ifndef FLEET_SECRETS_H
#define FLEET_SECRETS_H

#include <jansson.h>

#include "base/arena.h"
#include "base/keyring.h"
#include "store/secrets.h"

struct secret_set {
    struct secret_owner owner;
    struct secret_row *rows;
    size_t count;
    struct str aliases; /* JSON object text {name: alias}, as answers show it */
};

/* Seals every value of `values`, an object of strings. Everything lives in the arena. */
struct secret_set *secrets_prepare(struct arena *arena, struct keyring *keyring,
                                   const struct secret_owner *owner, const json_t *values);

/* Makes the set the owner's only secrets. */
void secrets_replace(struct tx *tx, const struct secret_set *set);

/* Makes ciphertexts of older keys current: up to `limit` HMAC secrets and as many values. Returns
 * how many rows were resealed; a row that does not open is left as it is and counted in
 * *ret_broken. */
size_t secrets_reseal_some(struct tx *tx, struct arena *arena, struct keyring *keyring,
                           size_t limit, size_t *ret_broken);

#endif
