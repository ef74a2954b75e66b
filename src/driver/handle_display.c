#include "driver/handlers.h"

#include "base/macros.h"
#include "driver/fields.h"
#include "driver/picture_size.h"
#include "driver/scale.h"

struct screenshot_fields {
    struct field_int width;
    struct field_int height;
    struct str mode;
};

static const struct field screenshot_fields[] = {
    {"width", FIELD_INT, false, offsetof(struct screenshot_fields, width), 1, PICTURE_SIDE_MAX},
    {"height", FIELD_INT, false, offsetof(struct screenshot_fields, height), 1, PICTURE_SIDE_MAX},
    {"mode", FIELD_TEXT, false, offsetof(struct screenshot_fields, mode), 0, 0},
};

static bool write_png(struct png_writer *png, const struct image *screen, struct size size,
                      struct buf *out)
{
    struct scaler *scaler = scaler_create(screen, size);
    png_begin(png, size, out);
    for (uint32_t y = 0; y < size.height; y++) {
        scaler_next_row(scaler, png_row(png));
        png_row_done(png);
    }
    scaler_destroy(scaler);
    return png_end(png);
}

void handle_screenshot(struct desktop *desktop, const struct request *request, struct reply *reply)
{
    struct screenshot_fields fields = {0};
    struct image screen;
    struct err err;
    if (!fields_from_query(request, screenshot_fields, countof(screenshot_fields), &fields, reply))
        return;
    if (!display_capture(desktop->display, &screen, &err)) {
        reply_error(reply, &err);
        return;
    }
    struct size wanted = {(uint32_t)fields.width.value, (uint32_t)fields.height.value};
    struct size size = picture_size(screen.size, wanted, picture_mode(fields.mode));
    reply->content_type = "image/png";
    if (!write_png(desktop->png, &screen, size, &reply->body))
        reply_detail(reply, 500, STR("The picture is too large to send"));
}

void handle_dimensions(struct desktop *desktop, const struct request *request UNUSED,
                       struct reply *reply)
{
    struct size size;
    struct err err;
    if (!display_size(desktop->display, &size, &err)) {
        reply_error(reply, &err);
        return;
    }
    struct json_writer w = jw_to(&reply->body);
    jw_object_begin(&w);
    jw_field_int(&w, "width", size.width);
    jw_field_int(&w, "height", size.height);
    jw_object_end(&w);
}
