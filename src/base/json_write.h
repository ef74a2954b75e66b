/* An append-only JSON writer. The caller balances begin and end; the writer places commas.
 *
 *     jw_object_begin(w);
 *     jw_key(w, "id");
 *     jw_str(w, id);
 *     jw_object_end(w);
 *
 * Writes into a buf, whose ceiling and overflow flag apply. */
#ifndef BASE_JSON_WRITE_H
#define BASE_JSON_WRITE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

struct json_writer {
    struct buf *out;
    bool comma; /* the next value needs one */
};

static inline struct json_writer jw_to(struct buf *out)
{
    return (struct json_writer){out, false};
}

void jw_object_begin(struct json_writer *w);
void jw_object_end(struct json_writer *w);
void jw_array_begin(struct json_writer *w);
void jw_array_end(struct json_writer *w);

/* `key` needs no escaping (our own field names). */
void jw_key(struct json_writer *w, const char *key);
/* Any key. */
void jw_key_str(struct json_writer *w, struct str key);

/* A null str is written as null. Invalid UTF-8 is replaced by U+FFFD. */
void jw_str(struct json_writer *w, struct str s);
void jw_cstr(struct json_writer *w, const char *s);
void jw_int(struct json_writer *w, int64_t value);
void jw_real(struct json_writer *w, double value);
void jw_bool(struct json_writer *w, bool value);
void jw_null(struct json_writer *w);
/* A time in UTC microseconds, as an ISO 8601 string; null for CLOCK_NONE. */
void jw_time(struct json_writer *w, int64_t time_us);
/* A complete JSON text written before; a null str is written as null. */
void jw_raw(struct json_writer *w, struct str json);
void jw_value(struct json_writer *w, const json_t *value);

/* "No time" in columns and structs. */
#define CLOCK_NONE INT64_MIN

/* key and value at once, the usual case. */
static inline void jw_field_str(struct json_writer *w, const char *key, struct str value)
{
    jw_key(w, key);
    jw_str(w, value);
}

static inline void jw_field_int(struct json_writer *w, const char *key, int64_t value)
{
    jw_key(w, key);
    jw_int(w, value);
}

static inline void jw_field_bool(struct json_writer *w, const char *key, bool value)
{
    jw_key(w, key);
    jw_bool(w, value);
}

static inline void jw_field_time(struct json_writer *w, const char *key, int64_t time_us)
{
    jw_key(w, key);
    jw_time(w, time_us);
}

static inline void jw_field_raw(struct json_writer *w, const char *key, struct str json)
{
    jw_key(w, key);
    jw_raw(w, json);
}

#endif
