#include "fleet/keys.h"

#include <sodium.h>

#include "base/json_write.h"
#include "base/uuid.h"
#include "fleet/ids.h"

#define RANDOM_BYTES 32

static struct str random_hex(struct arena *arena, const char *prefix)
{
    unsigned char bytes[RANDOM_BYTES];
    char hex[2 * RANDOM_BYTES + 1];
    randombytes_buf(bytes, sizeof(bytes));
    sodium_bin2hex(hex, sizeof(hex), bytes, sizeof(bytes));
    struct str text = arena_printf(arena, "%s%s", prefix, hex);
    sodium_memzero(bytes, sizeof(bytes));
    sodium_memzero(hex, sizeof(hex));
    return text;
}

void key_hash(struct str text, unsigned char ret_hash[KEY_HASH_SIZE])
{
    crypto_generichash(ret_hash, KEY_HASH_SIZE, (const unsigned char *)text.ptr, text.len, NULL, 0);
}

struct new_key key_generate(struct arena *arena, struct str organization_id, struct str name,
                            unsigned scopes, int64_t now)
{
    struct new_key key = {
        .row = {.id = id_new(arena, "key_"),
                .organization_id = organization_id,
                .name = name,
                .scopes = scopes,
                .created_at = now,
                .revoked_at = CLOCK_NONE},
        .text = random_hex(arena, "ak_"),
    };
    key_hash(key.text, key.row.hash);
    return key;
}

struct seal_cell hmac_key_cell(const struct hmac_key_row *row)
{
    return (struct seal_cell){"hmac_keys", "secret", row->key, row->organization_id};
}

struct str sealing_key_text(struct arena *arena, uint32_t key_id)
{
    return arena_printf(arena, "%u", key_id);
}

struct new_hmac_key hmac_key_generate(struct arena *arena, struct keyring *keyring,
                                      struct str organization_id, unsigned scopes, int64_t now)
{
    struct uuid key = uuid_random();
    struct new_hmac_key pair = {
        .row = {.key = arena_str(arena, uuid_str(&key)),
                .organization_id = organization_id,
                .scopes = scopes,
                .created_at = now,
                .revoked_at = CLOCK_NONE},
        .secret = random_hex(arena, ""),
    };
    struct seal_cell cell = hmac_key_cell(&pair.row);
    pair.row.sealed_secret = keyring_seal(keyring, &cell, pair.secret, arena);
    pair.row.sealing_key_id = sealing_key_text(arena, keyring_id_of(pair.row.sealed_secret));
    return pair;
}
