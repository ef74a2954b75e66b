#include "driver/capture.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xcb/shm.h>

#include "base/mem.h"

#define PIXEL_SIZE 4

/* Where pixels land: memory the server writes into (segment is not 0), or our own. */
struct capture {
    xcb_connection_t *conn;
    xcb_window_t window;
    bool may_share;
    xcb_shm_seg_t segment;
    uint8_t *pixels;
    size_t len;
};

/* Version 1.2 takes a file descriptor: nothing outlives either side, and no System V segment has
 * to be reachable across IPC namespaces. */
static bool server_shares(xcb_connection_t *conn)
{
    const xcb_query_extension_reply_t *extension = xcb_get_extension_data(conn, &xcb_shm_id);
    if (!extension || !extension->present)
        return false;
    xcb_shm_query_version_reply_t *version =
        xcb_shm_query_version_reply(conn, xcb_shm_query_version(conn), NULL);
    bool shares = version && (version->major_version > 1 || version->minor_version >= 2);
    free(version);
    return shares;
}

struct capture *capture_create(xcb_connection_t *conn, xcb_window_t window)
{
    struct capture *capture = MEM_NEW(struct capture);
    capture->conn = conn;
    capture->window = window;
    capture->may_share = server_shares(conn);
    return capture;
}

static void release(struct capture *capture)
{
    if (capture->segment) {
        xcb_shm_detach(capture->conn, capture->segment);
        munmap(capture->pixels, capture->len);
    } else {
        free(capture->pixels);
    }
    capture->segment = 0;
    capture->pixels = NULL;
    capture->len = 0;
}

void capture_destroy(struct capture *capture)
{
    if (!capture)
        return;
    release(capture);
    free(capture);
}

/* The descriptor is xcb's from here on. */
static bool attach(struct capture *capture, int fd, uint8_t *pixels, size_t len)
{
    xcb_shm_seg_t segment = xcb_generate_id(capture->conn);
    xcb_void_cookie_t cookie = xcb_shm_attach_fd_checked(capture->conn, segment, fd, 0);
    xcb_generic_error_t *error = xcb_request_check(capture->conn, cookie);
    if (error || xcb_connection_has_error(capture->conn)) {
        free(error);
        return false;
    }
    capture->segment = segment;
    capture->pixels = pixels;
    capture->len = len;
    return true;
}

static bool share(struct capture *capture, size_t len)
{
    int fd = memfd_create("screen", MFD_CLOEXEC);
    if (fd < 0)
        return false;
    uint8_t *pixels = MAP_FAILED;
    if (ftruncate(fd, (off_t)len) == 0)
        pixels = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (pixels == MAP_FAILED) {
        close(fd);
        return false;
    }
    if (attach(capture, fd, pixels, len))
        return true;
    munmap(pixels, len);
    return false;
}

static void make_room(struct capture *capture, size_t len)
{
    if (capture->len == len)
        return;
    release(capture);
    if (capture->may_share && share(capture, len))
        return;
    capture->may_share = false;
    capture->pixels = mem_zalloc(len);
    capture->len = len;
}

static bool take_shared(struct capture *capture, struct size size)
{
    xcb_shm_get_image_cookie_t cookie = xcb_shm_get_image(
        capture->conn, capture->window, 0, 0, (uint16_t)size.width, (uint16_t)size.height,
        UINT32_MAX, XCB_IMAGE_FORMAT_Z_PIXMAP, capture->segment, 0);
    xcb_shm_get_image_reply_t *reply = xcb_shm_get_image_reply(capture->conn, cookie, NULL);
    bool taken = reply != NULL;
    free(reply);
    return taken;
}

static bool take_copied(struct capture *capture, struct size size)
{
    xcb_get_image_cookie_t cookie =
        xcb_get_image(capture->conn, XCB_IMAGE_FORMAT_Z_PIXMAP, capture->window, 0, 0,
                      (uint16_t)size.width, (uint16_t)size.height, UINT32_MAX);
    xcb_get_image_reply_t *reply = xcb_get_image_reply(capture->conn, cookie, NULL);
    size_t len = (size_t)size.width * size.height * PIXEL_SIZE;
    bool complete = reply && (size_t)xcb_get_image_data_length(reply) >= len;
    if (complete)
        memcpy(capture->pixels, xcb_get_image_data(reply), len);
    free(reply);
    return complete;
}

bool capture_take(struct capture *capture, struct size size, struct image *ret_image,
                  struct err *err)
{
    make_room(capture, (size_t)size.width * size.height * PIXEL_SIZE + IMAGE_SLACK);
    bool taken = capture->segment ? take_shared(capture, size) : take_copied(capture, size);
    if (!taken && xcb_connection_has_error(capture->conn))
        return err_set(err, ERR_INTERNAL, "the X server is gone");
    if (!taken)
        return err_set(err, ERR_INTERNAL, "the X server gave no picture of its screen");
    *ret_image = (struct image){
        .pixels = capture->pixels,
        .stride = (size_t)size.width * PIXEL_SIZE,
        .size = size,
    };
    return true;
}
