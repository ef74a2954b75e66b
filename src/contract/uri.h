/* Percent-decoding of paths and queries. */
#ifndef CONTRACT_URI_H
#define CONTRACT_URI_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"

/* A path segment (RFC 3986 section 2.1). False for a bad escape, a NUL or bad UTF-8. The result
 * points into `raw` when it holds no escape. */
bool uri_decode_segment(struct str raw, struct arena *arena, struct str *ret_text);

struct query_pair {
    struct str name, value; /* decoded; not checked to be UTF-8 */
};

/* Cuts the next pair off *rest, as browsers and Python read forms: '+' is a space, a bad escape
 * stands for itself, a name without '=' has an empty value. False at the end. */
bool query_next(struct str *rest, struct arena *arena, struct query_pair *ret_pair);

/* Text that may be stored and shown: UTF-8 without NUL. */
bool text_is_clean(struct str text);

#endif
