/* /v1/computer/{machine_id}: the operations on a desktop. Each is one request to its driver. */
#include "api/desktop_call.h"
#include "base/json_read.h"
#include "contracts/operations.h"

/* No honest screen is larger. */
#define SCREEN_SIDE_MAX 32768

static const struct json_limits answer_limits = {.depth = 8, .values = 1000};

/* Everything the server did not write itself is fenced in, whatever the driver calls it. */
static void fence(struct call *call)
{
    call_header(call, STR("x-content-type-options"), STR("nosniff"));
    call_header(call, STR("content-security-policy"), STR("sandbox"));
    call_header(call, STR("cache-control"), STR("no-store"));
}

/* --- screenshot --- */

static uint32_t big_endian(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* The signature, then the IHDR chunk with width and height (PNG specification, 5.2 and 11.2.2). */
static bool is_sane_png(struct str image)
{
    static const unsigned char head[16] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n',
                                           0,    0,   0,   13,  'I',  'H',  'D',  'R'};
    if (image.len < 33 || memcmp(image.ptr, head, sizeof(head)) != 0)
        return false;
    const unsigned char *size = (const unsigned char *)image.ptr + sizeof(head);
    uint32_t width = big_endian(size), height = big_endian(size + 4);
    return width >= 1 && width <= SCREEN_SIDE_MAX && height >= 1 && height <= SCREEN_SIDE_MAX;
}

static bool answer_screenshot(struct call *call, const struct desktop_reply *reply, struct err *err)
{
    if (!str_starts_with(reply->content_type, STR("image/png")) || !is_sane_png(reply->body))
        return err_set(err, ERR_BAD_MACHINE, "Machine returned a screenshot that is no PNG image");
    call_bytes(call, 200, STR("image/png"), reply->body);
    fence(call);
    return true;
}

void op_take_screenshot(struct call *call)
{
    desktop_call(call, &(struct desktop_question){.method = "GET",
                                                  .path = "/computer/display/screenshot",
                                                  .answer = answer_screenshot});
}

/* --- two integers --- */

static bool read_pair(struct str body, const char *first, const char *second, int64_t ret_values[2])
{
    struct json_read_error error;
    json_t *object = json_read(body, &answer_limits, &error);
    const json_t *a = json_object_get(object, first);
    const json_t *b = json_object_get(object, second);
    bool ok = json_is_integer(a) && json_is_integer(b);
    if (ok) {
        ret_values[0] = json_integer_value(a);
        ret_values[1] = json_integer_value(b);
    }
    json_decref(object);
    return ok;
}

static bool answer_pair(struct call *call, const struct desktop_reply *reply, const char *first,
                        const char *second, struct err *err)
{
    int64_t values[2];
    if (!read_pair(reply->body, first, second, values))
        return err_set(err, ERR_BAD_MACHINE, "Machine returned no %s and %s", first, second);
    struct json_writer w = call_json(call, 200);
    jw_object_begin(&w);
    jw_field_int(&w, first, values[0]);
    jw_field_int(&w, second, values[1]);
    jw_object_end(&w);
    return true;
}

static bool answer_dimensions(struct call *call, const struct desktop_reply *reply, struct err *err)
{
    return answer_pair(call, reply, "width", "height", err);
}

void op_get_display_dimensions(struct call *call)
{
    desktop_call(call, &(struct desktop_question){.method = "GET",
                                                  .path = "/computer/display/dimensions",
                                                  .answer = answer_dimensions});
}

static bool answer_position(struct call *call, const struct desktop_reply *reply, struct err *err)
{
    return answer_pair(call, reply, "x", "y", err);
}

void op_get_mouse_position(struct call *call)
{
    desktop_call(call, &(struct desktop_question){.method = "GET",
                                                  .path = "/computer/input/mouse/position",
                                                  .answer = answer_position});
}

/* --- input: the checked body goes to the driver as it is --- */

static bool answer_nothing(struct call *call, const struct desktop_reply *reply, struct err *err)
{
    (void)reply;
    (void)err;
    call_empty(call, 204);
    return true;
}

static void send_input(struct call *call, const char *path)
{
    desktop_call(call, &(struct desktop_question){.method = "POST",
                                                  .path = path,
                                                  .body = call_json_text(call, call->checked.body),
                                                  .answer = answer_nothing});
}

void op_type_text(struct call *call)
{
    send_input(call, "/computer/input/keyboard/type");
}

void op_press_keys(struct call *call)
{
    send_input(call, "/computer/input/keyboard/key");
}

void op_move_mouse(struct call *call)
{
    send_input(call, "/computer/input/mouse/move");
}

void op_click_mouse(struct call *call)
{
    send_input(call, "/computer/input/mouse/click");
}
