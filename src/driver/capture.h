/* Pixels of an X window: through memory shared with the server (MIT-SHM 1.2) when it is on this
 * machine, else through the connection. Private to display.c. */
#ifndef DRIVER_CAPTURE_H
#define DRIVER_CAPTURE_H

#include <stdbool.h>
#include <xcb/xcb.h>

#include "base/err.h"
#include "driver/image.h"

struct capture;

struct capture *capture_create(xcb_connection_t *conn, xcb_window_t window);
void capture_destroy(struct capture *capture);

/* Copies the window, `size` large. The picture stays valid until the next call. */
bool capture_take(struct capture *capture, struct size size, struct image *ret_image,
                  struct err *err);

#endif
