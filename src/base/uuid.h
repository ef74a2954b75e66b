/* UUIDs as the 36 lower-case characters that every API and table of ours uses. */
#ifndef BASE_UUID_H
#define BASE_UUID_H

#include <stdbool.h>

#include "base/macros.h"
#include "base/str.h"

#define UUID_LEN 36

struct uuid {
    char text[UUID_LEN + 1];
};

/* Version 7 (RFC 9562): sorts by creation time; strictly increasing within one process. */
struct uuid uuid_new(void);

/* Version 4: 122 random bits and no time, for values that must not be guessed. */
struct uuid uuid_random(void);

#define UUID_REASON_SIZE 128

/* Accepts what pydantic's UUID does: 36 characters with hyphens, 32 without, either in braces or
 * after "urn:uuid:", any case. The result is canonical. On failure writes the reason in pydantic's
 * words (contract section 8) and returns false. */
MUST_CHECK bool uuid_parse(struct str text, struct uuid *ret_uuid,
                           char ret_reason[UUID_REASON_SIZE]);

static inline struct str uuid_str(const struct uuid *uuid)
{
    return str_of(uuid->text, uuid->text[0] ? UUID_LEN : 0);
}

/* A view that is NULL when the uuid was never set. */
static inline struct str uuid_str_or_null(const struct uuid *uuid)
{
    return uuid->text[0] ? str_of(uuid->text, UUID_LEN) : STR_NULL;
}

#endif
