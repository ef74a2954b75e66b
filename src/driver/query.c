#include "driver/query.h"

#include "base/buf.h"

#define QUERY_MAX (64u * 1024)

/* A '%' without two digits stands for itself. */
static char decode_escape(struct str text, size_t *at)
{
    if (*at + 2 < text.len) {
        int high = str_hex_digit(text.ptr[*at + 1]), low = str_hex_digit(text.ptr[*at + 2]);
        if (high >= 0 && low >= 0) {
            *at += 2;
            return (char)(high * 16 + low);
        }
    }
    return '%';
}

static void decode(struct str text, struct buf *out)
{
    buf_clear(out);
    for (size_t at = 0; at < text.len; at++) {
        char c = text.ptr[at];
        if (c == '+')
            c = ' ';
        else if (c == '%')
            c = decode_escape(text, &at);
        buf_append_char(out, c);
    }
}

static void add_pair(json_t *object, struct str pair, struct buf *name, struct buf *value)
{
    ptrdiff_t equals = str_find(pair, '=');
    size_t split = equals < 0 ? pair.len : (size_t)equals;
    decode(str_slice(pair, 0, split), name);
    decode(str_slice(pair, split + 1, pair.len), value);
    buf_append_char(name, '\0');
    /* Refuses what is not UTF-8. */
    json_object_set_new(object, name->ptr, json_stringn(buf_str(value).ptr, buf_str(value).len));
}

static void read_text(json_t *object, struct str rest)
{
    struct buf name, value;
    struct str pair;
    buf_init(&name, QUERY_MAX);
    buf_init(&value, QUERY_MAX);
    while (str_split(&rest, '&', &pair))
        if (pair.len > 0)
            add_pair(object, pair, &name, &value);
    buf_finish(&name);
    buf_finish(&value);
}

static void read_object(json_t *object, json_t *query)
{
    for (void *it = json_object_iter(query); it; it = json_object_iter_next(query, it)) {
        const char *name = json_object_iter_key(it);
        json_t *value = json_object_iter_value(it);
        if (json_is_string(value))
            json_object_set(object, name, value);
        else if (json_is_integer(value))
            json_object_set_new(object, name,
                                json_sprintf("%" JSON_INTEGER_FORMAT, json_integer_value(value)));
    }
}

json_t *query_read(json_t *query)
{
    json_t *object = json_object();
    size_t len = json_string_length(query);
    if (json_is_string(query) && len <= QUERY_MAX)
        read_text(object, str_of(json_string_value(query), len));
    else if (json_is_object(query))
        read_object(object, query);
    return object;
}

struct str query_get(const json_t *query, const char *name)
{
    const json_t *value = json_object_get(query, name);
    return value ? str_of(json_string_value(value), json_string_length(value)) : STR_NULL;
}
