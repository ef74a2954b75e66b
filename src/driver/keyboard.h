/* Types text and presses keys through XTEST, whatever the keyboard's layout.
 *
 * A character that a key of the active layout types is typed with that key and its modifiers. Any
 * other is bound to a spare keycode first, two to each. Applications look a keycode up when they
 * handle the event, at a time of their own and unseen by us, so bindings stay for a while after
 * typing: the owner calls keyboard_restore when nothing was typed for KEYBOARD_RESTORE_MS. Only
 * when a text has more strange characters than the spare keycodes hold (some 40 with common
 * layouts) must they be reused sooner, after a pause that grows with what applications have to work
 * through.
 */
#ifndef DRIVER_KEYBOARD_H
#define DRIVER_KEYBOARD_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "driver/combo.h"
#include "driver/display.h"

#define KEYBOARD_RESTORE_MS 5000

struct keyboard;

struct keyboard *keyboard_create(struct display *display);
/* Restores first, after settling. The display must still be open. */
void keyboard_destroy(struct keyboard *keyboard);

/* Types valid UTF-8. Caps Lock is turned off first. ERR_INVALID, and nothing typed, when it holds
 * a character that no key can type; ERR_INTERNAL when the X server is gone. */
bool keyboard_type(struct keyboard *keyboard, struct str text, struct err *err);

/* Presses and releases each group in turn. */
bool keyboard_press(struct keyboard *keyboard, const struct combo *combo, struct err *err);

/* True while spare keycodes are bound. */
bool keyboard_is_changed(const struct keyboard *keyboard);
void keyboard_restore(struct keyboard *keyboard);

#endif
