/* The keys that are not in the database: sealing of secrets, and keyed fingerprints.
 *
 * The key file (mode 0600) is text: a first line `deskfleet-keys 1`, one line `mac <hex>` and one
 * line `seal <id> <hex>` a sealing key, newest last. Sealed bytes start with the id of their key,
 * so old keys stay until nothing needs them.
 *
 * Sealing is XChaCha20-Poly1305. The associated data name the cell (table, column, row,
 * organization), so that a sealed value copied into another cell does not open.
 *
 * A keyring may be used by all threads; reloading waits for nobody to be inside. */
#ifndef BASE_KEYRING_H
#define BASE_KEYRING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#define KEYRING_MAC_SIZE 32
/* Length of the key id in front of sealed bytes. */
#define KEYRING_ID_SIZE 4

struct keyring;

/* The cell that a sealed value belongs to. */
struct seal_cell {
    const char *table;
    const char *column;
    struct str row_id;
    struct str organization_id;
};

/* Makes a new key file; fails when the file exists. */
bool keyring_create_file(const char *path, struct err *err);
/* Adds a sealing key, which becomes the current one; the file is replaced atomically. */
bool keyring_rotate_file(const char *path, struct err *err);

/* NULL with an error when the file is missing, readable by others, or not a key file. */
struct keyring *keyring_load(const char *path, struct err *err);
/* Reads the file again. A file that lacks a key held so far, or has another mac, is refused. On
 * failure the old keys stay. */
bool keyring_reload(struct keyring *keyring, struct err *err);
void keyring_destroy(struct keyring *keyring);

/* Seals with the current key; the result lives in the arena. */
struct str keyring_seal(struct keyring *keyring, const struct seal_cell *cell, struct str plain,
                        struct arena *arena);
/* False when the key is unknown, the bytes were changed, or they belong to another cell. */
MUST_CHECK bool keyring_open(struct keyring *keyring, const struct seal_cell *cell,
                             struct str sealed, struct arena *arena, struct str *ret_plain);

bool keyring_has(struct keyring *keyring, uint32_t key_id);
uint32_t keyring_current(struct keyring *keyring);
/* The key id in front of sealed bytes; 0 (never a key) when there are too few. */
uint32_t keyring_id_of(struct str sealed);

/* Keyed BLAKE2b over the parts; their lengths are part of what is hashed. */
void keyring_mac(struct keyring *keyring, const struct str *parts, size_t count,
                 unsigned char ret_mac[KEYRING_MAC_SIZE]);

#endif
