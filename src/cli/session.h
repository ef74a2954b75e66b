/* An open data directory, for one verb. */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include "base/arena.h"
#include "base/err.h"
#include "base/keyring.h"
#include "server/data_dir.h"
#include "store/store.h"

/* What every verb that opens a data directory takes. The help flag is first (commands.h). */
struct common_options {
    bool help;
    bool json;
    const char *data_dir;
    const char *key_file;
};

/* Rows for the tables of options: a verb takes only what has an effect on it. The struct of every
 * verb starts with struct common_options. */
#define COMMON_ROW(name, kind, field, argument, help)                                              \
    {                                                                                              \
        name, kind, offsetof(struct common_options, field), argument, help, 0, 0                   \
    }
#define DATA_DIR_OPTION COMMON_ROW("data-dir", OPTION_TEXT, data_dir, "DIR", "the data directory")
#define KEY_FILE_OPTION                                                                            \
    COMMON_ROW("key-file", OPTION_TEXT, key_file, "FILE",                                          \
               "the key file (default: deskfleet.keys in DIR)")
#define JSON_OPTION COMMON_ROW("json", OPTION_FLAG, json, NULL, "print JSON")
#define HELP_OPTION COMMON_ROW("help", OPTION_FLAG, help, NULL, "this text")

struct session {
    struct arena arena;
    struct data_dir dir;
    struct store *store;
    struct keyring *keyring;
    struct reader *reader; /* NULL until session_read */
};

/* Opens database and keys; a server may be running. Free with session_close. */
bool session_open(struct session *session, const struct common_options *options, struct err *err);
void session_close(struct session *session);

/* A snapshot to read from; end with session_read_end. NULL on failure. */
struct tx *session_read(struct session *session, struct err *err);
/* False when something went wrong while reading. */
bool session_read_end(struct session *session, struct tx *tx, struct err *err);

/* The organization named, or the only one there is; an error when it does not exist, or none is
 * named and there are several. */
bool session_organization(struct session *session, const char *name, struct str *ret_id,
                          struct err *err);

#endif
