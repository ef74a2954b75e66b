#include "server/config.h"

#include "store/store.h"

#define TEXT(name, field, argument, help)                                                          \
    {                                                                                              \
        name, OPTION_TEXT, offsetof(struct server_config, field), argument, help, 0, 0             \
    }
#define NUMBER(name, field, argument, help, min, max)                                              \
    {                                                                                              \
        name, OPTION_INT, offsetof(struct server_config, field), argument, help, min, max          \
    }
#define LIST(name, field, argument, help)                                                          \
    {                                                                                              \
        name, OPTION_LIST, offsetof(struct server_config, field), argument, help, 0, 0             \
    }

#define HOUR_MS 3600000

const struct option server_options[] = {
    TEXT("data-dir", data_dir, "DIR", "the data directory (made by 'deskfleet init')"),
    TEXT("key-file", key_file, "FILE", "the key file (default: deskfleet.keys in DIR)"),
    TEXT("config", config_file, "FILE", "settings as 'name = value' lines, named like options"),
    LIST("listen", listen, "ADDRESS", "HOST:PORT or unix:PATH; may be repeated"),
    TEXT("operator-listen", operator_listen, "ADDRESS", "where /metrics is answered"),
    TEXT("tls-cert", tls_cert, "FILE", "certificate chain (PEM): TCP listeners speak TLS"),
    TEXT("tls-key", tls_key, "FILE", "its private key (PEM)"),
    TEXT("log-level", log_level, "LEVEL", "debug, info (default), warn or error"),
    NUMBER("threads", threads, "N", "network threads (default: one a core)", 0, 256),
    NUMBER("workers", workers, "N", "worker threads (default: one a core)", 0, 1024),
    NUMBER("max-connections", max_connections, "N", "open connections (default 20000)", 1,
           10000000),
    NUMBER("header-timeout-ms", header_timeout_ms, "MS", "for a request's headers (10000)", 10,
           HOUR_MS),
    NUMBER("body-timeout-ms", body_timeout_ms, "MS", "for a request's body (60000)", 10, HOUR_MS),
    NUMBER("idle-timeout-ms", idle_timeout_ms, "MS", "between requests (75000)", 10, HOUR_MS),
    NUMBER("low-disk-watermark", low_disk_watermark, "BYTES",
           "refuse new data below this much free space (2 GiB; 0: never)", 0, INT64_MAX),
    NUMBER("tunnel-timeout-ms", tunnel_timeout_ms, "MS", "for a desktop's answer (35000)", 1,
           HOUR_MS),
    NUMBER("tunnel-ping-ms", tunnel_ping_ms, "MS", "between pings to drivers (30000)", 10, HOUR_MS),
    NUMBER("tunnel-silence-ms", tunnel_silence_ms, "MS",
           "silence after which a driver is gone (90000)", 10, HOUR_MS),
    NUMBER("drain-ms", drain_ms, "MS", "for requests in flight at SIGTERM (10000)", 0, HOUR_MS),
    {"help", OPTION_FLAG, offsetof(struct server_config, help), NULL, "this text", 0, 0},
    {0},
};

static const struct server_config defaults = {
    .log_level = "info",
    .max_connections = 20000,
    .header_timeout_ms = 10000,
    .body_timeout_ms = 60000,
    .idle_timeout_ms = 75000,
    .low_disk_watermark = STORE_MIN_FREE_BYTES,
    .tunnel_timeout_ms = 35000,
    .tunnel_ping_ms = 30000,
    .tunnel_silence_ms = 90000,
    .drain_ms = 10000,
};

static bool parse(int argc, char **argv, struct server_config *config, struct err *err)
{
    size_t count;
    return options_parse(server_options, argc, argv, config, NULL, 0, &count, err);
}

static bool check(const struct server_config *config, struct err *err)
{
    if (!config->data_dir)
        return err_set(err, ERR_INVALID, "--data-dir is missing");
    if (config->listen.count == 0)
        return err_set(err, ERR_INVALID, "--listen is missing");
    if (!config->tls_cert != !config->tls_key)
        return err_set(err, ERR_INVALID, "--tls-cert and --tls-key go together");
    return true;
}

bool server_config_load(int argc, char **argv, struct arena *arena,
                        struct server_config *ret_config, struct err *err)
{
    /* The command line is read twice: first to find the file, then to win over it. Lists of the
     * file and of the command line add up. */
    struct server_config first = defaults;
    struct server_config config = defaults;
    if (!parse(argc, argv, &first, err))
        return false;
    if (first.config_file &&
        !options_read_file(server_options, first.config_file, &config, arena, err))
        return false;
    if (config.help || config.config_file)
        return err_set(err, ERR_INVALID, "%s: 'help' and 'config' are for the command line only",
                       first.config_file);
    if (!parse(argc, argv, &config, err) || (!config.help && !check(&config, err)))
        return false;
    *ret_config = config;
    return true;
}
