#include "server/data_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/secrets.h"
#include "store/settings.h"

/* A sealed word in the database tells whether a key file opens what is sealed in it. */
#define CHECK_SETTING "keyring_check"
#define CHECK_WORD    "deskfleet"

static const struct seal_cell check_cell = {
    "settings", "value", {CHECK_SETTING, sizeof(CHECK_SETTING) - 1}, {"", 0}};

struct data_dir data_dir_at(struct arena *arena, const char *path, const char *key_file)
{
    return (struct data_dir){
        .path = path,
        .database = arena_printf(arena, "%s/deskfleet.db", path).ptr,
        .key_file = key_file ? key_file : arena_printf(arena, "%s/deskfleet.keys", path).ptr,
        .lock_file = arena_printf(arena, "%s/lock", path).ptr,
    };
}

bool data_dir_make(const struct data_dir *dir, struct err *err)
{
    if (mkdir(dir->path, 0700) == 0 || errno == EEXIST)
        return true;
    return err_set_errno(err, ERR_INVALID, errno, "cannot make the data directory %s", dir->path);
}

static int read_pid(int fd)
{
    char text[16] = "";
    int64_t pid;
    ssize_t len = pread(fd, text, sizeof(text) - 1, 0);
    struct str line = str_of(text, len > 0 ? (size_t)len : 0);
    if (str_ends_with(line, STR("\n")))
        line.len--;
    return str_to_i64(line, &pid) ? (int)pid : 0;
}

int data_dir_lock(const struct data_dir *dir, struct err *err)
{
    int fd = open(dir->lock_file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        err_set_errno(err, ERR_INVALID, errno, "cannot write to the data directory: %s",
                      dir->lock_file);
        return -1;
    }
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(fd, F_OFD_SETLK, &lock) != 0) {
        err_set(err, ERR_CONFLICT, "another server (pid %d) uses the data directory %s",
                read_pid(fd), dir->path);
        close(fd);
        return -1;
    }
    char text[16];
    int len = snprintf(text, sizeof(text), "%d\n", (int)getpid());
    if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)len, 0) != len) {
        err_set_errno(err, ERR_INVALID, errno, "cannot write %s", dir->lock_file);
        close(fd);
        return -1;
    }
    return fd;
}

int data_dir_server(const struct data_dir *dir)
{
    /* Asking is not taking: a server that starts right now must not find the lock held by us. */
    struct flock probe = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int fd = open(dir->lock_file, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    bool held = fcntl(fd, F_OFD_GETLK, &probe) == 0 && probe.l_type != F_UNLCK;
    int pid = held ? read_pid(fd) : 0;
    close(fd);
    return pid;
}

/* --- keys and database belong together --- */

static bool put_check(struct tx *tx, void *arg, struct err *err)
{
    (void)err;
    settings_put(tx, STR(CHECK_SETTING), *(struct str *)arg);
    return true;
}

bool data_dir_bind_keys(struct store *store, struct keyring *keyring, struct err *err)
{
    struct arena arena;
    arena_init(&arena);
    struct str sealed = keyring_seal(keyring, &check_cell, STR(CHECK_WORD), &arena);
    char *hex = arena_alloc(&arena, 2 * sealed.len + 1);
    sodium_bin2hex(hex, 2 * sealed.len + 1, (const unsigned char *)sealed.ptr, sealed.len);
    struct str value = str_from(hex);
    bool ok = store_write_wait(store, put_check, &value, err);
    arena_finish(&arena);
    return ok;
}

static bool check_sealed(struct keyring *keyring, struct str hex, struct arena *arena,
                         const char *key_file, struct err *err)
{
    unsigned char *bytes = arena_alloc(arena, hex.len);
    size_t len;
    struct str word;
    if (sodium_hex2bin(bytes, hex.len, hex.ptr, hex.len, NULL, &len, NULL) != 0)
        return err_set(err, ERR_INVALID, "the database's key check is broken");
    struct str sealed = str_of(bytes, len);
    if (!keyring_has(keyring, keyring_id_of(sealed)))
        return err_set(err, ERR_INVALID, "key file %s lacks key %u, which this database needs",
                       key_file, keyring_id_of(sealed));
    if (!keyring_open(keyring, &check_cell, sealed, arena, &word))
        return err_set(err, ERR_INVALID, "key file %s does not belong to this database", key_file);
    return true;
}

/* A key file from before a rotation lacks keys that rows are sealed with by now. */
static bool check_needed(struct tx *tx, struct keyring *keyring, struct arena *arena,
                         const char *key_file, struct err *err)
{
    struct str *ids;
    size_t count = secrets_sealing_keys(tx, arena, &ids);
    for (size_t i = 0; i < count; i++) {
        int64_t id;
        if (!str_to_i64(ids[i], &id) || !keyring_has(keyring, (uint32_t)id))
            return err_set(err, ERR_INVALID,
                           "key file %s lacks key %.*s, which this database needs", key_file,
                           STR_FMT(ids[i]));
    }
    return !tx_error(tx, err);
}

static bool check_keys(struct store *store, struct keyring *keyring, const char *key_file,
                       struct err *err)
{
    struct reader *reader = reader_open(store, err);
    if (!reader)
        return false;
    struct arena arena;
    arena_init(&arena);
    struct tx *tx = reader_begin(reader);
    struct str hex = settings_get(tx, &arena, STR(CHECK_SETTING));
    bool ok = !tx_error(tx, err);
    if (ok && str_is_null(hex))
        ok = err_set(err, ERR_INVALID, "the database is not initialised; run 'deskfleet init'");
    if (ok)
        ok = check_sealed(keyring, hex, &arena, key_file, err) &&
             check_needed(tx, keyring, &arena, key_file, err);
    reader_end(reader);
    reader_close(reader);
    arena_finish(&arena);
    return ok;
}

bool data_dir_open(const struct data_dir *dir, int64_t low_disk_watermark, struct store **ret_store,
                   struct keyring **ret_keyring, struct err *err)
{
    struct store_config config = {.path = dir->database, .min_free_bytes = low_disk_watermark};
    struct keyring *keyring = keyring_load(dir->key_file, err);
    struct store *store = keyring ? store_open(&config, err) : NULL;
    if (store && check_keys(store, keyring, dir->key_file, err)) {
        *ret_store = store;
        *ret_keyring = keyring;
        return true;
    }
    store_close(store);
    keyring_destroy(keyring);
    return false;
}
