/* The pointer, through XTEST. Coordinates are screen pixels; outside the screen they are moved to
 * its edge, as every desktop does with a pointer pushed against it. */
#ifndef DRIVER_MOUSE_H
#define DRIVER_MOUSE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "driver/display.h"

enum mouse_button {
    MOUSE_LEFT = 1, /* X's numbers */
    MOUSE_MIDDLE = 2,
    MOUSE_RIGHT = 3,
};

enum mouse_action {
    MOUSE_CLICK,
    MOUSE_PRESS,
    MOUSE_RELEASE,
};

struct mouse_point {
    int64_t x;
    int64_t y;
};

bool mouse_position(struct display *display, struct mouse_point *ret_point, struct err *err);
bool mouse_move(struct display *display, struct mouse_point to, struct err *err);

/* Acts where the pointer is. `clicks` is for MOUSE_CLICK: 1 to 3. */
bool mouse_button(struct display *display, enum mouse_button button, enum mouse_action action,
                  int clicks, struct err *err);

#endif
