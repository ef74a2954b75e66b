#include "base/keyring.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

#define KEY_SIZE     crypto_aead_xchacha20poly1305_ietf_KEYBYTES
#define NONCE_SIZE   crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_SIZE     crypto_aead_xchacha20poly1305_ietf_ABYTES
#define MAX_KEYS     64
#define FILE_CEILING 16384
#define FIRST_LINE   "deskfleet-keys 1"

struct seal_key {
    uint32_t id;
    unsigned char bytes[KEY_SIZE];
};

struct keys {
    unsigned char mac[KEYRING_MAC_SIZE];
    bool has_mac;
    struct seal_key seal[MAX_KEYS];
    size_t count;
};

struct keyring {
    pthread_rwlock_t lock;
    struct keys keys;
    char *path;
};

/* --- the file --- */

static bool parse_hex(struct str hex, unsigned char *bytes, size_t size)
{
    size_t len;
    return sodium_hex2bin(bytes, size, hex.ptr, hex.len, NULL, &len, NULL) == 0 && len == size &&
           hex.len == 2 * size;
}

static bool parse_seal_line(struct str rest, struct keys *keys)
{
    struct str id_text;
    int64_t id;
    if (keys->count == MAX_KEYS || !str_split(&rest, ' ', &id_text) || !str_to_i64(id_text, &id) ||
        id < 1 || id > UINT32_MAX)
        return false;
    struct seal_key *key = &keys->seal[keys->count++];
    key->id = (uint32_t)id;
    return parse_hex(rest, key->bytes, sizeof(key->bytes));
}

static bool parse_line(struct str line, struct keys *keys)
{
    struct str word, rest = line;
    if (line.len == 0)
        return true;
    if (!str_split(&rest, ' ', &word))
        return false;
    if (str_eq(word, STR("seal")))
        return parse_seal_line(rest, keys);
    if (!str_eq(word, STR("mac")))
        return false;
    keys->has_mac = parse_hex(rest, keys->mac, sizeof(keys->mac));
    return keys->has_mac;
}

static bool parse_keys(const char *path, struct str text, struct keys *keys, struct err *err)
{
    struct str line;
    if (!str_split(&text, '\n', &line) || !str_eq(line, STR(FIRST_LINE)))
        return err_set(err, ERR_INVALID, "%s is not a key file", path);
    for (int number = 2; str_split(&text, '\n', &line); number++) {
        if (!parse_line(line, keys))
            return err_set(err, ERR_INVALID, "%s: line %d is broken", path, number);
    }
    if (!keys->has_mac || keys->count == 0)
        return err_set(err, ERR_INVALID, "%s holds no keys", path);
    return true;
}

static bool check_mode(const char *path, struct err *err)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return err_set_errno(err, ERR_INVALID, errno, "cannot open key file %s", path);
    if (info.st_mode & 077)
        return err_set(err, ERR_INVALID, "key file %s is open to others (mode %o, must be 0600)",
                       path, (unsigned)info.st_mode & 0777);
    return true;
}

static bool read_keys(const char *path, struct keys *keys, struct err *err)
{
    *keys = (struct keys){0};
    if (!check_mode(path, err))
        return false;
    struct buf text;
    buf_init(&text, FILE_CEILING);
    bool ok = file_read(path, &text, err) && parse_keys(path, buf_str(&text), keys, err);
    if (text.ptr)
        sodium_memzero(text.ptr, text.capacity);
    buf_finish(&text);
    return ok;
}

static void print_keys(const struct keys *keys, struct buf *out)
{
    char hex[2 * KEY_SIZE + 1];
    buf_append_str(out, STR(FIRST_LINE "\n"));
    buf_printf(out, "mac %s\n", sodium_bin2hex(hex, sizeof(hex), keys->mac, sizeof(keys->mac)));
    for (size_t i = 0; i < keys->count; i++) {
        sodium_bin2hex(hex, sizeof(hex), keys->seal[i].bytes, KEY_SIZE);
        buf_printf(out, "seal %u %s\n", keys->seal[i].id, hex);
    }
    sodium_memzero(hex, sizeof(hex));
}

static bool save_keys(const char *path, const struct keys *keys,
                      bool (*save)(const char *, struct str, unsigned, struct err *),
                      struct err *err)
{
    struct buf text;
    buf_init(&text, FILE_CEILING);
    print_keys(keys, &text);
    bool ok = save(path, buf_str(&text), 0600, err);
    sodium_memzero(text.ptr, text.capacity);
    buf_finish(&text);
    return ok;
}

