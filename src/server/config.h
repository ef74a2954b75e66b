/* What an operator can set, with its defaults: one table for the command line, the configuration
 * file and the help. */
#ifndef SERVER_CONFIG_H
#define SERVER_CONFIG_H

#include "base/arena.h"
#include "base/err.h"
#include "base/options.h"

struct server_config {
    const char *data_dir;
    const char *key_file; /* NULL: deskfleet.keys in the data directory */
    const char *config_file;
    struct option_list listen;
    const char *operator_listen; /* NULL: no operator's listener */
    const char *tls_cert;
    const char *tls_key;
    const char *log_level;
    int64_t threads; /* network threads; 0: one a core */
    int64_t workers; /* 0: one a core */
    int64_t max_connections;
    int64_t header_timeout_ms;
    int64_t body_timeout_ms;
    int64_t idle_timeout_ms;
    int64_t low_disk_watermark;
    int64_t tunnel_timeout_ms;
    int64_t tunnel_ping_ms;
    int64_t tunnel_silence_ms;
    int64_t drain_ms;
    bool help;
};

extern const struct option server_options[];

/* Defaults, then the configuration file, then the command line. `argv` starts behind the verb. */
bool server_config_load(int argc, char **argv, struct arena *arena,
                        struct server_config *ret_config, struct err *err);

#endif
