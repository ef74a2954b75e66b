/* The two kinds of API credentials: bearer keys (found by the hash of their text) and HMAC key
 * pairs (found by their public half). Revoked ones keep their row. */
#ifndef STORE_KEYS_H
#define STORE_KEYS_H

#include "base/arena.h"
#include "store/store.h"

#define KEY_HASH_SIZE 32 /* BLAKE2b-256 of the key's text */

/* Stored as a bit mask, so the numbers are fixed. */
enum key_scope {
    SCOPE_JOIN = 1, /* open a driver tunnel, nothing else */
    SCOPE_READ = 2,
    SCOPE_CONTROL = 4, /* computer operations and runs */
    SCOPE_POWER = 8,
    SCOPE_CREATE = 16,
    SCOPE_MONEY = 32,
    SCOPE_FILES = 64,
    SCOPE_ADMIN = 128,
    SCOPE_ALL = 255,
};

struct key_row {
    struct str id; /* "key_" and 32 hexadecimal digits */
    struct str organization_id;
    struct str name;
    unsigned char hash[KEY_HASH_SIZE];
    unsigned scopes; /* enum key_scope, or-ed */
    int64_t created_at;
    int64_t revoked_at; /* or CLOCK_NONE */
};

/* False when the id or the hash exists. */
bool keys_insert(struct tx *tx, const struct key_row *row);

/* Revoked keys too: the caller looks at revoked_at. No organization: the hash is what tells it. */
bool keys_by_hash(struct tx *tx, struct arena *arena, const unsigned char hash[KEY_HASH_SIZE],
                  struct key_row *ret_row);

/* Whether there is such a key and it is not revoked. */
bool keys_is_active(struct tx *tx, struct str organization_id, struct str id);

/* Oldest first, revoked ones too. Returns how many. */
size_t keys_list(struct tx *tx, struct arena *arena, struct str organization_id,
                 struct key_row **ret_rows);

/* False when there is no such key or it is revoked already. */
bool keys_revoke(struct tx *tx, struct str organization_id, struct str id, int64_t now);

struct hmac_key_row {
    struct str key; /* the public half: a UUID */
    struct str organization_id;
    struct str sealed_secret;  /* bytes */
    struct str sealing_key_id; /* the key of the key file that sealed it */
    unsigned scopes;           /* enum key_scope, or-ed */
    int64_t created_at;
    int64_t revoked_at; /* or CLOCK_NONE */
};

/* False when the key exists. */
bool hmac_keys_insert(struct tx *tx, const struct hmac_key_row *row);

/* By token, as the caller of the API names no organization. Revoked ones too. */
bool hmac_keys_get(struct tx *tx, struct arena *arena, struct str key,
                   struct hmac_key_row *ret_row);

/* For resealing under a newer key: the next rows not sealed by `sealing_key_id`, of any
 * organization. Returns how many, at most `limit`. */
size_t hmac_keys_not_sealed_by(struct tx *tx, struct arena *arena, struct str sealing_key_id,
                               size_t limit, struct hmac_key_row **ret_rows);

/* Replaces the sealed secret and the id of its sealing key. False when there is no such key. */
bool hmac_keys_reseal(struct tx *tx, const struct hmac_key_row *row);

#endif
