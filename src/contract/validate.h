/* Checks a JSON value against a compiled schema. */
#ifndef CONTRACT_VALIDATE_H
#define CONTRACT_VALIDATE_H

#include <jansson.h>

#include "base/arena.h"
#include "contract/place.h"
#include "contract/schema.h"
#include "contract/violation.h"

/* Returns the coerced value as a new reference, or NULL after adding to `violations`. `value` is
 * never changed, since violations quote it: what has to change is copied first. It must outlive
 * the violations. Recursion is as deep as the value, which the JSON limits bound. */
json_t *validate(const struct schema *schema, json_t *value, const struct place *place,
                 struct violations *violations);

/* The checks of a list's length, shared with repeated query parameters. `too_long` is asked before
 * the items are checked, `too_short` after, as pydantic does. */
bool list_is_too_long(const struct schema *schema, size_t length, struct arena *arena,
                      struct complaint *ret_complaint);
bool list_is_too_short(const struct schema *schema, size_t length, struct arena *arena,
                       struct complaint *ret_complaint);

#endif
