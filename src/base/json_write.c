#include "base/json_write.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/utf8.h"

static void before_value(struct json_writer *w)
{
    if (w->comma)
        buf_append_char(w->out, ',');
    w->comma = true;
}

static void begin(struct json_writer *w, char bracket)
{
    before_value(w);
    buf_append_char(w->out, bracket);
    w->comma = false;
}

static void end(struct json_writer *w, char bracket)
{
    buf_append_char(w->out, bracket);
    w->comma = true;
}

void jw_object_begin(struct json_writer *w)
{
    begin(w, '{');
}

void jw_object_end(struct json_writer *w)
{
    end(w, '}');
}

void jw_array_begin(struct json_writer *w)
{
    begin(w, '[');
}

void jw_array_end(struct json_writer *w)
{
    end(w, ']');
}

void jw_key(struct json_writer *w, const char *key)
{
    size_t len = strlen(key);
    if (!buf_reserve(w->out, len + 4))
        return;
    char *at = w->out->ptr + w->out->len;
    if (w->comma)
        *at++ = ',';
    *at++ = '"';
    memcpy(at, key, len);
    at += len;
    *at++ = '"';
    *at++ = ':';
    w->out->len = (size_t)(at - w->out->ptr);
    w->comma = false;
}

static void append_escape(struct buf *out, unsigned char c)
{
    static const char letters[0x20] = {
        ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
    if (c == '"' || c == '\\')
        buf_append(out, (const char[]){'\\', (char)c}, 2);
    else if (letters[c])
        buf_append(out, (const char[]){'\\', letters[c]}, 2);
    else
        buf_printf(out, "\\u%04x", c);
}

static bool needs_care(unsigned char c)
{
    return c < 0x20 || c == '"' || c == '\\' || c >= 0x80;
}

/* Length of the valid character at `at`; 0 when the byte is not the start of one. */
static size_t valid_character(struct str s, size_t at)
{
    uint32_t code_point;
    return utf8_decode(str_slice(s, at, s.len), &code_point);
}

static void append_escaped(struct buf *out, struct str s)
{
    size_t at = 0;
    while (at < s.len) {
        size_t plain = at;
        while (plain < s.len && !needs_care((unsigned char)s.ptr[plain]))
            plain++;
        buf_append(out, s.ptr + at, plain - at);
        at = plain;
        if (at == s.len)
            break;
        unsigned char c = (unsigned char)s.ptr[at];
        if (c < 0x80) {
            append_escape(out, c);
            at++;
            continue;
        }
        size_t len = valid_character(s, at);
        buf_append_str(out, len ? str_slice(s, at, at + len) : STR("\xef\xbf\xbd"));
        at += len ? len : 1;
    }
}

static void append_string(struct buf *out, struct str s)
{
    buf_append_char(out, '"');
    append_escaped(out, s);
    buf_append_char(out, '"');
}

void jw_key_str(struct json_writer *w, struct str key)
{
    before_value(w);
    append_string(w->out, key);
    buf_append_char(w->out, ':');
    w->comma = false;
}

void jw_str(struct json_writer *w, struct str s)
{
    if (str_is_null(s)) {
        jw_null(w);
        return;
    }
    before_value(w);
    append_string(w->out, s);
}

void jw_cstr(struct json_writer *w, const char *s)
{
    jw_str(w, str_from(s));
}

void jw_int(struct json_writer *w, int64_t value)
{
    char digits[24];
    char *at = digits + sizeof(digits);
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        *--at = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0)
        *--at = '-';
    before_value(w);
    buf_append(w->out, at, (size_t)(digits + sizeof(digits) - at));
}

void jw_real(struct json_writer *w, double value)
{
    if (!isfinite(value)) {
        jw_null(w);
        return;
    }
    char digits[40];
    int len = 0;
    /* the fewest digits that read back as the same number: 0.1 stays 0.1 */
    for (int precision = 15; precision <= 17; precision++) {
        len = snprintf(digits, sizeof(digits), "%.*g", precision, value);
        if (strtod(digits, NULL) == value)
            break;
    }
    before_value(w);
    buf_append(w->out, digits, (size_t)len);
    if (!strpbrk(digits, ".eE"))
        buf_append_str(w->out, STR(".0"));
}

void jw_bool(struct json_writer *w, bool value)
{
    before_value(w);
    buf_append_str(w->out, value ? STR("true") : STR("false"));
}

void jw_null(struct json_writer *w)
{
    before_value(w);
    buf_append_str(w->out, STR("null"));
}

void jw_time(struct json_writer *w, int64_t time_us)
{
    if (time_us == CLOCK_NONE) {
        jw_null(w);
        return;
    }
    char text[CLOCK_TEXT_SIZE];
    clock_format(time_us, text);
    jw_cstr(w, text);
}

void jw_raw(struct json_writer *w, struct str json)
{
    before_value(w);
    buf_append_str(w->out, str_is_null(json) ? STR("null") : json);
}

static void write_object(struct json_writer *w, const json_t *object)
{
    jw_object_begin(w);
    /* jansson's iterators take a non-const object but do not change it. */
    json_t *mutable = (json_t *)(uintptr_t)object;
    for (void *it = json_object_iter(mutable); it; it = json_object_iter_next(mutable, it)) {
        jw_key_str(w, str_from(json_object_iter_key(it)));
        jw_value(w, json_object_iter_value(it));
    }
    jw_object_end(w);
}

static void write_array(struct json_writer *w, const json_t *array)
{
    jw_array_begin(w);
    for (size_t i = 0; i < json_array_size(array); i++)
        jw_value(w, json_array_get(array, i));
    jw_array_end(w);
}

void jw_value(struct json_writer *w, const json_t *value)
{
    if (json_is_object(value))
        write_object(w, value);
    else if (json_is_array(value))
        write_array(w, value);
    else if (json_is_string(value))
        jw_str(w, str_of(json_string_value(value), json_string_length(value)));
    else if (json_is_integer(value))
        jw_int(w, json_integer_value(value));
    else if (json_is_real(value))
        jw_real(w, json_real_value(value));
    else if (json_is_boolean(value))
        jw_bool(w, json_is_true(value));
    else
        jw_null(w);
}
