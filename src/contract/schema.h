/* A JSON schema, compiled: what the validators walk. Immutable once loaded. */
#ifndef CONTRACT_SCHEMA_H
#define CONTRACT_SCHEMA_H

#define PCRE2_CODE_UNIT_WIDTH 8

#include <jansson.h>
#include <pcre2.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "base/str.h"
#include "contract/place.h"
#include "contract/violation.h"

enum schema_kind {
    SCHEMA_ANY,
    SCHEMA_STRING,
    SCHEMA_UUID,
    SCHEMA_TIME,
    SCHEMA_INTEGER,
    SCHEMA_NUMBER,
    SCHEMA_BOOLEAN,
    SCHEMA_ENUM,
    SCHEMA_LIST,
    SCHEMA_OBJECT,
    SCHEMA_UNION,
    SCHEMA_KIND_COUNT,
};

/* In the order in which pydantic checks them: the first that is broken is the one reported. */
enum bound_kind {
    BOUND_AT_MOST,
    BOUND_BELOW,
    BOUND_AT_LEAST,
    BOUND_ABOVE,
    BOUND_COUNT,
};

struct bound {
    bool is_set;
    int64_t integer; /* used for integers */
    double real;     /* used for numbers */
    struct str text; /* as in the document */
};

struct enum_member {
    struct str text; /* null: an integer */
    int64_t integer;
};

struct schema_field {
    const char *name;
    const struct schema *schema;
    bool required;
    const json_t *fallback; /* filled in when absent; NULL: none */
};

/* What happens to the keys of an object that `properties` does not name. */
enum extras {
    EXTRAS_DROP,   /* a model that says nothing about them, as pydantic does by default */
    EXTRAS_KEEP,   /* additionalProperties: true */
    EXTRAS_FORBID, /* additionalProperties: false */
    EXTRAS_CHECK,  /* additionalProperties: a schema */
};

struct schema {
    enum schema_kind kind;
    bool nullable;
    struct str tag; /* a union's member: its name in loc */

    size_t min_length, max_length; /* code points, items or keys */
    struct str pattern;
    const pcre2_code *regex;

    struct bound bounds[BOUND_COUNT];

    bool enum_is_integer;
    const struct enum_member *enum_members;
    size_t enum_count;
    struct str expected; /* "'a', 'b' or 'c'" */

    const struct schema *items; /* NULL: anything */

    bool is_model; /* has properties */
    struct schema_field *fields;
    size_t field_count;
    enum extras extras;
    const struct schema *extra; /* EXTRAS_CHECK */

    /* A union of one member only adds null to it. */
    const struct schema **members;
    size_t member_count;
};

static inline bool schema_is_scalar(const struct schema *schema)
{
    return schema->kind >= SCHEMA_STRING && schema->kind <= SCHEMA_ENUM;
}

/* Compiled patterns are the only part of a schema that an arena cannot free. */
struct regex {
    struct regex *next;
    pcre2_code *code;
};

/* Compiles the schemas of one document. */
struct schema_loader {
    struct arena *arena;    /* of the contract */
    const char *document;   /* its name, for errors */
    json_t *root;           /* outlives the schemas */
    struct regex **regexes; /* where compiled patterns are kept */
    struct err *err;
    struct map refs;             /* "#/components/schemas/X" to struct schema_ref */
    size_t nesting;              /* objects and lists around the schema being compiled */
    struct schema_union *unions; /* checked when all members are known */
};

void schema_loader_init(struct schema_loader *loader);
void schema_loader_finish(struct schema_loader *loader);

/* The compiled schema, or NULL and loader->err. */
const struct schema *schema_load(struct schema_loader *loader, json_t *json,
                                 const struct place *place);

/* Call once after the last schema: checks what needs the whole document. */
bool schema_loader_check(struct schema_loader *loader);

/* Follows {"$ref": "#/..."} within the document; returns `json` itself without one. NULL and
 * loader->err when it leads nowhere. */
json_t *schema_resolve(struct schema_loader *loader, json_t *json, const struct place *place);

/* Fills loader->err with "document: /json/pointer: message"; always false. */
bool schema_refuse(struct schema_loader *loader, const struct place *place, const char *format, ...)
    PRINTF_LIKE(3, 4);

#endif
