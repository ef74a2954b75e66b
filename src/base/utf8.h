/* UTF-8 checks (RFC 3629: no overlong forms, no surrogates, nothing past U+10FFFF). */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* Decodes the character at the start of `s`. Returns its length in bytes, 0 when it is not valid
 * UTF-8 or `s` is empty. */
size_t utf8_decode(struct str s, uint32_t *ret_code_point);

/* Writes 1 to 4 bytes; returns how many. The code point must be valid. */
size_t utf8_encode(uint32_t code_point, char bytes[4]);

/* Position of the first invalid byte; s.len when all is valid. */
size_t utf8_valid_prefix(struct str s);

static inline bool utf8_is_valid(struct str s)
{
    return utf8_valid_prefix(s) == s.len;
}

/* Characters (code points) in a valid string. */
size_t utf8_count(struct str s);

#endif
