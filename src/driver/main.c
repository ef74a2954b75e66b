/* deskfleet-driver: connects one X desktop to a server. */
#include <signal.h>
#include <stdio.h>
#include <uv.h>

#include "base/log.h"
#include "base/macros.h"
#include "driver/desktop.h"
#include "driver/identity.h"
#include "driver/options.h"
#include "driver/tunnel.h"
#include "net/loop.h"
#include "net/stream.h"

/* A supervisor may rely on these (README.md). */
enum exit_status {
    EXIT_STOPPED = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_REJECTED = 3,
};

static const int stop_signals[] = {SIGTERM, SIGINT};

struct driver {
    struct options options;
    struct identity identity;
    struct net_loop *loop;
    struct tls_context *tls;
    struct desktop *desktop;
    struct tunnel *tunnel;
    uv_signal_t signals[countof(stop_signals)];
    size_t signal_count;
    bool display_gone;
    enum tunnel_outcome outcome;
};

/* With every handle closed the loop ends, and main goes on. */
static void on_stopped(void *ctx, enum tunnel_outcome outcome)
{
    struct driver *driver = ctx;
    driver->outcome = outcome;
    desktop_unwatch(driver->desktop);
    for (size_t i = 0; i < driver->signal_count; i++)
        uv_close((uv_handle_t *)&driver->signals[i], NULL);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct driver *driver = handle->data;
    log_info("driver.stopping", LOG_INT("signal", number));
    tunnel_stop(driver->tunnel);
}

static void on_display_gone(void *ctx)
{
    struct driver *driver = ctx;
    driver->display_gone = true;
    log_error("driver.display_gone", LOG_CSTR("reason", "the X server closed the connection"));
    tunnel_stop(driver->tunnel);
}

static bool watch_signals(struct driver *driver, struct err *err)
{
    for (size_t i = 0; i < countof(stop_signals); i++) {
        uv_signal_t *handle = &driver->signals[i];
        int status = uv_signal_init(net_loop_uv(driver->loop), handle);
        if (status < 0)
            return err_set(err, ERR_INTERNAL, "cannot watch signals: %s", uv_strerror(status));
        handle->data = driver;
        driver->signal_count++;
        uv_signal_start(handle, on_signal, stop_signals[i]);
    }
    return true;
}

static bool driver_init(struct driver *driver, struct err *err)
{
    const struct options *options = &driver->options;
    if (!identity_load(options->config_dir, options->new_identity, &driver->identity, err))
        return false;
    driver->desktop = desktop_create(options->display, err);
    if (!driver->desktop)
        return false;
    if (options->endpoint.tls) {
        driver->tls = tls_context_create_client(NULL, err);
        if (!driver->tls)
            return false;
    }
    driver->loop = net_loop_create(err);
    if (!driver->loop)
        return false;
    driver->tunnel = tunnel_create(driver->loop, &(struct tunnel_config){
                                                     .options = options,
                                                     .identity = &driver->identity,
                                                     .desktop = driver->desktop,
                                                     .tls = driver->tls,
                                                     .stopped = on_stopped,
                                                     .ctx = driver,
                                                 });
    return true;
}

static void driver_finish(struct driver *driver)
{
    tunnel_destroy(driver->tunnel);
    net_loop_destroy(driver->loop);
    desktop_destroy(driver->desktop);
    tls_context_destroy(driver->tls);
}

static bool run_loop(struct driver *driver, struct err *err)
{
    if (!watch_signals(driver, err) ||
        !desktop_watch(driver->desktop, driver->loop, on_display_gone, driver, err)) {
        tunnel_stop(driver->tunnel);
        return false;
    }
    tunnel_start(driver->tunnel);
    if (!net_loop_start(driver->loop, "tunnel", err)) {
        tunnel_stop(driver->tunnel);
        return false;
    }
    net_loop_join(driver->loop);
    return true;
}

static enum exit_status status_of(const struct driver *driver)
{
    if (driver->display_gone || driver->outcome == TUNNEL_ENDED)
        return EXIT_FAILED;
    return driver->outcome == TUNNEL_REJECTED ? EXIT_REJECTED : EXIT_STOPPED;
}

static enum exit_status join(struct driver *driver)
{
    struct err err;
    enum exit_status status = EXIT_FAILED;
    if (driver_init(driver, &err) && run_loop(driver, &err))
        status = status_of(driver);
    else
        fprintf(stderr, "deskfleet-driver: %s\n", err.message);
    if (status == EXIT_REJECTED)
        fprintf(stderr, "deskfleet-driver: the server rejects this key\n");
    driver_finish(driver);
    return status;
}

int main(int argc, char **argv)
{
    struct driver driver = {0};
    struct err err;
    /* A server or an X server that goes away is an error of a call, not the end of the process. */
    signal(SIGPIPE, SIG_IGN);
    if (!options_parse(argc, argv, &driver.options, &err)) {
        fprintf(stderr, "deskfleet-driver: %s (see --help)\n", err.message);
        return EXIT_USAGE;
    }
    switch (driver.options.action) {
    case ACTION_HELP:
        options_print_help();
        return EXIT_STOPPED;
    case ACTION_VERSION:
        puts("deskfleet-driver " DESKFLEET_VERSION);
        return EXIT_STOPPED;
    case ACTION_JOIN:
        break;
    }
    return join(&driver);
}
