#include "net/http_chunked.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/macros.h"
#include "base/test.h"

/* Decodes `text` in steps of `step` bytes; returns the result, the body and the bytes used. */
static enum http_chunked_result decode(struct str text, size_t step, struct buf *body,
                                       size_t *ret_used)
{
    struct http_chunked decoder = {0};
    enum http_chunked_result result = HTTP_CHUNKED_MORE;
    size_t at = 0;
    while (at < text.len && result != HTTP_CHUNKED_DONE && result != HTTP_CHUNKED_BAD) {
        struct str data;
        size_t used;
        result =
            http_chunked_decode(&decoder, text.ptr + at, MIN_OF(step, text.len - at), &used, &data);
        if (result == HTTP_CHUNKED_DATA)
            buf_append_str(body, data);
        at += used;
    }
    *ret_used = at;
    return result;
}

static const struct {
    const char *text; /* "|" stands for CR LF */
    const char *body; /* NULL: refused */
} cases[] = {
    {"0||", ""},
    {"3|abc|0||", "abc"},
    {"3|abc|A|0123456789|0||", "abc0123456789"},
    {"0003|abc|000||", "abc"},
    {"3;a;b|abc|0;b=c||", "abc"},
    {"3;a=\"b\";c|abc|0||", "abc"},
    {"3;a=b;c|abc|0||", NULL},
    {"3;a=\"b c;=\"|abc|0||", "abc"},
    {"3|abc|0|X: y|Z:||", "abc"},
    {"3|a|c|0||", NULL},  /* data longer than its chunk's end */
    {"3|abcd|0||", NULL}, /* no CR LF after the data */
    {"3|abc0||", NULL},
    {"3 |abc|0||", NULL}, /* space after the size */
    {" 3|abc|0||", NULL},
    {"+3|abc|0||", NULL},
    {"-3|abc|0||", NULL},
    {"0x3|abc|0||", NULL},
    {"|abc|0||", NULL}, /* no size */
    {"g|abc|0||", NULL},
    {"3;|abc|0||", NULL}, /* empty extension */
    {"3;a=|abc|0||", NULL},
    {"3;a=\"b|abc|0||", NULL},
    {"3;a b|abc|0||", NULL},
    {"3\r\rabc|0||", NULL},
    {"3\nabc|0||", NULL}, /* bare LF */
    {"3\rabc|0||", NULL}, /* bare CR */
    {"3|abc\n0||", NULL},
    {"3|abc|0|\n", NULL},
    {"0| a: b||", NULL}, /* folded trailer */
    {"0|Content-Length: 3||", NULL},
    {"0|X: y|TRANSFER-encoding: chunked||", NULL},
    {"0|Transfer-Encoding-X: y||", ""},
    {"0|a||", NULL}, /* trailer without a colon */
    {"0|a : b||", NULL},
    {"0|a: b\rc||", NULL},
    {"10000000000000000|a", NULL},
    {"FFFFFFFFFFFFFFFFF|a", NULL},
};

static struct str expand(const char *text, struct buf *out)
{
    for (; *text; text++) {
        if (*text == '|')
            buf_append_str(out, STR("\r\n"));
        else
            buf_append_char(out, *text);
    }
    return buf_str(out);
}

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < countof(cases); i++) {
        for (size_t step = 1; step < 40; step++) {
            struct buf text, body;
            size_t used;
            buf_init(&text, 1024);
            buf_init(&body, 1024);
            struct str all = expand(cases[i].text, &text);
            enum http_chunked_result result = decode(all, step, &body, &used);
            bool good = result == HTTP_CHUNKED_DONE && used == all.len;
            if (good != (cases[i].body != NULL))
                fail_msg("\"%s\" in steps of %zu: %d", cases[i].text, step, result);
            if (cases[i].body)
                assert_str_equal(buf_str(&body), cases[i].body);
            buf_finish(&text);
            buf_finish(&body);
        }
    }
}

static void test_stops_at_the_end(void **state)
{
    (void)state;
    struct buf body;
    size_t used;
    buf_init(&body, 16);
    enum http_chunked_result result = decode(STR("1\r\na\r\n0\r\n\r\nGET /"), 100, &body, &used);
    assert_int_equal(result, HTTP_CHUNKED_DONE);
    assert_int_equal(used, 11);
    buf_finish(&body);
}

/* `head`, then `count` times `filler`, then `tail`. */
static enum http_chunked_result decode_long(const char *head, const char *filler, size_t count,
                                            const char *tail)
{
    struct buf text, body;
    size_t used;
    buf_init(&text, 64 * 1024);
    buf_init(&body, 16);
    buf_append_str(&text, str_from(head));
    for (size_t i = 0; i < count; i++)
        buf_append_str(&text, str_from(filler));
    buf_append_str(&text, str_from(tail));
    enum http_chunked_result result = decode(buf_str(&text), 4096, &body, &used);
    buf_finish(&text);
    buf_finish(&body);
    return result;
}

static void test_limits(void **state)
{
    (void)state;
    assert_int_equal(decode_long("0;", "a", 200, "\r\n\r\n"), HTTP_CHUNKED_DONE);
    assert_int_equal(decode_long("0;", "a", HTTP_CHUNK_LINE_MAX, "\r\n\r\n"), HTTP_CHUNKED_BAD);
    assert_int_equal(decode_long("", "0", HTTP_CHUNK_LINE_MAX + 1, "\r\n\r\n"), HTTP_CHUNKED_BAD);
    assert_int_equal(decode_long("0\r\n", "a: b\r\n", 100, "\r\n"), HTTP_CHUNKED_DONE);
    assert_int_equal(decode_long("0\r\n", "a: b\r\n", HTTP_CHUNK_TRAILER_MAX / 6 + 1, "\r\n"),
                     HTTP_CHUNKED_BAD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_stops_at_the_end),
        cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
