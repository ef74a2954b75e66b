/* Strings, numbers, booleans, UUIDs, times and enums: coercion and checks with pydantic's laxness.
 * Works on values of JSON bodies and on the strings of paths, queries and headers alike. */
#ifndef CONTRACT_SCALAR_H
#define CONTRACT_SCALAR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"
#include "contract/schema.h"
#include "contract/violation.h"

enum scalar_kind {
    SCALAR_OTHER, /* null, an object or a list */
    SCALAR_TEXT,
    SCALAR_INTEGER,
    SCALAR_REAL,
    SCALAR_BOOLEAN,
};

struct scalar {
    enum scalar_kind kind;
    struct str text;
    int64_t integer; /* also the microseconds of a time */
    double real;
    bool boolean;
};

static inline struct scalar scalar_text(struct str text)
{
    return (struct scalar){.kind = SCALAR_TEXT, .text = text};
}

/* Checks `in` against a schema for which schema_is_scalar holds. `strict` accepts only values
 * that are of the type already. On success fills *ret_out: unchanged texts still point to `in`'s
 * bytes, changed ones into the arena. On failure fills *ret_complaint and returns false. */
bool scalar_check(const struct schema *schema, struct scalar in, bool strict, struct arena *arena,
                  struct scalar *ret_out, struct complaint *ret_complaint);

#endif
