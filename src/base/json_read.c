#include "base/json_read.h"

#include <stdio.h>

#include "base/utf8.h"

static json_t *refuse(struct json_read_error *error, size_t position, const char *reason)
{
    error->position = position;
    snprintf(error->reason, sizeof(error->reason), "%s", reason);
    return NULL;
}

/* End of the string that starts at the quote at `at`: the closing quote, or the text's end. */
static size_t skip_string(struct str text, size_t at)
{
    for (at++; at < text.len && text.ptr[at] != '"'; at++) {
        if (text.ptr[at] == '\\')
            at++;
    }
    return at;
}

/* jansson builds the whole value before anybody can look at it, so depth and number of values are
 * counted on the text first. Broken text may be counted wrongly; jansson refuses it afterwards. */
static bool within_limits(struct str text, const struct json_limits *limits,
                          struct json_read_error *error)
{
    size_t depth = 0, values = 0;
    for (size_t at = 0; at < text.len; at++) {
        char c = text.ptr[at];
        if (c == '"') {
            at = skip_string(text, at);
        } else if (c == '{' || c == '[') {
            values++;
            if (++depth > limits->depth) {
                refuse(error, at, "Nested too deep");
                return false;
            }
        } else if ((c == '}' || c == ']') && depth > 0) {
            depth--;
        } else if (c == ',' || c == ':') {
            values++;
        }
        if (values > limits->values) {
            refuse(error, at, "Too many values");
            return false;
        }
    }
    return true;
}

/* jansson's words to the ones clients of FastAPI know. */
static const char *reason_of(const json_error_t *error)
{
    static const char *const reasons[] = {
        [json_error_premature_end_of_input] = "Expecting value",
        [json_error_invalid_syntax] = "Expecting value",
        [json_error_wrong_type] = "Expecting value",
        [json_error_end_of_input_expected] = "Extra data",
        [json_error_duplicate_key] = "Duplicate key",
        [json_error_numeric_overflow] = "Number out of range",
        [json_error_null_character] = "NUL character not allowed",
        [json_error_null_byte_in_key] = "NUL character not allowed",
        [json_error_invalid_utf8] = "Invalid UTF-8",
    };
    size_t code = (size_t)json_error_code(error);
    return code < countof(reasons) && reasons[code] ? reasons[code] : error->text;
}

json_t *json_read(struct str text, const struct json_limits *limits,
                  struct json_read_error *ret_error)
{
    size_t valid = utf8_valid_prefix(text);
    if (valid < text.len)
        return refuse(ret_error, valid, "Invalid UTF-8");
    if (!within_limits(text, limits, ret_error))
        return NULL;
    json_error_t error;
    json_t *value = json_loadb(text.ptr ? text.ptr : "", text.len,
                               JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (!value)
        return refuse(ret_error, error.position > 0 ? (size_t)error.position - 1 : 0,
                      reason_of(&error));
    return value;
}
