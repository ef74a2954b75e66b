/* The query of a request: usually "a=1&b=two%20words", from some servers a JSON object. */
#ifndef DRIVER_QUERY_H
#define DRIVER_QUERY_H

#include <jansson.h>

#include "base/str.h"

/* A new object of strings; empty for anything unusable. Pairs whose decoded name or value is not
 * UTF-8 are left out. */
json_t *query_read(json_t *query);

/* NULL-pointer str when absent; "" when given without a value. */
struct str query_get(const json_t *query, const char *name);

#endif
