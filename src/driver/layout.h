/* A snapshot of the keyboard's layout: which key types what, seen through the core protocol. */
#ifndef DRIVER_LAYOUT_H
#define DRIVER_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>
#include <xcb/xcb.h>

#include "base/err.h"
#include "driver/display.h"

struct layout {
    uint32_t *keysyms; /* keysyms_per_key for each keycode from first to last */
    uint32_t keysyms_per_key;
    uint8_t first;
    uint8_t last;
    uint8_t group; /* the active one of up to four layouts */
    bool caps_locked;
    uint8_t shift; /* keycodes of the modifiers; 0 when there is none to use */
    uint8_t level3;
};

/* A key and what must be held with it. */
struct stroke {
    uint8_t keycode;
    bool shift;
    bool level3;
};

bool layout_read(struct display *display, struct layout *ret_layout, struct err *err);
void layout_finish(struct layout *layout);

/* The easiest way to a keysym (or its twin) in the active group. False when no key has it. */
bool layout_find(const struct layout *layout, uint32_t keysym, struct stroke *ret_stroke);

/* The keysym a key gives without modifiers in the first group. */
uint32_t layout_keysym(const struct layout *layout, uint8_t keycode);

/* Makes the snapshot forget what a key types. */
void layout_clear(struct layout *layout, uint8_t keycode);

/* True for a keycode with no keysym at all. */
bool layout_is_spare(const struct layout *layout, uint8_t keycode);

#endif
