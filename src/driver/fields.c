#include "driver/fields.h"

#include <math.h>

#include "base/json_read.h"
#include "base/macros.h"

#define MESSAGE_SIZE 80

static const struct json_limits body_limits = {.depth = 16, .values = 10000};

struct reading {
    const char *place; /* "body" or "query" */
    struct reply *reply;
};

static bool refuse(const struct reading *reading, const struct field *field, const char *type,
                   const char *message, const json_t *input)
{
    reply_invalid(reading->reply, type, reading->place, field->name, message, input);
    return false;
}

/* Integers, numbers without a fraction, and strings of digits, as the API takes them. */
static bool int_of(const json_t *value, int64_t *ret_value)
{
    if (json_is_integer(value)) {
        *ret_value = json_integer_value(value);
        return true;
    }
    if (json_is_real(value)) {
        double real = json_real_value(value);
        *ret_value = fabs(real) < 1e15 ? (int64_t)real : 0;
        return (double)*ret_value == real;
    }
    return json_is_string(value) &&
           str_to_i64(str_of(json_string_value(value), json_string_length(value)), ret_value);
}

static bool check_limits(const struct reading *reading, const struct field *field, int64_t value,
                         const json_t *input)
{
    char message[MESSAGE_SIZE];
    if (field->min == field->max)
        return true;
    if (value < field->min) {
        snprintf(message, sizeof(message), "Input should be greater than or equal to %lld",
                 (long long)field->min);
        return refuse(reading, field, "greater_than_equal", message, input);
    }
    if (value > field->max) {
        snprintf(message, sizeof(message), "Input should be less than or equal to %lld",
                 (long long)field->max);
        return refuse(reading, field, "less_than_equal", message, input);
    }
    return true;
}

static bool read_int(const struct reading *reading, const struct field *field, const json_t *value,
                     void *slot)
{
    struct field_int *out = slot;
    int64_t number;
    if (!int_of(value, &number))
        return refuse(reading, field, "int_type", "Input should be a valid integer", value);
    if (!check_limits(reading, field, number, value))
        return false;
    *out = (struct field_int){true, number};
    return true;
}

static bool read_bool(const struct reading *reading, const struct field *field, const json_t *value,
                      void *slot)
{
    struct field_bool *out = slot;
    if (!json_is_boolean(value))
        return refuse(reading, field, "bool_type", "Input should be a valid boolean", value);
    *out = (struct field_bool){true, json_is_true(value)};
    return true;
}

static bool read_text(const struct reading *reading, const struct field *field, const json_t *value,
                      void *slot)
{
    struct str *out = slot;
    if (!json_is_string(value))
        return refuse(reading, field, "string_type", "Input should be a valid string", value);
    *out = str_of(json_string_value(value), json_string_length(value));
    return true;
}

typedef bool (*read_fn)(const struct reading *reading, const struct field *field,
                        const json_t *value, void *slot);

static const read_fn readers[] = {
    [FIELD_INT] = read_int,
    [FIELD_BOOL] = read_bool,
    [FIELD_TEXT] = read_text,
};

static bool read_fields(const struct reading *reading, const json_t *object,
                        const struct field *fields, size_t count, void *target)
{
    for (const struct field *field = fields; field < fields + count; field++) {
        const json_t *value = json_object_get(object, field->name);
        if (!value && field->required)
            return refuse(reading, field, "missing", "Field required", object);
        if (!value || (json_is_null(value) && !field->required))
            continue;
        if (!readers[field->kind](reading, field, value, (char *)target + field->offset))
            return false;
    }
    return true;
}

bool fields_from_body(const struct request *request, const struct field *fields, size_t count,
                      void *target, json_t **ret_json, struct reply *reply)
{
    struct reading reading = {"body", reply};
    struct json_read_error trouble;
    json_t *json = json_read(buf_str(&request->body), &body_limits, &trouble);
    if (!json)
        reply_invalid(reply, "json_invalid", "body", NULL, "JSON decode error", NULL);
    else if (!json_is_object(json))
        reply_invalid(reply, "model_attributes_type", "body", NULL,
                      "Input should be a valid dictionary or object to extract fields from", json);
    else if (read_fields(&reading, json, fields, count, target))
        return *ret_json = json, true;
    json_decref(json);
    return false;
}

bool fields_from_query(const struct request *request, const struct field *fields, size_t count,
                       void *target, struct reply *reply)
{
    struct reading reading = {"query", reply};
    return read_fields(&reading, request->query, fields, count, target);
}
