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

/* jansson's words to the ones that clients of FastAPI (Python's json) know. */
static const char *reason_of(const json_error_t *error)
{
    static const struct {
        const char *start, *reason;
    } reasons[] = {
        {"string or '}' expected", "Expecting property name enclosed in double quotes"},
        {"':' expected", "Expecting ':' delimiter"},
        {"'}' expected", "Expecting ',' delimiter"},
        {"']' expected", "Expecting ',' delimiter"},
        {"end of file expected", "Extra data"},
        {"duplicate object key", "Duplicate key"},
        {"too big", "Number out of range"},
        {"real number overflow", "Number out of range"},
        {"\\u0000 is not allowed", "NUL character not allowed"},
        {"NUL byte", "NUL character not allowed"},
        {"control character", "Invalid control character"},
        {"unexpected newline", "Invalid control character"},
        {"invalid escape", "Invalid \\escape"},
        {"invalid Unicode", "Invalid \\uXXXX escape"},
        {"premature end of input", "Unterminated string"},
    };
    for (size_t i = 0; i < countof(reasons); i++) {
        if (str_starts_with(str_from(error->text), str_from(reasons[i].start)))
            return reasons[i].reason;
    }
    return "Expecting value";
}

/* Where the token starts that jansson stumbled over: its position is the end of it. The token is
 * the last quoted part of the message ("... near 'token'"). */
static size_t position_of(const json_error_t *error, struct str text)
{
    size_t end = MIN_OF(error->position > 0 ? (size_t)error->position : 0, text.len);
    const char *token = strstr(error->text, "near '");
    if (!token || !str_ends_with(str_from(token), STR("'")))
        return end;
    size_t len = strlen(token) - strlen("near ''");
    return end > len ? end - len : 0;
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
        return refuse(ret_error, position_of(&error, text), reason_of(&error));
    return value;
}
