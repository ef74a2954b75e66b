/* Reads the fields of a request into a struct, from a table that says what each must be. */
#ifndef DRIVER_FIELDS_H
#define DRIVER_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "driver/reply.h"
#include "driver/request.h"

struct field_int {
    bool given;
    int64_t value;
};

struct field_bool {
    bool given;
    bool value;
};

enum field_kind {
    FIELD_INT,  /* struct field_int */
    FIELD_BOOL, /* struct field_bool */
    FIELD_TEXT, /* struct str, null when absent; points into *ret_json */
};

struct field {
    const char *name;
    enum field_kind kind;
    bool required;
    size_t offset;
    int64_t min, max; /* of an int; no limits when both are 0 */
};

/* Decodes a JSON body. True: `target` is filled and *ret_json must be released by the caller.
 * False: the reply says what is wrong. Null is the same as absent for a field that may be absent;
 * unknown fields are ignored. */
bool fields_from_body(const struct request *request, const struct field *fields, size_t count,
                      void *target, json_t **ret_json, struct reply *reply);

/* The same for the query; the texts live as long as the request. */
bool fields_from_query(const struct request *request, const struct field *fields, size_t count,
                       void *target, struct reply *reply);

#endif
