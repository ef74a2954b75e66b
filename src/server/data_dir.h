/* The data directory: what lies in it, and who may use it. */
#ifndef SERVER_DATA_DIR_H
#define SERVER_DATA_DIR_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/keyring.h"
#include "store/store.h"

struct data_dir {
    const char *path;
    const char *database;
    const char *key_file;
    const char *lock_file;
};

/* Only names; nothing is opened. `key_file` may be NULL: the usual place. */
struct data_dir data_dir_at(struct arena *arena, const char *path, const char *key_file);

/* Makes the directory (0700) when it is missing. */
bool data_dir_make(const struct data_dir *dir, struct err *err);

/* Takes the lock that one server at a time may hold, and writes the process id into it. The
 * descriptor keeps it; -1 and an error naming the holder when it is taken. */
int data_dir_lock(const struct data_dir *dir, struct err *err);

/* The process id of the server that holds the lock; 0 when none does. */
int data_dir_server(const struct data_dir *dir);

/* Opens database and keys that belong together. On failure both are NULL. */
bool data_dir_open(const struct data_dir *dir, int64_t low_disk_watermark, struct store **ret_store,
                   struct keyring **ret_keyring, struct err *err);

/* At init: notes in the database which key file belongs to it. */
bool data_dir_bind_keys(struct store *store, struct keyring *keyring, struct err *err);

#endif
