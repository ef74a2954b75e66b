/* What is wrong with a request, and the two ways to say it. */
#ifndef CONTRACT_VIOLATION_H
#define CONTRACT_VIOLATION_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/json_write.h"
#include "base/str.h"
#include "contract/place.h"

enum {
    VIOLATIONS_MAX = 100,             /* further ones are not collected */
    VIOLATIONS_TEXT_MAX = 256 * 1024, /* no further entry is written past this many bytes */
};

/* The error types of pydantic 2 (see the table in violation.c). */
enum fault {
    FAULT_MISSING,
    FAULT_EXTRA_FORBIDDEN,
    FAULT_JSON_INVALID,
    FAULT_MODEL_TYPE,
    FAULT_DICT_TYPE,
    FAULT_LIST_TYPE,
    FAULT_STRING_TYPE,
    FAULT_STRING_UNICODE,
    FAULT_STRING_TOO_SHORT,
    FAULT_STRING_TOO_LONG,
    FAULT_STRING_PATTERN,
    FAULT_INT_TYPE,
    FAULT_INT_PARSING,
    FAULT_INT_PARSING_SIZE,
    FAULT_INT_FROM_FLOAT,
    FAULT_FLOAT_TYPE,
    FAULT_FLOAT_PARSING,
    FAULT_FINITE_NUMBER,
    FAULT_BOOL_TYPE,
    FAULT_BOOL_PARSING,
    FAULT_GREATER_THAN_EQUAL,
    FAULT_LESS_THAN_EQUAL,
    FAULT_GREATER_THAN,
    FAULT_LESS_THAN,
    FAULT_TOO_SHORT,
    FAULT_TOO_LONG,
    FAULT_ENUM,
    FAULT_UUID_TYPE,
    FAULT_UUID_PARSING,
    FAULT_DATETIME_TYPE,
    FAULT_DATETIME_PARSING,
    FAULT_DATETIME_FROM_DATE,
    FAULT_COUNT,
};

struct violation_step {
    struct str name; /* null: an index */
    size_t index;
};

/* What a check found, before it is known where. */
struct complaint {
    enum fault fault;
    struct str limit;       /* the bound as a JSON number, or the reason's text; null: none */
    const char *collection; /* "List" or "Dictionary", of too_short and too_long */
    size_t actual;          /* their actual length */
};

/* What was sent there: JSON of the body, a list of texts, or a text (null for null). */
struct violation_input {
    const json_t *json;
    const struct str *list;
    size_t list_length;
    struct str text;
};

struct violation {
    struct complaint complaint;
    const struct violation_step *loc;
    size_t loc_length;
    struct violation_input input;
};

struct violations {
    struct arena *arena;
    struct violation *items; /* VIOLATIONS_MAX, once there is one */
    size_t count;
    json_t *body; /* what the inputs are part of; owned */
};

void violations_init(struct violations *violations, struct arena *arena);
void violations_finish(struct violations *violations);

/* Adds one, unless there are VIOLATIONS_MAX. The input must outlive the violations. */
void violations_add(struct violations *violations, const struct place *place,
                    const struct complaint *complaint, struct violation_input input);

static inline struct violation_input input_json(const json_t *json)
{
    return (struct violation_input){.json = json};
}

static inline struct violation_input input_text(struct str text)
{
    return (struct violation_input){.text = text};
}

/* {"detail":[{"type","loc","msg","input","ctx"}]}, FastAPI's body of a 422. */
void violations_write_fastapi(struct json_writer *w, const struct violations *violations);

/* One line for people that names the first fault and where it is, without the input:
 * "body.name: String should have at most 255 characters". */
void violations_summary(const struct violations *violations, struct buf *out);

#endif
