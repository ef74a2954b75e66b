#include "driver/keyboard.h"

#include <time.h>

#include "base/clock.h"
#include "base/macros.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "driver/keysyms.h"
#include "driver/layout.h"

#define KEYCODES 256
#define BATCH    256 /* characters between two waits for the server */

/* The pause before bindings are taken away from applications that may not have read them: so much
 * for each key typed and, since some window managers read all their settings again, for each
 * message about the keyboard. */
#define SETTLE_MS             200
#define SETTLE_MAX_MS         3000
#define SETTLE_PER_STROKE_MS  4
#define SETTLE_PER_MESSAGE_MS 30

/* Where a character can be bound: a spare keycode, plain or with Shift. */
#define SLOTS            (KEYCODES * 2)
#define SLOT_OF(keycode) ((size_t)(keycode)*2)

struct keyboard {
    struct display *display;
    /* For the duration of one call. Keys that we have bound look spare in it. */
    struct layout layout;
    uint32_t bound[SLOTS];  /* what is bound to each now */
    bool changed[KEYCODES]; /* keys whose bindings the server has yet to hear of */
    int64_t busy_until_ms;  /* by when applications should have handled what was sent */
};

struct keyboard *keyboard_create(struct display *display)
{
    struct keyboard *keyboard = MEM_NEW(struct keyboard);
    keyboard->display = display;
    return keyboard;
}

static void add_work(struct keyboard *keyboard, int64_t ms)
{
    keyboard->busy_until_ms = MAX_OF(keyboard->busy_until_ms, clock_monotonic_ms()) + ms;
}

