/* Keysyms: the X protocol's names for what is printed on keys. */
#ifndef DRIVER_KEYSYMS_H
#define DRIVER_KEYSYMS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define KEYSYM_NONE         0u
#define KEYSYM_SHIFT        0xffe1u
#define KEYSYM_CAPS_LOCK    0xffe5u
#define KEYSYM_LEVEL3_SHIFT 0xfe03u

/* The keysym that types a character; newline and carriage return are Return. KEYSYM_NONE for
 * control characters that no key types. */
uint32_t keysym_of_char(uint32_t code_point);

/* The other keysym for the same character: many have an old one and one made of the code point.
 * KEYSYM_NONE when there is none. */
uint32_t keysym_twin(uint32_t keysym);

/* A key by its name in key combinations, any case: the contract's names ("esc", "page_up", "win",
 * "uparrow", "f5"), a single character, or any X keysym name ("XF86AudioMute"). KEYSYM_NONE when
 * unknown. */
uint32_t keysym_of_name(struct str name);

/* Shift, Control, Alt, Meta, Super, Hyper, AltGr: keys that are held while others are pressed. */
bool keysym_is_modifier(uint32_t keysym);

/* Lower case of a letter's keysym; others unchanged. */
uint32_t keysym_lower(uint32_t keysym);

#endif
