/* API keys of both kinds: how they are made. Their text is shown once and never stored. */
#ifndef FLEET_KEYS_H
#define FLEET_KEYS_H

#include "base/arena.h"
#include "base/keyring.h"
#include "store/keys.h"

/* What is stored of a bearer key. The text is 32 random bytes, so one fast hash is enough. */
void key_hash(struct str text, unsigned char ret_hash[KEY_HASH_SIZE]);

/* A new bearer key: a row to insert, and the text to show. */
struct new_key {
    struct key_row row;
    struct str text; /* "ak_" and 64 hexadecimal digits */
};
struct new_key key_generate(struct arena *arena, struct str organization_id, struct str name,
                            unsigned scopes, int64_t now);

/* A new HMAC pair: a row to insert (secret sealed), and the secret to show. */
struct new_hmac_key {
    struct hmac_key_row row;
    struct str secret; /* 64 hexadecimal digits, used as text */
};
struct new_hmac_key hmac_key_generate(struct arena *arena, struct keyring *keyring,
                                      struct str organization_id, unsigned scopes, int64_t now);

/* The cell an HMAC secret is sealed for. */
struct seal_cell hmac_key_cell(const struct hmac_key_row *row);

/* The text of a sealing key's id, as rows carry it. */
struct str sealing_key_text(struct arena *arena, uint32_t key_id);

#endif
