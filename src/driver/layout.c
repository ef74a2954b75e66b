#include "driver/layout.h"

#include <xcb/xkb.h>

#include "base/macros.h"
#include "base/mem.h"
#include "driver/keysyms.h"

#define GROUP_SHIFT 13 /* XKB keeps the group in two bits of the core modifier state */

/* The core protocol's view of a key's keysyms: plain and shifted of the first group, the same of
 * the second, then levels three and four of the first. With several groups it cannot be told whose
 * levels those are, so layout->level3 is 0 then. Whatever has no column here is reached by binding
 * a spare key (keyboard.c). */
struct column {
    uint8_t group;
    uint8_t index;
    bool shift;
    bool level3;
};

static const struct column columns[] = {
    {0, 0, false, false}, {0, 1, true, false},  {0, 4, false, true},
    {0, 5, true, true},   {1, 2, false, false}, {1, 3, true, false},
};

static const uint32_t *row_of(const struct layout *layout, uint32_t keycode)
{
    return layout->keysyms + (keycode - layout->first) * layout->keysyms_per_key;
}

static bool find_in_column(const struct layout *layout, const struct column *column,
                           uint32_t keysym, struct stroke *ret_stroke)
{
    if (column->index >= layout->keysyms_per_key || (column->shift && !layout->shift) ||
        (column->level3 && !layout->level3))
        return false;
    for (uint32_t keycode = layout->first; keycode <= layout->last; keycode++) {
        if (row_of(layout, keycode)[column->index] == keysym) {
            *ret_stroke = (struct stroke){(uint8_t)keycode, column->shift, column->level3};
            return true;
        }
    }
    return false;
}

static bool find_exact(const struct layout *layout, uint32_t keysym, struct stroke *ret_stroke)
{
    for (size_t i = 0; i < countof(columns); i++)
        if (columns[i].group == layout->group &&
            find_in_column(layout, &columns[i], keysym, ret_stroke))
            return true;
    return false;
}

bool layout_find(const struct layout *layout, uint32_t keysym, struct stroke *ret_stroke)
{
    if (find_exact(layout, keysym, ret_stroke))
        return true;
    uint32_t twin = keysym_twin(keysym);
    return twin != KEYSYM_NONE && find_exact(layout, twin, ret_stroke);
}

uint32_t layout_keysym(const struct layout *layout, uint8_t keycode)
{
    return row_of(layout, keycode)[0];
}

void layout_clear(struct layout *layout, uint8_t keycode)
{
    for (uint32_t i = 0; i < layout->keysyms_per_key; i++)
        layout->keysyms[(uint32_t)(keycode - layout->first) * layout->keysyms_per_key + i] =
            KEYSYM_NONE;
}

bool layout_is_spare(const struct layout *layout, uint8_t keycode)
{
    const uint32_t *row = row_of(layout, keycode);
    for (uint32_t i = 0; i < layout->keysyms_per_key; i++)
        if (row[i] != KEYSYM_NONE)
            return false;
    return true;
}

static uint8_t find_modifier(const struct layout *layout, uint32_t keysym)
{
    static const struct column plain = {0};
    struct stroke stroke = {0};
    return find_in_column(layout, &plain, keysym, &stroke) ? stroke.keycode : 0;
}

static void fill(struct layout *layout, const xcb_setup_t *setup,
                 const xcb_get_keyboard_mapping_reply_t *mapping,
                 const xcb_query_pointer_reply_t *pointer, int groups)
{
    size_t len = (size_t)xcb_get_keyboard_mapping_keysyms_length(mapping) * sizeof(uint32_t);
    *layout = (struct layout){
        .keysyms = mem_zalloc(len),
        .keysyms_per_key = mapping->keysyms_per_keycode,
        .first = setup->min_keycode,
        .last = setup->max_keycode,
        .group = (uint8_t)(pointer->mask >> GROUP_SHIFT & 3),
        .caps_locked = (pointer->mask & XCB_MOD_MASK_LOCK) != 0,
    };
    memcpy(layout->keysyms, xcb_get_keyboard_mapping_keysyms(mapping), len);
    layout->shift = find_modifier(layout, KEYSYM_SHIFT);
    layout->level3 = groups == 1 ? find_modifier(layout, KEYSYM_LEVEL3_SHIFT) : 0;
}

bool layout_read(struct display *display, struct layout *ret_layout, struct err *err)
{
    xcb_connection_t *conn = display->conn;
    const xcb_setup_t *setup = xcb_get_setup(conn);
    uint8_t count = (uint8_t)(setup->max_keycode - setup->min_keycode + 1);
    xcb_get_keyboard_mapping_cookie_t mapping_cookie =
        xcb_get_keyboard_mapping(conn, setup->min_keycode, count);
    xcb_query_pointer_cookie_t pointer_cookie = xcb_query_pointer(conn, display->root);
    xcb_xkb_get_controls_cookie_t controls_cookie =
        xcb_xkb_get_controls(conn, XCB_XKB_ID_USE_CORE_KBD);
    xcb_get_keyboard_mapping_reply_t *mapping =
        xcb_get_keyboard_mapping_reply(conn, mapping_cookie, NULL);
    xcb_query_pointer_reply_t *pointer = xcb_query_pointer_reply(conn, pointer_cookie, NULL);
    xcb_xkb_get_controls_reply_t *controls =
        xcb_xkb_get_controls_reply(conn, controls_cookie, NULL);
    bool answered = mapping && pointer && controls;
    if (answered)
        fill(ret_layout, setup, mapping, pointer, controls->numGroups);
    free(mapping);
    free(pointer);
    free(controls);
    return answered || err_set(err, ERR_INTERNAL, "the X server is gone");
}

void layout_finish(struct layout *layout)
{
    free(layout->keysyms);
    layout->keysyms = NULL;
}
