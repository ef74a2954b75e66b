/* The connection to the X server and the picture of its screen. One thread.
 *
 * The whole X screen (all its monitors) is one display. Its size is read anew each time, so a
 * screen that is resized needs no attention. When the X server goes away every call fails from
 * then on; the driver exits (main.c). */
#ifndef DRIVER_DISPLAY_H
#define DRIVER_DISPLAY_H

#include <stdbool.h>
#include <xcb/xcb.h>

#include "base/err.h"
#include "driver/image.h"

struct capture;

/* What keyboard.c and mouse.c work with, too. */
struct display {
    xcb_connection_t *conn;
    xcb_window_t root;
    struct capture *capture;
};

/* `name` as in DISPLAY, or NULL to use that. Fails unless the server has XTEST, XKEYBOARD and a
 * 24-bit TrueColor screen with 4-byte pixels. */
struct display *display_open(const char *name, struct err *err);
void display_close(struct display *display);

bool display_size(struct display *display, struct size *ret_size, struct err *err);

/* Takes a picture. It stays valid until the next capture. */
bool display_capture(struct display *display, struct image *ret_image, struct err *err);

/* False once the X server is gone. */
bool display_is_alive(const struct display *display);

/* Readable when the server has sent something or is gone; then call display_drain, which drops
 * events (none are wanted) and notices the end. */
int display_fd(const struct display *display);
void display_drain(struct display *display);

/* Waits until the server has handled everything sent before. */
bool display_sync(struct display *display, struct err *err);

/* Queues one XTEST event: `type` is XCB_KEY_PRESS, XCB_BUTTON_RELEASE, XCB_MOTION_NOTIFY...;
 * `detail` the keycode or button; x and y are for motion. Followed at some time by display_sync. */
void display_fake_input(struct display *display, uint8_t type, uint8_t detail, int16_t x,
                        int16_t y);

#endif
