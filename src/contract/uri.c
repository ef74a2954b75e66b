#include "contract/uri.h"

#include "base/utf8.h"

/* The byte that the escape at `at` stands for, or -1. */
static int escaped_byte(struct str raw, size_t at)
{
    if (raw.len - at < 3)
        return -1;
    int high = str_hex_digit(raw.ptr[at + 1]), low = str_hex_digit(raw.ptr[at + 2]);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/* Decodes into the arena; stops early with false at a bad escape unless `is_form`. */
static bool decode(struct str raw, bool is_form, struct arena *arena, struct str *ret_text)
{
    char *text = arena_alloc(arena, raw.len + 1);
    size_t len = 0;
    for (size_t at = 0; at < raw.len; at++) {
        char c = raw.ptr[at];
        int byte = c == '%' ? escaped_byte(raw, at) : -1;
        if (c == '%' && byte < 0 && !is_form)
            return false;
        if (byte >= 0) {
            c = (char)byte;
            at += 2;
        } else if (c == '+' && is_form) {
            c = ' ';
        }
        text[len++] = c;
    }
    *ret_text = str_of(text, len);
    return true;
}

bool text_is_clean(struct str text)
{
    return utf8_is_valid(text) && str_find(text, '\0') < 0;
}

bool uri_decode_segment(struct str raw, struct arena *arena, struct str *ret_text)
{
    struct str text = raw;
    if (str_find(raw, '%') >= 0 && !decode(raw, false, arena, &text))
        return false;
    if (!text_is_clean(text))
        return false;
    *ret_text = text;
    return true;
}

static struct str decode_form(struct str raw, struct arena *arena)
{
    struct str text = raw;
    if (str_find(raw, '%') >= 0 || str_find(raw, '+') >= 0)
        decode(raw, true, arena, &text);
    return text;
}

bool query_next(struct str *rest, struct arena *arena, struct query_pair *ret_pair)
{
    struct str pair = STR(""), name;
    while (pair.len == 0) {
        if (!str_split(rest, '&', &pair))
            return false;
    }
    str_split(&pair, '=', &name);
    ret_pair->name = decode_form(name, arena);
    ret_pair->value = str_is_null(pair) ? STR("") : decode_form(pair, arena);
    return true;
}
