#include "driver/combo.h"

#include "driver/keysyms.h"

/* Cuts the next name off. The key '+' itself stands between two separators or at an end: "ctrl++",
 * "+". */
static struct str next_name(struct str *rest)
{
    size_t end = 0;
    while (end < rest->len && rest->ptr[end] != '+')
        end++;
    if (end == 0)
        end = 1;
    struct str name = str_slice(*rest, 0, end);
    *rest = str_slice(*rest, end, rest->len);
    return name;
}

/* Skips the '+' between two names. False when nothing may follow: a '+' at the very end. */
static bool skip_joint(struct str *rest)
{
    if (rest->len == 1)
        return false;
    *rest = str_slice(*rest, 1, rest->len);
    return true;
}

static bool add_key(struct combo_group *group, struct str name, struct err *err)
{
    uint32_t keysym = keysym_of_name(name);
    if (keysym == KEYSYM_NONE)
        return err_set(err, ERR_INVALID, "unknown key '%.*s'", STR_FMT(str_slice(name, 0, 64)));
    if (group->count == COMBO_MAX_KEYS)
        return err_set(err, ERR_INVALID, "more than %d keys at once", COMBO_MAX_KEYS);
    group->keysyms[group->count++] = keysym;
    return true;
}

/* Modifiers to the front, the order being kept otherwise; letters in lower case if there are any
 * modifiers. */
static void arrange(struct combo_group *group)
{
    struct combo_group sorted = {0};
    for (size_t i = 0; i < group->count; i++)
        if (keysym_is_modifier(group->keysyms[i]))
            sorted.keysyms[sorted.count++] = group->keysyms[i];
    bool modified = sorted.count > 0;
    for (size_t i = 0; i < group->count; i++) {
        uint32_t keysym = group->keysyms[i];
        if (!keysym_is_modifier(keysym))
            sorted.keysyms[sorted.count++] = modified ? keysym_lower(keysym) : keysym;
    }
    *group = sorted;
}

static bool parse_group(struct str text, struct combo_group *group, struct err *err)
{
    struct str rest = text;
    do {
        if (!add_key(group, next_name(&rest), err))
            return false;
        if (rest.len > 0 && !skip_joint(&rest))
            return err_set(err, ERR_INVALID, "'%.*s' ends in '+'", STR_FMT(str_slice(text, 0, 64)));
    } while (rest.len > 0);
    arrange(group);
    return true;
}

bool combo_parse(struct str text, struct combo *ret_combo, struct err *err)
{
    struct combo combo = {0};
    struct str rest = text, word;
    while (str_split(&rest, ' ', &word)) {
        word = str_trim(word);
        if (word.len == 0)
            continue;
        if (combo.count == COMBO_MAX_GROUPS)
            return err_set(err, ERR_INVALID, "more than %d key groups", COMBO_MAX_GROUPS);
        if (!parse_group(word, &combo.groups[combo.count++], err))
            return false;
    }
    if (combo.count == 0)
        return err_set(err, ERR_INVALID, "no keys given");
    *ret_combo = combo;
    return true;
}
