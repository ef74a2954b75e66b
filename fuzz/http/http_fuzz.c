/* Feeds a byte stream to our request parser in pieces, and the same stream to llhttp. Whatever we
 * accept, llhttp must read the same way: method, target, headers, body, and where the next request
 * begins. What we refuse is our business. */
#include <llhttp.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/macros.h"
#include "net/http_chunked.h"
#include "net/http_parse.h"

#define INPUT_MAX   (64u * 1024)
#define TARGET_MAX  8192
#define HEADERS_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "differs: %s (line %d)\n", #condition, __LINE__);                      \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* A request as one of the two parsers has read it. */
struct reading {
    bool complete;
    struct buf method, target, headers, body; /* headers: "name:value\n" */
    size_t end;                               /* position behind the request */
};

static void reading_init(struct reading *reading)
{
    *reading = (struct reading){0};
    buf_init(&reading->method, INPUT_MAX);
    buf_init(&reading->target, INPUT_MAX);
    buf_init(&reading->headers, 2 * INPUT_MAX);
    buf_init(&reading->body, INPUT_MAX);
}

static void reading_finish(struct reading *reading)
{
    buf_finish(&reading->method);
    buf_finish(&reading->target);
    buf_finish(&reading->headers);
    buf_finish(&reading->body);
}

/* --- Ours, in steps --- */

static bool read_chunked(struct reading *reading, const char *bytes, size_t size, size_t at,
                         size_t step)
{
    struct http_chunked decoder = {0};
    while (at < size) {
        struct str data;
        size_t used;
        switch (http_chunked_decode(&decoder, bytes + at, MIN_OF(step, size - at), &used, &data)) {
        case HTTP_CHUNKED_DATA:
            buf_append_str(&reading->body, data);
            break;
        case HTTP_CHUNKED_DONE:
            reading->end = at + used;
            return true;
        case HTTP_CHUNKED_BAD:
            return false;
        case HTTP_CHUNKED_MORE:
            break;
        }
        at += used;
    }
    return false;
}

static bool read_body(struct reading *reading, const struct http_head *head, const char *bytes,
                      size_t size, size_t at, size_t step)
{
    if (head->framing == HTTP_BODY_CHUNKED)
        return read_chunked(reading, bytes, size, at, step);
    if (head->content_length > size - at)
        return false;
    buf_append(&reading->body, bytes + at, (size_t)head->content_length);
    reading->end = at + (size_t)head->content_length;
    return true;
}

static bool find_block(const char *bytes, size_t size, size_t step, size_t *ret_len)
{
    size_t scanned = 0, len = 0;
    enum http_block found = HTTP_BLOCK_MORE;
    while (found == HTTP_BLOCK_MORE && len < size) {
        len = MIN_OF(len + step, size);
        found = http_block_find(bytes, len, &scanned, ret_len);
    }
    return found == HTTP_BLOCK_DONE;
}

/* `block` is the parser's to change, and the results point into it. */
static void read_ours(struct reading *reading, char *block, const char *bytes, size_t size,
                      size_t step)
{
    struct http_header headers[HEADERS_MAX];
    struct http_head head;
    const char *reason;
    size_t len;
    if (!find_block(bytes, size, step, &len))
        return;
    memcpy(block, bytes, len);
    if (http_parse_request(block, len, TARGET_MAX, headers, countof(headers), &head, &reason) != 0)
        return;
    reading->complete = read_body(reading, &head, bytes, size, len, step);
    buf_append_str(&reading->method, head.method);
    buf_append_str(&reading->target, head.target);
    for (size_t i = 0; i < head.header_count; i++)
        buf_printf(&reading->headers, "%.*s:%.*s\n", STR_FMT(headers[i].name),
                   STR_FMT(headers[i].value));
}

/* --- llhttp, at once --- */

struct reference {
    llhttp_t parser;
    struct reading *reading;
    struct buf name, value;
    bool in_body;
};

static struct reference *reference_of(llhttp_t *parser)
{
    return parser->data;
}

static int on_url(llhttp_t *parser, const char *at, size_t len)
{
    buf_append(&reference_of(parser)->reading->target, at, len);
    return 0;
}

