#include "driver/display.h"

#include <xcb/xkb.h>
#include <xcb/xtest.h>

#include "base/mem.h"
#include "driver/capture.h"

#define DEPTH          24
#define BITS_PER_PIXEL 32
#define CAPTURE_TRIES  3

static bool format_is_known(const xcb_setup_t *setup)
{
    if (setup->image_byte_order != XCB_IMAGE_ORDER_LSB_FIRST)
        return false;
    xcb_format_iterator_t it = xcb_setup_pixmap_formats_iterator(setup);
    for (; it.rem; xcb_format_next(&it))
        if (it.data->depth == DEPTH)
            return it.data->bits_per_pixel == BITS_PER_PIXEL;
    return false;
}

static const xcb_visualtype_t *find_visual(const xcb_screen_t *screen)
{
    xcb_depth_iterator_t depth = xcb_screen_allowed_depths_iterator(screen);
    for (; depth.rem; xcb_depth_next(&depth)) {
        xcb_visualtype_iterator_t visual = xcb_depth_visuals_iterator(depth.data);
        for (; visual.rem; xcb_visualtype_next(&visual))
            if (visual.data->visual_id == screen->root_visual)
                return visual.data;
    }
    return NULL;
}

static bool check_screen(const xcb_setup_t *setup, const xcb_screen_t *screen, struct err *err)
{
    const xcb_visualtype_t *visual = find_visual(screen);
    if (!format_is_known(setup) || screen->root_depth != DEPTH || !visual ||
        visual->red_mask != 0xff0000 || visual->green_mask != 0xff00 || visual->blue_mask != 0xff)
        return err_set(err, ERR_UNAVAILABLE,
                       "the X screen is not 24-bit TrueColor with red, green and blue in 4 bytes");
    return true;
}

static const xcb_screen_t *find_screen(const xcb_setup_t *setup, int number)
{
    xcb_screen_iterator_t it = xcb_setup_roots_iterator(setup);
    for (; it.rem && number > 0; number--)
        xcb_screen_next(&it);
    return it.rem ? it.data : NULL;
}

static bool has_extension(xcb_connection_t *conn, xcb_extension_t *extension)
{
    const xcb_query_extension_reply_t *reply = xcb_get_extension_data(conn, extension);
    return reply && reply->present;
}

/* XKB must be asked for before it is used. */
static bool use_xkb(xcb_connection_t *conn)
{
    if (!has_extension(conn, &xcb_xkb_id))
        return false;
    xcb_xkb_use_extension_cookie_t cookie =
        xcb_xkb_use_extension(conn, XCB_XKB_MAJOR_VERSION, XCB_XKB_MINOR_VERSION);
    xcb_xkb_use_extension_reply_t *reply = xcb_xkb_use_extension_reply(conn, cookie, NULL);
    bool usable = reply && reply->supported;
    free(reply);
    return usable;
}

static const char *connection_failure(int code)
{
    switch (code) {
    case XCB_CONN_CLOSED_PARSE_ERR:
        return "the display name is not valid";
    case XCB_CONN_CLOSED_INVALID_SCREEN:
        return "the X server has no such screen";
    default:
        return "the X server does not answer, or refuses this user";
    }
}

static bool display_start(struct display *display, const char *name, struct err *err)
{
    int number = 0;
    display->conn = xcb_connect(name, &number);
    int failure = xcb_connection_has_error(display->conn);
    if (failure)
        return err_set(err, ERR_UNAVAILABLE, "cannot open display %s: %s",
                       name ? name : "named by DISPLAY", connection_failure(failure));
    const xcb_setup_t *setup = xcb_get_setup(display->conn);
    const xcb_screen_t *screen = find_screen(setup, number);
    if (!screen)
        return err_set(err, ERR_UNAVAILABLE, "the X server has no such screen");
    if (!check_screen(setup, screen, err))
        return false;
    if (!has_extension(display->conn, &xcb_test_id) || !use_xkb(display->conn))
        return err_set(err, ERR_UNAVAILABLE, "the X server lacks XTEST or XKEYBOARD");
    display->root = screen->root;
    display->capture = capture_create(display->conn, display->root);
    return true;
}

struct display *display_open(const char *name, struct err *err)
{
    struct display *display = MEM_NEW(struct display);
    if (display_start(display, name, err))
        return display;
    display_close(display);
    return NULL;
}

void display_close(struct display *display)
{
    if (!display)
        return;
    capture_destroy(display->capture);
    xcb_disconnect(display->conn);
    free(display);
}

bool display_is_alive(const struct display *display)
{
    return xcb_connection_has_error(display->conn) == 0;
}

int display_fd(const struct display *display)
{
    return xcb_get_file_descriptor(display->conn);
}

void display_drain(struct display *display)
{
    xcb_generic_event_t *event;
    while ((event = xcb_poll_for_event(display->conn)) != NULL)
        free(event);
}

bool display_size(struct display *display, struct size *ret_size, struct err *err)
{
    xcb_get_geometry_cookie_t cookie = xcb_get_geometry(display->conn, display->root);
    xcb_get_geometry_reply_t *reply = xcb_get_geometry_reply(display->conn, cookie, NULL);
    if (!reply)
        return err_set(err, ERR_INTERNAL, "the X server is gone");
    *ret_size = (struct size){reply->width, reply->height};
    free(reply);
    return true;
}

bool display_capture(struct display *display, struct image *ret_image, struct err *err)
{
    /* A screen that shrinks between the two requests spoils the picture; the next try sees it. */
    struct err last;
    int tries = 0;
    do {
        struct size size;
        if (display_size(display, &size, &last) &&
            capture_take(display->capture, size, ret_image, &last))
            return true;
    } while (++tries < CAPTURE_TRIES && display_is_alive(display));
    *err = last;
    return false;
}

bool display_sync(struct display *display, struct err *err)
{
    xcb_get_input_focus_cookie_t cookie = xcb_get_input_focus(display->conn);
    xcb_get_input_focus_reply_t *reply = xcb_get_input_focus_reply(display->conn, cookie, NULL);
    bool answered = reply != NULL;
    free(reply);
    if (!answered)
        return err_set(err, ERR_INTERNAL, "the X server is gone");
    display_drain(display);
    return true;
}

void display_fake_input(struct display *display, uint8_t type, uint8_t detail, int16_t x, int16_t y)
{
    xcb_test_fake_input(display->conn, type, detail, XCB_CURRENT_TIME, display->root, x, y, 0);
}
