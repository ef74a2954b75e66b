#include "driver/desktop.h"

#include <uv.h>

#include "base/macros.h"
#include "base/mem.h"
#include "driver/keyboard.h"

struct desktop_watch {
    struct desktop *desktop;
    struct net_loop *loop;
    struct net_timer restore;
    uv_poll_t poll;
    bool closing;
    void (*gone)(void *ctx);
    void *ctx;
};

struct desktop *desktop_create(const char *display_name, struct err *err)
{
    struct display *display = display_open(display_name, err);
    if (!display)
        return NULL;
    struct desktop *desktop = MEM_NEW(struct desktop);
    desktop->display = display;
    desktop->keyboard = keyboard_create(display);
    desktop->png = png_writer_create();
    return desktop;
}

void desktop_destroy(struct desktop *desktop)
{
    if (!desktop)
        return;
    keyboard_destroy(desktop->keyboard);
    display_close(desktop->display);
    png_writer_destroy(desktop->png);
    free(desktop->watch);
    free(desktop);
}

static void on_readable(uv_poll_t *poll, int status UNUSED, int events UNUSED)
{
    struct desktop_watch *watch = container_of(poll, struct desktop_watch, poll);
    display_drain(watch->desktop->display);
    if (display_is_alive(watch->desktop->display))
        return;
    uv_poll_stop(poll);
    watch->gone(watch->ctx);
}

static void restore_keyboard(struct net_timer *timer)
{
    struct desktop_watch *watch = container_of(timer, struct desktop_watch, restore);
    keyboard_restore(watch->desktop->keyboard);
}

bool desktop_watch(struct desktop *desktop, struct net_loop *loop, void (*gone)(void *ctx),
                   void *ctx, struct err *err)
{
    struct desktop_watch *watch = MEM_NEW(struct desktop_watch);
    watch->desktop = desktop;
    watch->loop = loop;
    watch->gone = gone;
    watch->ctx = ctx;
    timer_init(&watch->restore, restore_keyboard);
    int status = uv_poll_init(net_loop_uv(loop), &watch->poll, display_fd(desktop->display));
    if (status < 0) {
        free(watch);
        return err_set(err, ERR_INTERNAL, "cannot watch the X connection: %s", uv_strerror(status));
    }
    uv_poll_start(&watch->poll, UV_READABLE | UV_DISCONNECT, on_readable);
    desktop->watch = watch;
    return true;
}

void desktop_unwatch(struct desktop *desktop)
{
    struct desktop_watch *watch = desktop->watch;
    if (!watch || watch->closing)
        return;
    watch->closing = true;
    timer_cancel(&watch->restore);
    uv_close((uv_handle_t *)&watch->poll, NULL);
}

/* Counts from the last use, so a session of typing keeps its bindings. */
static void restore_later(struct desktop *desktop)
{
    struct desktop_watch *watch = desktop->watch;
    if (!watch || watch->closing || !keyboard_is_changed(desktop->keyboard))
        return;
    /* The loop's clock stood still while we typed; by it the time might be up already. */
    uv_update_time(net_loop_uv(watch->loop));
    timer_set(net_loop_timers(watch->loop), &watch->restore, KEYBOARD_RESTORE_MS);
}

bool desktop_type(struct desktop *desktop, struct str text, struct err *err)
{
    bool ok = keyboard_type(desktop->keyboard, text, err);
    restore_later(desktop);
    return ok;
}

bool desktop_press(struct desktop *desktop, const struct combo *combo, struct err *err)
{
    bool ok = keyboard_press(desktop->keyboard, combo, err);
    restore_later(desktop);
    return ok;
}