static void add_key(struct keys *keys)
{
    uint32_t last = keys->count > 0 ? keys->seal[keys->count - 1].id : 0;
    struct seal_key *key = &keys->seal[keys->count++];
    key->id = last + 1;
    randombytes_buf(key->bytes, sizeof(key->bytes));
}

bool keyring_create_file(const char *path, struct err *err)
{
    struct keys keys = {0};
    randombytes_buf(keys.mac, sizeof(keys.mac));
    add_key(&keys);
    bool ok = save_keys(path, &keys, file_create, err);
    sodium_memzero(&keys, sizeof(keys));
    return ok;
}

static bool rotate_locked(const char *path, struct err *err)
{
    struct keys keys;
    if (!read_keys(path, &keys, err))
        return false;
    bool ok = keys.count < MAX_KEYS ||
              err_set(err, ERR_INVALID, "%s holds %d keys already, no more fit", path, MAX_KEYS);
    if (ok) {
        add_key(&keys);
        ok = save_keys(path, &keys, file_replace, err);
    }
    sodium_memzero(&keys, sizeof(keys));
    return ok;
}

/* Two rotations at once would both make "the next" key; the folder's lock lets one wait. */
bool keyring_rotate_file(const char *path, struct err *err)
{
    char *copy = mem_strdup(path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(copy);
    if (fd < 0 || flock(fd, LOCK_EX) != 0) {
        err_set_errno(err, ERR_INVALID, errno, "cannot lock the folder of %s", path);
        if (fd >= 0)
            close(fd);
        return false;
    }
    bool ok = rotate_locked(path, err);
    close(fd);
    return ok;
}

/* --- the ring --- */

struct keyring *keyring_load(const char *path, struct err *err)
{
    struct keyring *keyring = MEM_NEW(struct keyring);
    if (!read_keys(path, &keyring->keys, err)) {
        sodium_memzero(keyring, sizeof(*keyring));
        free(keyring);
        return NULL;
    }
    pthread_rwlock_init(&keyring->lock, NULL);
    keyring->path = mem_strdup(path);
    return keyring;
}

static bool holds_key(const struct keys *keys, const struct seal_key *wanted)
{
    for (size_t i = 0; i < keys->count; i++) {
        if (keys->seal[i].id == wanted->id)
            return sodium_memcmp(keys->seal[i].bytes, wanted->bytes, KEY_SIZE) == 0;
    }
    return false;
}

/* Keys are only ever added. */
static bool holds_all(const struct keys *keys, const struct keys *wanted)
{
    bool ok = sodium_memcmp(keys->mac, wanted->mac, sizeof(keys->mac)) == 0;
    for (size_t i = 0; i < wanted->count; i++)
        ok = ok && holds_key(keys, &wanted->seal[i]);
    return ok;
}

bool keyring_reload(struct keyring *keyring, struct err *err)
{
    struct keys keys;
    bool ok = read_keys(keyring->path, &keys, err);
    pthread_rwlock_wrlock(&keyring->lock);
    if (ok && !holds_all(&keys, &keyring->keys))
        ok = err_set(err, ERR_INVALID, "%s lacks keys that are in use", keyring->path);
    if (ok)
        keyring->keys = keys;
    pthread_rwlock_unlock(&keyring->lock);
    sodium_memzero(&keys, sizeof(keys));
    return ok;
}

void keyring_destroy(struct keyring *keyring)
{
    if (!keyring)
        return;
    pthread_rwlock_destroy(&keyring->lock);
    free(keyring->path);
    sodium_memzero(keyring, sizeof(*keyring));
    free(keyring);
}

static bool find_key(struct keyring *keyring, uint32_t id, unsigned char ret_key[KEY_SIZE])
{
    bool found = false;
    pthread_rwlock_rdlock(&keyring->lock);
    for (size_t i = 0; i < keyring->keys.count && !found; i++) {
        if (keyring->keys.seal[i].id != id)
            continue;
        memcpy(ret_key, keyring->keys.seal[i].bytes, KEY_SIZE);
        found = true;
    }
    pthread_rwlock_unlock(&keyring->lock);
    return found;
}

bool keyring_has(struct keyring *keyring, uint32_t key_id)
{
    unsigned char key[KEY_SIZE];
    bool found = find_key(keyring, key_id, key);
    sodium_memzero(key, sizeof(key));
    return found;
}

uint32_t keyring_current(struct keyring *keyring)
{
    pthread_rwlock_rdlock(&keyring->lock);
    uint32_t id = keyring->keys.seal[keyring->keys.count - 1].id;
    pthread_rwlock_unlock(&keyring->lock);
    return id;
}

uint32_t keyring_id_of(struct str sealed)
{
    if (sealed.len < KEYRING_ID_SIZE)
        return 0;
    uint32_t id = 0;
    for (size_t i = 0; i < KEYRING_ID_SIZE; i++)
        id = id << 8 | (unsigned char)sealed.ptr[i];
    return id;
}

/* Lengths in front of the parts keep ("ab","c") apart from ("a","bc"). */
static struct str cell_text(const struct seal_cell *cell, struct arena *arena)
{
    return arena_printf(arena, "%zu.%s.%zu.%s.%zu.%.*s.%zu.%.*s", strlen(cell->table), cell->table,
                        strlen(cell->column), cell->column, cell->row_id.len, STR_FMT(cell->row_id),
                        cell->organization_id.len, STR_FMT(cell->organization_id));
}

static const unsigned char *bytes_of(struct str s)
{
    return (const unsigned char *)(s.ptr ? s.ptr : "");
}

/* Layout: key id (4, big-endian), nonce (24), ciphertext and tag. */
struct str keyring_seal(struct keyring *keyring, const struct seal_cell *cell, struct str plain,
                        struct arena *arena)
{
    unsigned char key[KEY_SIZE];
    uint32_t id = keyring_current(keyring);
    if (!find_key(keyring, id, key))
        abort(); /* keys are only ever added */
    size_t size = KEYRING_ID_SIZE + NONCE_SIZE + plain.len + TAG_SIZE;
    unsigned char *sealed = arena_alloc(arena, size);
    for (size_t i = 0; i < KEYRING_ID_SIZE; i++)
        sealed[i] = (unsigned char)(id >> 8 * (KEYRING_ID_SIZE - 1 - i));
    unsigned char *nonce = sealed + KEYRING_ID_SIZE;
    randombytes_buf(nonce, NONCE_SIZE);
    struct str about = cell_text(cell, arena);
    crypto_aead_xchacha20poly1305_ietf_encrypt(nonce + NONCE_SIZE, NULL, bytes_of(plain), plain.len,
                                               bytes_of(about), about.len, NULL, nonce, key);
    sodium_memzero(key, sizeof(key));
    return str_of(sealed, size);
}

bool keyring_open(struct keyring *keyring, const struct seal_cell *cell, struct str sealed,
                  struct arena *arena, struct str *ret_plain)
{
    const size_t overhead = KEYRING_ID_SIZE + NONCE_SIZE + TAG_SIZE;
    unsigned char key[KEY_SIZE];
    if (sealed.len < overhead || !find_key(keyring, keyring_id_of(sealed), key))
        return false;
    const unsigned char *nonce = bytes_of(sealed) + KEYRING_ID_SIZE;
    size_t len = sealed.len - overhead;
    unsigned char *plain = arena_alloc(arena, len + 1);
    struct str about = cell_text(cell, arena);
    int result = crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL, nonce + NONCE_SIZE,
                                                            len + TAG_SIZE, bytes_of(about),
                                                            about.len, nonce, key);
    sodium_memzero(key, sizeof(key));
    if (result != 0)
        return false;
    *ret_plain = str_of(plain, len);
    return true;
}

void keyring_mac(struct keyring *keyring, const struct str *parts, size_t count,
                 unsigned char ret_mac[KEYRING_MAC_SIZE])
{
    crypto_generichash_state state;
    pthread_rwlock_rdlock(&keyring->lock);
    crypto_generichash_init(&state, keyring->keys.mac, sizeof(keyring->keys.mac), KEYRING_MAC_SIZE);
    pthread_rwlock_unlock(&keyring->lock);
    for (size_t i = 0; i < count; i++) {
        uint64_t len = parts[i].len;
        crypto_generichash_update(&state, (const unsigned char *)&len, sizeof(len));
        crypto_generichash_update(&state, bytes_of(parts[i]), parts[i].len);
    }
    crypto_generichash_final(&state, ret_mac, KEYRING_MAC_SIZE);
}
