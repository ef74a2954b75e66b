#include "server/serve.h"

#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>

#include "base/log.h"
#include "server/config.h"
#include "server/wiring.h"

/* Every thread inherits the mask, so these arrive here only. */
static void block_signals(sigset_t *ret_signals)
{
    sigemptyset(ret_signals);
    sigaddset(ret_signals, SIGTERM);
    sigaddset(ret_signals, SIGINT);
    sigaddset(ret_signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, ret_signals, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* Ten thousand drivers need as many descriptors. */
static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static void wait_for_the_end(struct server *server, const sigset_t *signals)
{
    for (;;) {
        int number = 0;
        if (sigwait(signals, &number) != 0)
            continue;
        if (number != SIGHUP) {
            log_info("server.stopping", LOG_INT("signal", number));
            return;
        }
        server_reload_keys(server);
    }
}

static int run(const struct server_config *config, struct arena *arena)
{
    struct err err;
    sigset_t signals;
    block_signals(&signals);
    raise_file_limit();
    struct server *server = server_create(config, arena, &err);
    if (!server) {
        fprintf(stderr, "deskfleet serve: %s\n", err.message);
        return 1;
    }
    log_info("server.ready", LOG_CSTR("version", DESKFLEET_VERSION));
    server_print_ready(server);
    wait_for_the_end(server, &signals);
    server_destroy(server);
    log_info("server.stopped");
    return 0;
}

static void print_help(void)
{
    puts("usage: deskfleet serve --data-dir DIR --listen ADDRESS [options]\n\n"
         "Serves the APIs until SIGTERM, then drains. SIGHUP reads the key file again.\n"
         "Prints one line when it is ready: ready listen=HOST:PORT ...\n");
    options_print(server_options);
}

int serve_main(int argc, char **argv)
{
    struct arena arena;
    struct server_config config;
    struct err err;
    enum log_level level = LOG_INFO;
    int code = 0;
    arena_init(&arena);
    if (!server_config_load(argc, argv, &arena, &config, &err) ||
        (!log_level_parse(str_from(config.log_level), &level) &&
         !err_set(&err, ERR_INVALID, "log-level: '%s' is no level", config.log_level))) {
        fprintf(stderr, "deskfleet serve: %s\n", err.message);
        code = 2;
    } else if (config.help) {
        print_help();
    } else {
        log_set_level(level);
        code = run(&config, &arena);
    }
    arena_finish(&arena);
    return code;
}