static void settle(const struct keyboard *keyboard)
{
    int64_t ms = keyboard->busy_until_ms + SETTLE_MS - clock_monotonic_ms();
    ms = MIN_OF(MAX_OF(ms, 0), SETTLE_MAX_MS);
    struct timespec pause = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

void keyboard_destroy(struct keyboard *keyboard)
{
    if (!keyboard)
        return;
    if (keyboard_is_changed(keyboard)) {
        settle(keyboard);
        keyboard_restore(keyboard);
    }
    free(keyboard);
}

/* --- binding of spare keycodes --- */

static void bind_slot(struct keyboard *keyboard, size_t slot, uint32_t keysym)
{
    keyboard->bound[slot] = keysym;
    keyboard->changed[slot / 2] = true;
}

/* What a key's two columns hold on the server. An unused second one repeats the first, else the
 * server would make the other case of a letter of it. */
static uint32_t column_of(const struct keyboard *keyboard, size_t keycode, size_t column)
{
    const uint32_t *slots = &keyboard->bound[SLOT_OF(keycode)];
    return slots[column] != KEYSYM_NONE ? slots[column] : slots[0];
}

/* Tells the server, a run of neighbouring keycodes at a time: each message makes every application
 * look at its keyboard. */
static void send_bindings(struct keyboard *keyboard)
{
    for (size_t first = 0; first < KEYCODES; first++) {
        uint32_t keysyms[SLOTS];
        uint8_t count = 0;
        for (size_t keycode = first; keycode < KEYCODES && keyboard->changed[keycode]; keycode++) {
            keysyms[SLOT_OF(count)] = column_of(keyboard, keycode, 0);
            keysyms[SLOT_OF(count) + 1] = column_of(keyboard, keycode, 1);
            keyboard->changed[keycode] = false;
            count++;
        }
        if (count == 0)
            continue;
        xcb_change_keyboard_mapping(keyboard->display->conn, count, (xcb_keycode_t)first, 2,
                                    keysyms);
        add_work(keyboard, SETTLE_PER_MESSAGE_MS);
    }
}

bool keyboard_is_changed(const struct keyboard *keyboard)
{
    for (size_t slot = 0; slot < SLOTS; slot++)
        if (keyboard->bound[slot] != KEYSYM_NONE)
            return true;
    return false;
}

static void unbind_all(struct keyboard *keyboard)
{
    for (size_t slot = 0; slot < SLOTS; slot++)
        if (keyboard->bound[slot] != KEYSYM_NONE)
            bind_slot(keyboard, slot, KEYSYM_NONE);
    send_bindings(keyboard);
}

/* Reads the layout anew. Where a binding of ours is gone, somebody has loaded another layout: that
 * key is no longer ours to restore. */
static bool begin(struct keyboard *keyboard, struct err *err)
{
    struct layout *layout = &keyboard->layout;
    if (!layout_read(keyboard->display, layout, err))
        return false;
    for (size_t keycode = layout->first; keycode <= layout->last; keycode++) {
        uint32_t *slots = &keyboard->bound[SLOT_OF(keycode)];
        if (slots[0] == KEYSYM_NONE)
            continue;
        if (layout_keysym(layout, (uint8_t)keycode) == slots[0])
            layout_clear(layout, (uint8_t)keycode);
        else
            slots[0] = slots[1] = KEYSYM_NONE;
    }
    return true;
}

static bool finish(struct keyboard *keyboard, struct err *err)
{
    layout_finish(&keyboard->layout);
    return display_sync(keyboard->display, err);
}

void keyboard_restore(struct keyboard *keyboard)
{
    struct err ignored;
    if (!begin(keyboard, &ignored))
        return; /* the server is gone, and its keyboard with it */
    unbind_all(keyboard);
    finish(keyboard, &ignored);
}

static struct stroke stroke_of(size_t slot)
{
    return (struct stroke){.keycode = (uint8_t)(slot / 2), .shift = slot % 2 == 1};
}

static bool find_bound(const struct keyboard *keyboard, uint32_t keysym, struct stroke *ret_stroke)
{
    for (size_t slot = 0; slot < SLOTS; slot++) {
        if (keyboard->bound[slot] == keysym) {
            *ret_stroke = stroke_of(slot);
            return true;
        }
    }
    return false;
}

/* A key's plain slot is always taken before its shifted one. */
static bool bind_spare(struct keyboard *keyboard, uint32_t keysym, struct stroke *ret_stroke)
{
    const struct layout *layout = &keyboard->layout;
    size_t step = layout->shift ? 1 : 2;
    for (size_t slot = SLOT_OF(layout->first); slot < SLOT_OF(layout->last + 1); slot += step) {
        if (keyboard->bound[slot] != KEYSYM_NONE || !layout_is_spare(layout, (uint8_t)(slot / 2)))
            continue;
        bind_slot(keyboard, slot, keysym);
        *ret_stroke = stroke_of(slot);
        return true;
    }
    return false;
}

/* False when the keysym needs a spare keycode and none is left. */
static bool find_stroke(struct keyboard *keyboard, uint32_t keysym, struct stroke *ret_stroke)
{
    return layout_find(&keyboard->layout, keysym, ret_stroke) ||
           find_bound(keyboard, keysym, ret_stroke) || bind_spare(keyboard, keysym, ret_stroke);
}

/* Frees all spare keycodes once applications have had time for what was typed with them. */
static bool recycle(struct keyboard *keyboard, struct err *err)
{
    if (!keyboard_is_changed(keyboard))
        return err_set(err, ERR_INTERNAL, "the keyboard has no spare keycode to bind");
    settle(keyboard);
    unbind_all(keyboard);
    return true;
}

/* --- events --- */

static void key_event(struct keyboard *keyboard, uint8_t type, uint8_t keycode)
{
    display_fake_input(keyboard->display, type, keycode, 0, 0);
}

static void tap(struct keyboard *keyboard, uint8_t keycode)
{
    add_work(keyboard, SETTLE_PER_STROKE_MS);
    key_event(keyboard, XCB_KEY_PRESS, keycode);
    key_event(keyboard, XCB_KEY_RELEASE, keycode);
}

/* Presses or releases a modifier when that changes something. */
static void hold(struct keyboard *keyboard, bool *held, bool wanted, uint8_t keycode)
{
    if (*held != wanted)
        key_event(keyboard, wanted ? XCB_KEY_PRESS : XCB_KEY_RELEASE, keycode);
    *held = wanted;
}

static void send_strokes(struct keyboard *keyboard, const struct stroke *strokes, size_t count)
{
    const struct layout *layout = &keyboard->layout;
    bool shift = false, level3 = false;
    for (size_t i = 0; i < count; i++) {
        hold(keyboard, &shift, strokes[i].shift, layout->shift);
        hold(keyboard, &level3, strokes[i].level3, layout->level3);
        tap(keyboard, strokes[i].keycode);
    }
    hold(keyboard, &shift, false, layout->shift);
    hold(keyboard, &level3, false, layout->level3);
}

/* --- text --- */

static bool check_text(struct str text, struct err *err)
{
    while (text.len > 0) {
        uint32_t code_point;
        size_t len = utf8_decode(text, &code_point);
        if (len == 0)
            return err_set(err, ERR_INVALID, "the text is not valid UTF-8");
        if (keysym_of_char(code_point) == KEYSYM_NONE)
            return err_set(err, ERR_INVALID, "no key types the character U+%04X", code_point);
        text = str_slice(text, len, text.len);
    }
    return true;
}

/* "\r\n" is one line end. */
static uint32_t next_keysym(struct str text, size_t *ret_len)
{
    uint32_t code_point = 0;
    *ret_len = str_starts_with(text, STR("\r\n")) ? 2 : utf8_decode(text, &code_point);
    return keysym_of_char(*ret_len == 2 && code_point == 0 ? '\n' : code_point);
}

/* Types as much from the start of `text` as one batch and the spare keycodes hold. */
static bool type_batch(struct keyboard *keyboard, struct str *text, struct err *err)
{
    struct stroke strokes[BATCH];
    size_t count = 0, len;
    while (text->len > 0 && count < BATCH) {
        uint32_t keysym = next_keysym(*text, &len);
        if (!find_stroke(keyboard, keysym, &strokes[count]))
            break;
        *text = str_slice(*text, len, text->len);
        count++;
    }
    if (count == 0)
        return recycle(keyboard, err);
    send_bindings(keyboard);
    send_strokes(keyboard, strokes, count);
    return display_sync(keyboard->display, err);
}

static void release_caps_lock(struct keyboard *keyboard)
{
    struct stroke stroke;
    if (keyboard->layout.caps_locked && layout_find(&keyboard->layout, KEYSYM_CAPS_LOCK, &stroke))
        tap(keyboard, stroke.keycode);
}

bool keyboard_type(struct keyboard *keyboard, struct str text, struct err *err)
{
    if (!check_text(text, err) || !begin(keyboard, err))
        return false;
    release_caps_lock(keyboard);
    bool ok = true;
    while (ok && text.len > 0)
        ok = type_batch(keyboard, &text, err);
    return finish(keyboard, err) && ok;
}

/* --- combinations --- */

static bool find_group(struct keyboard *keyboard, const struct combo_group *group,
                       struct stroke *strokes)
{
    for (size_t i = 0; i < group->count; i++)
        if (!find_stroke(keyboard, group->keysyms[i], &strokes[i]))
            return false;
    return true;
}

static bool press_group(struct keyboard *keyboard, const struct combo_group *group, struct err *err)
{
    struct stroke strokes[COMBO_MAX_KEYS];
    while (!find_group(keyboard, group, strokes))
        if (!recycle(keyboard, err))
            return false;
    send_bindings(keyboard);

    bool shift = false, level3 = false;
    for (size_t i = 0; i < group->count; i++) {
        hold(keyboard, &shift, shift || strokes[i].shift, keyboard->layout.shift);
        hold(keyboard, &level3, level3 || strokes[i].level3, keyboard->layout.level3);
        key_event(keyboard, XCB_KEY_PRESS, strokes[i].keycode);
    }
    for (size_t i = group->count; i-- > 0;)
        key_event(keyboard, XCB_KEY_RELEASE, strokes[i].keycode);
    hold(keyboard, &shift, false, keyboard->layout.shift);
    hold(keyboard, &level3, false, keyboard->layout.level3);
    return true;
}

bool keyboard_press(struct keyboard *keyboard, const struct combo *combo, struct err *err)
{
    if (!begin(keyboard, err))
        return false;
    bool ok = true;
    for (size_t i = 0; i < combo->count && ok; i++)
        ok = press_group(keyboard, &combo->groups[i], err);
    return finish(keyboard, err) && ok;
}
