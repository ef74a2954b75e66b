/* struct str: a view of bytes that somebody else owns. Not NUL-terminated unless said so. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/macros.h"

struct str {
    const char *ptr; /* NULL means absent; an empty string has a non-NULL ptr and len 0 */
    size_t len;
};

#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})
#define STR_NULL     ((struct str){NULL, 0})
/* For printf("%.*s", STR_FMT(s)). */
#define STR_FMT(s) (int)(s).len, (s).ptr ? (s).ptr : ""

static inline struct str str_from(const char *text)
{
    return text ? (struct str){text, strlen(text)} : STR_NULL;
}

static inline struct str str_of(const void *bytes, size_t len)
{
    return (struct str){(const char *)bytes, len};
}

static inline bool str_is_null(struct str s)
{
    return s.ptr == NULL;
}

static inline bool str_eq(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* ASCII case-insensitive, as HTTP header names and schemes compare. */
bool str_eq_nocase(struct str a, struct str b);
bool str_starts_with(struct str s, struct str prefix);
bool str_ends_with(struct str s, struct str suffix);

/* Position of the first `c`, or -1. */
ptrdiff_t str_find(struct str s, char c);

/* Bytes [from, to); both are clamped to the string's length. */
struct str str_slice(struct str s, size_t from, size_t to);

/* Without leading and trailing spaces and tabs. */
struct str str_trim(struct str s);

/* Cuts the part before the first `separator` off `*rest`; the last part empties `*rest` to NULL.
 * Returns false when `*rest` is already NULL. */
bool str_split(struct str *rest, char separator, struct str *ret_part);

/* Decimal integers with an optional minus sign; the whole string must be the number. */
MUST_CHECK bool str_to_i64(struct str s, int64_t *ret_value);

/* 0 to 15 of a hexadecimal digit in either case; -1 of anything else. */
int str_hex_digit(char c);

/* Equal in time that depends on the lengths only; for secrets. */
bool str_eq_secret(struct str a, struct str b);

#endif
