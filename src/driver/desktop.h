/* The desktop that requests act on: the display with its keyboard, pointer and picture, watched by
 * the event loop. All calls on the loop's thread, or while the loop is not running. */
#ifndef DRIVER_DESKTOP_H
#define DRIVER_DESKTOP_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "driver/combo.h"
#include "driver/display.h"
#include "driver/png.h"
#include "net/loop.h"

struct keyboard;
struct desktop_watch;

struct desktop {
    struct display *display;
    struct keyboard *keyboard;
    struct png_writer *png;
    struct desktop_watch *watch;
};

/* `display_name` as for display_open. */
struct desktop *desktop_create(const char *display_name, struct err *err);

/* Calls `gone` once, from the loop, when the X server has gone away. */
bool desktop_watch(struct desktop *desktop, struct net_loop *loop, void (*gone)(void *ctx),
                   void *ctx, struct err *err);
/* Closes the loop's handles; nothing is called any more. Fine when there are none. */
void desktop_unwatch(struct desktop *desktop);

/* Restores the keyboard. Not before the loop has ended, if the desktop was watched. */
void desktop_destroy(struct desktop *desktop);

/* As keyboard_type and keyboard_press; afterwards the keyboard is restored when its time comes. */
bool desktop_type(struct desktop *desktop, struct str text, struct err *err);
bool desktop_press(struct desktop *desktop, const struct combo *combo, struct err *err);

#endif