static int on_name(llhttp_t *parser, const char *at, size_t len)
{
    buf_append(&reference_of(parser)->name, at, len);
    return 0;
}

static int on_value(llhttp_t *parser, const char *at, size_t len)
{
    buf_append(&reference_of(parser)->value, at, len);
    return 0;
}

static int on_value_complete(llhttp_t *parser)
{
    struct reference *reference = reference_of(parser);
    for (size_t i = 0; i < reference->name.len; i++) {
        char *c = &reference->name.ptr[i];
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c | 0x20);
    }
    if (!reference->in_body)
        buf_printf(&reference->reading->headers, "%.*s:%.*s\n", STR_FMT(buf_str(&reference->name)),
                   STR_FMT(str_trim(buf_str(&reference->value))));
    buf_clear(&reference->name);
    buf_clear(&reference->value);
    return 0;
}

static int on_headers_complete(llhttp_t *parser)
{
    reference_of(parser)->in_body = true;
    return 0;
}

static int on_body(llhttp_t *parser, const char *at, size_t len)
{
    buf_append(&reference_of(parser)->reading->body, at, len);
    return 0;
}

static int on_message_complete(llhttp_t *parser)
{
    reference_of(parser)->reading->complete = true;
    return HPE_PAUSED;
}

static llhttp_errno_t read_reference(struct reading *reading, const char *bytes, size_t size)
{
    llhttp_settings_t settings;
    struct reference reference = {.reading = reading};
    llhttp_settings_init(&settings);
    settings.on_url = on_url;
    settings.on_header_field = on_name;
    settings.on_header_value = on_value;
    settings.on_header_value_complete = on_value_complete;
    settings.on_headers_complete = on_headers_complete;
    settings.on_body = on_body;
    settings.on_message_complete = on_message_complete;
    llhttp_init(&reference.parser, HTTP_REQUEST, &settings);
    reference.parser.data = &reference;
    buf_init(&reference.name, INPUT_MAX);
    buf_init(&reference.value, INPUT_MAX);
    llhttp_errno_t error = llhttp_execute(&reference.parser, bytes, size);
    if (reading->complete)
        reading->end = (size_t)(llhttp_get_error_pos(&reference.parser) - bytes);
    buf_append_str(&reading->method,
                   str_from(llhttp_method_name((llhttp_method_t)reference.parser.method)));
    buf_finish(&reference.name);
    buf_finish(&reference.value);
    return error;
}

/* --- The comparison --- */

static bool same(const struct buf *a, const struct buf *b)
{
    return str_eq(buf_str(a), buf_str(b));
}

/* llhttp knows a list of methods, some of them with targets of their own kind (RTSP, SOURCE of
 * ICE); any token is a method for us, and the application refuses it. */
static bool is_common_method(struct str method)
{
    static const struct str common[] = {{"GET", 3},   {"HEAD", 4},   {"POST", 4},   {"PUT", 3},
                                        {"PATCH", 5}, {"DELETE", 6}, {"OPTIONS", 7}};
    for (size_t i = 0; i < countof(common); i++) {
        if (str_eq(method, common[i]))
            return true;
    }
    return false;
}

static void compare(const struct reading *ours, const char *bytes, size_t size)
{
    struct reading theirs;
    reading_init(&theirs);
    read_reference(&theirs, bytes, size);
    CHECK(theirs.complete);
    CHECK(same(&ours->method, &theirs.method));
    CHECK(same(&ours->target, &theirs.target));
    CHECK(same(&ours->headers, &theirs.headers));
    CHECK(same(&ours->body, &theirs.body));
    CHECK(ours->end == theirs.end);
    reading_finish(&theirs);
}

/* The first byte says in what steps the stream arrives. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char block[INPUT_MAX];
    if (size < 1 || size > INPUT_MAX)
        return 0;
    struct reading ours;
    const char *bytes = (const char *)data + 1;
    reading_init(&ours);
    read_ours(&ours, block, bytes, size - 1, (size_t)data[0] + 1);
    if (ours.complete && is_common_method(buf_str(&ours.method)))
        compare(&ours, bytes, size - 1);
    reading_finish(&ours);
    return 0;
}
