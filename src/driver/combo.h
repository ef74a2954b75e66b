/* Key combinations as text: groups separated by spaces, each of keys joined by '+', as in
 * "ctrl+c alt+tab". Grammar and names: the contract's section 3.5. */
#ifndef DRIVER_COMBO_H
#define DRIVER_COMBO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

#define COMBO_MAX_GROUPS 64
#define COMBO_MAX_KEYS   8

/* Keys pressed in this order and released in the opposite one: modifiers first. With a modifier a
 * letter means its key, so "ctrl+C" is "ctrl+c"; alone, "C" is the capital letter. */
struct combo_group {
    size_t count;
    uint32_t keysyms[COMBO_MAX_KEYS];
};

struct combo {
    size_t count;
    struct combo_group groups[COMBO_MAX_GROUPS];
};

/* Fails on no group at all, too many groups or keys, and unknown names. */
bool combo_parse(struct str text, struct combo *ret_combo, struct err *err);

#endif
