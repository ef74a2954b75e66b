#include "driver/handlers.h"

#include "base/macros.h"
#include "driver/combo.h"
#include "driver/fields.h"
#include "driver/mouse.h"

#define CLICKS_MAX 3

/* --- keyboard --- */

struct text_fields {
    struct str text;
};

static const struct field text_fields[] = {
    {"text", FIELD_TEXT, true, offsetof(struct text_fields, text), 0, 0},
};

static void answer(struct reply *reply, bool ok, const struct err *err)
{
    if (ok)
        reply_done(reply);
    else
        reply_error(reply, err);
}

void handle_keyboard_type(struct desktop *desktop, const struct request *request,
                          struct reply *reply)
{
    struct text_fields fields = {0};
    struct err err;
    json_t *json;
    if (!fields_from_body(request, text_fields, countof(text_fields), &fields, &json, reply))
        return;
    if (fields.text.len == 0)
        reply_detail(reply, 400, STR("Missing 'text' field"));
    else
        answer(reply, desktop_type(desktop, fields.text, &err), &err);
    json_decref(json);
}

void handle_keyboard_key(struct desktop *desktop, const struct request *request,
                         struct reply *reply)
{
    struct text_fields fields = {0};
    struct combo combo;
    struct err err;
    json_t *json;
    if (!fields_from_body(request, text_fields, countof(text_fields), &fields, &json, reply))
        return;
    answer(reply, combo_parse(fields.text, &combo, &err) && desktop_press(desktop, &combo, &err),
           &err);
    json_decref(json);
}

/* --- mouse --- */

struct mouse_fields {
    struct field_int x, y;
    struct str button;
    struct field_bool down;
    struct field_int clicks;
};

static const struct field move_fields[] = {
    {"x", FIELD_INT, true, offsetof(struct mouse_fields, x), 0, 0},
    {"y", FIELD_INT, true, offsetof(struct mouse_fields, y), 0, 0},
};

static const struct field click_fields[] = {
    {"x", FIELD_INT, false, offsetof(struct mouse_fields, x), 0, 0},
    {"y", FIELD_INT, false, offsetof(struct mouse_fields, y), 0, 0},
    {"button", FIELD_TEXT, false, offsetof(struct mouse_fields, button), 0, 0},
    {"down", FIELD_BOOL, false, offsetof(struct mouse_fields, down), 0, 0},
    {"clicks", FIELD_INT, false, offsetof(struct mouse_fields, clicks), 1, CLICKS_MAX},
};

static const struct {
    const char *name;
    enum mouse_button button;
} buttons[] = {
    {"left", MOUSE_LEFT},
    {"middle", MOUSE_MIDDLE},
    {"right", MOUSE_RIGHT},
};

static bool find_button(struct str name, enum mouse_button *ret_button)
{
    for (size_t i = 0; i < countof(buttons); i++) {
        if (str_eq(str_from(buttons[i].name), name)) {
            *ret_button = buttons[i].button;
            return true;
        }
    }
    return false;
}

void handle_mouse_position(struct desktop *desktop, const struct request *request UNUSED,
                           struct reply *reply)
{
    struct mouse_point point;
    struct err err;
    if (!mouse_position(desktop->display, &point, &err)) {
        reply_error(reply, &err);
        return;
    }
    struct json_writer w = jw_to(&reply->body);
    jw_object_begin(&w);
    jw_field_int(&w, "x", point.x);
    jw_field_int(&w, "y", point.y);
    jw_object_end(&w);
}

void handle_mouse_move(struct desktop *desktop, const struct request *request, struct reply *reply)
{
    struct mouse_fields fields = {0};
    struct err err;
    json_t *json;
    if (!fields_from_body(request, move_fields, countof(move_fields), &fields, &json, reply))
        return;
    struct mouse_point to = {fields.x.value, fields.y.value};
    answer(reply, mouse_move(desktop->display, to, &err), &err);
    json_decref(json);
}

static bool click(struct desktop *desktop, const struct mouse_fields *fields, struct err *err)
{
    enum mouse_button button = MOUSE_LEFT;
    if (!str_is_null(fields->button) && !find_button(fields->button, &button))
        return err_set(err, ERR_INVALID, "button must be 'left', 'right' or 'middle'");
    if (fields->x.given != fields->y.given)
        return err_set(err, ERR_INVALID, "x and y must be given together");
    struct mouse_point to = {fields->x.value, fields->y.value};
    if (fields->x.given && !mouse_move(desktop->display, to, err))
        return false;

    enum mouse_action action = MOUSE_CLICK;
    if (fields->down.given)
        action = fields->down.value ? MOUSE_PRESS : MOUSE_RELEASE;
    int clicks = fields->clicks.given ? (int)fields->clicks.value : 1;
    return mouse_button(desktop->display, button, action, clicks, err);
}

void handle_mouse_click(struct desktop *desktop, const struct request *request, struct reply *reply)
{
    struct mouse_fields fields = {0};
    struct err err;
    json_t *json;
    if (!fields_from_body(request, click_fields, countof(click_fields), &fields, &json, reply))
        return;
    answer(reply, click(desktop, &fields, &err), &err);
    json_decref(json);
}
