/* Checks one request against its operation and gives the handler typed values. The laxness and
 * the list of errors are those of FastAPI with pydantic 2. */
#ifndef CONTRACT_CHECK_H
#define CONTRACT_CHECK_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/macros.h"
#include "base/str.h"
#include "contract/contract.h"
#include "contract/violation.h"

/* The request's parts. They must outlive the result of the check. */
struct contract_input {
    struct str query; /* raw, without the '?'; null when absent */
    /* The value of a header (any case), or a null str; the last one when it is repeated. */
    struct str (*header)(void *context, const char *name);
    void *header_context;
    struct str content_type; /* null when absent: read as JSON, as FastAPI does */
    struct str body;
};

struct checked_value {
    bool is_set;     /* sent, or filled from the document's default */
    bool is_sent;    /* sent */
    struct str text; /* strings; UUIDs canonical; date-times canonical UTC */
    int64_t integer; /* integers; date-times in microseconds */
    double real;     /* numbers */
    bool boolean;
    struct str *items; /* lists: the items, coerced as text */
    size_t item_count;
};

/* What a handler reads. Texts live in the arena or in the request's bytes. */
struct checked {
    const struct operation *operation;
    struct checked_value *values; /* parallel to operation->parameters */
    json_t *body; /* coerced; absent keys are absent; NULL when there is no body. Owned. */
};

/* On success fills *ret_checked (finish with checked_finish) and returns true. On failure fills
 * *ret_violations (finish with violations_finish) and returns false. Call it after credentials and
 * scope: it reveals what the operation takes. Never blocks. */
MUST_CHECK bool contract_check(const struct route_match *match, const struct contract_input *input,
                               struct arena *arena, struct checked *ret_checked,
                               struct violations *ret_violations);

void checked_finish(struct checked *checked);

/* Getters by the name in the document. The name and the type must be ones that the operation
 * declares; anything else is a bug of the handler and ends the process. An unset text is a null
 * str; an unset number is 0, an unset boolean false, an unset time CLOCK_NONE. */
struct str checked_path(const struct checked *checked, const char *name);
int64_t checked_path_int(const struct checked *checked, const char *name);

bool checked_query_has(const struct checked *checked, const char *name);
struct str checked_query_str(const struct checked *checked, const char *name);
int64_t checked_query_int(const struct checked *checked, const char *name);
bool checked_query_bool(const struct checked *checked, const char *name);
int64_t checked_query_time(const struct checked *checked, const char *name); /* microseconds */
/* Every value of a repeated parameter; the count is returned. */
size_t checked_query_list(const struct checked *checked, const char *name,
                          const struct str **ret_items);

struct str checked_header(const struct checked *checked, const char *name);

/* Body fields. `has` is true for a null too; `is_null` only for an explicit null; the others give
 * null str, CLOCK_NONE or the fallback when the field is absent or null. */
bool checked_body_has(const struct checked *checked, const char *name);
bool checked_body_is_null(const struct checked *checked, const char *name);
struct str checked_body_str(const struct checked *checked, const char *name);
int64_t checked_body_int(const struct checked *checked, const char *name, int64_t fallback);
bool checked_body_bool(const struct checked *checked, const char *name, bool fallback);
int64_t checked_body_time(const struct checked *checked, const char *name);
/* Objects and arrays, borrowed; NULL when absent or null. */
const json_t *checked_body_value(const struct checked *checked, const char *name);

#endif
