/* Where in a document or a request we are: a chain on the stack, from the innermost step out. */
#ifndef CONTRACT_PLACE_H
#define CONTRACT_PLACE_H

#include <stddef.h>

#include "base/str.h"

struct place {
    const struct place *outer; /* NULL at the root */
    struct str name;           /* null: an index */
    size_t index;
};

static inline struct place place_name(const struct place *outer, const char *name)
{
    return (struct place){outer, str_from(name), 0};
}

static inline struct place place_index(const struct place *outer, size_t index)
{
    return (struct place){outer, STR_NULL, index};
}

#endif
