/* JSON text to a jansson value, with limits that hold before any memory is spent on it. */
#ifndef BASE_JSON_READ_H
#define BASE_JSON_READ_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"
#include "base/str.h"

struct json_limits {
    size_t depth;  /* objects and arrays inside each other */
    size_t values; /* values and keys in all */
};

struct json_read_error {
    size_t position; /* byte offset of the trouble */
    char reason[160];
};

/* Strict: UTF-8, no duplicate keys, no NUL, integers within 64 bits, any value at the top.
 * Returns a new reference, or NULL and a filled error. */
MUST_CHECK json_t *json_read(struct str text, const struct json_limits *limits,
                             struct json_read_error *ret_error);

#endif
