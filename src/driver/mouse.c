#include "driver/mouse.h"

#include "base/macros.h"

bool mouse_position(struct display *display, struct mouse_point *ret_point, struct err *err)
{
    xcb_query_pointer_cookie_t cookie = xcb_query_pointer(display->conn, display->root);
    xcb_query_pointer_reply_t *reply = xcb_query_pointer_reply(display->conn, cookie, NULL);
    if (!reply)
        return err_set(err, ERR_INTERNAL, "the X server is gone");
    *ret_point = (struct mouse_point){reply->root_x, reply->root_y};
    free(reply);
    return true;
}

static int16_t clamp(int64_t value, uint32_t size)
{
    int64_t last = MIN_OF((int64_t)size, INT16_MAX) - 1;
    return (int16_t)MAX_OF(0, MIN_OF(value, last));
}

bool mouse_move(struct display *display, struct mouse_point to, struct err *err)
{
    struct size size;
    if (!display_size(display, &size, err))
        return false;
    display_fake_input(display, XCB_MOTION_NOTIFY, 0, clamp(to.x, size.width),
                       clamp(to.y, size.height));
    return display_sync(display, err);
}

bool mouse_button(struct display *display, enum mouse_button button, enum mouse_action action,
                  int clicks, struct err *err)
{
    for (int i = 0; i < (action == MOUSE_CLICK ? clicks : 1); i++) {
        if (action != MOUSE_RELEASE)
            display_fake_input(display, XCB_BUTTON_PRESS, (uint8_t)button, 0, 0);
        if (action != MOUSE_PRESS)
            display_fake_input(display, XCB_BUTTON_RELEASE, (uint8_t)button, 0, 0);
    }
    return display_sync(display, err);
}
