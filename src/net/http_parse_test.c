#include "net/http_parse.h"

#include "base/macros.h"
#include "base/test.h"

#define MAX_TARGET  64
#define MAX_HEADERS 8

static char block[1024];
static struct http_header headers[MAX_HEADERS];

/* Finds the block's end and parses it; 400 when it never ends or is broken. */
static int parse(const char *text, size_t len, struct http_head *ret_head)
{
    size_t scanned = 0, end = 0;
    const char *reason = NULL;
    assert_true(len <= sizeof(block));
    memcpy(block, text, len);
    if (http_block_find(block, len, &scanned, &end) != HTTP_BLOCK_DONE)
        return 400;
    int status =
        http_parse_request(block, end, MAX_TARGET, headers, MAX_HEADERS, ret_head, &reason);
    assert_true((status == 0) == (reason == NULL));
    return status;
}

#define HOST "Host: a\r\n"
#define END  "\r\n"

static const struct {
    const char *what;
    const char *text;
    int status;
} cases[] = {
    {"plain", "GET / HTTP/1.1\r\n" HOST END, 0},
    {"1.0 without host", "GET / HTTP/1.0\r\n\r\n", 0},
    {"any token is a method", "BREW / HTTP/1.1\r\n" HOST END, 0},
    {"empty host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 0},
    {"asterisk", "OPTIONS * HTTP/1.1\r\n" HOST END, 0},
    {"absolute", "GET http://h:1/x HTTP/1.1\r\n" HOST END, 0},
    {"empty value, tabs", "GET / HTTP/1.1\r\nHost:\ta\t \r\nX:\r\n\r\n", 0},
    {"obs-text", "GET / HTTP/1.1\r\n" HOST "X: \xc3\xa9\r\n\r\n", 0},
    {"chunked, any case", "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: CHUNKED\r\n\r\n", 0},

    {"length and coding",
     "POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
    {"coding and length",
     "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n", 400},
    {"two lengths", "POST / HTTP/1.1\r\n" HOST "Content-Length: 3\r\nContent-Length: 3\r\n\r\n",
     400},
    {"list of lengths", "POST / HTTP/1.1\r\n" HOST "Content-Length: 3, 3\r\n\r\n", 400},
    {"signed length", "POST / HTTP/1.1\r\n" HOST "Content-Length: +3\r\n\r\n", 400},
    {"negative length", "POST / HTTP/1.1\r\n" HOST "Content-Length: -3\r\n\r\n", 400},
    {"hex length", "POST / HTTP/1.1\r\n" HOST "Content-Length: 0x3\r\n\r\n", 400},
    {"empty length", "POST / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\n", 400},
    {"tab behind a length", "POST / HTTP/1.1\r\n" HOST "Content-Length: 3 \t\r\n\r\n", 400},
    {"tab behind a coding", "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\t\r\n\r\n", 400},
    {"length past 64 bits",
     "POST / HTTP/1.1\r\n" HOST "Content-Length: 18446744073709551616\r\n\r\n", 400},
    {"unknown coding", "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip\r\n\r\n", 501},
    {"list of codings", "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n", 501},
    {"hidden coding", "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: xchunked\r\n\r\n", 501},
    {"vertical tab in a coding",
     "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: \x0b"
     "chunked\r\n\r\n",
     400},
    {"two codings",
     "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
     400},
    {"coding in 1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
    {"folded header", "GET / HTTP/1.1\r\n" HOST "X: a\r\n b\r\n\r\n", 400},
    {"folded first header", "GET / HTTP/1.1\r\n " HOST END, 400},
    {"bare LF", "GET / HTTP/1.1\n" HOST END, 400},
    {"bare LF after a header", "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", 400},
    {"bare LF ends the block", "GET / HTTP/1.1\r\n" HOST "\n", 400},
    {"bare CR in a value", "GET / HTTP/1.1\r\n" HOST "X: a\rb\r\n\r\n", 400},
    {"bare CR after an empty value", "GET / HTTP/1.1\r\n" HOST "X:\rY: b\r\n\r\n", 400},
    {"two CR", "GET / HTTP/1.1\r\n" HOST "X: a\r\r\n\r\n", 400},
    {"space before colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400},
    {"empty name", "GET / HTTP/1.1\r\n" HOST ": a\r\n\r\n", 400},
    {"no colon", "GET / HTTP/1.1\r\n" HOST "X\r\n\r\n", 400},
    {"name with a bad character", "GET / HTTP/1.1\r\n" HOST "X(: a\r\n\r\n", 400},
    {"name with obs-text", "GET / HTTP/1.1\r\n" HOST "X\xc3: a\r\n\r\n", 400},
    {"DEL in a value", "GET / HTTP/1.1\r\n" HOST "X: \x7f\r\n\r\n", 400},
    {"no host", "GET / HTTP/1.1\r\n\r\n", 400},
    {"two hosts", "GET / HTTP/1.1\r\n" HOST HOST END, 400},
    {"two hosts in 1.0", "GET / HTTP/1.0\r\n" HOST HOST END, 400},
    {"list of hosts", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400},
    {"host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
    {"host with user", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400},
    {"empty line first", "\r\nGET / HTTP/1.1\r\n" HOST END, 400},
    {"space first", " GET / HTTP/1.1\r\n" HOST END, 400},
    {"two spaces", "GET  / HTTP/1.1\r\n" HOST END, 400},
    {"tab in the request line", "GET\t/ HTTP/1.1\r\n" HOST END, 400},
    {"space in the target", "GET /a b HTTP/1.1\r\n" HOST END, 400},
    {"control in the target", "GET /\x01 HTTP/1.1\r\n" HOST END, 400},
    {"obs-text in the target", "GET /\xc3 HTTP/1.1\r\n" HOST END, 400},
    {"fragment", "GET /#a HTTP/1.1\r\n" HOST END, 400},
    {"no target", "GET HTTP/1.1\r\n" HOST END, 400},
    {"relative target", "GET a HTTP/1.1\r\n" HOST END, 400},
    {"asterisk of GET", "GET * HTTP/1.1\r\n" HOST END, 400},
    {"absolute without host", "GET http:/// HTTP/1.1\r\n" HOST END, 400},
    {"absolute with user", "GET http://u@h/ HTTP/1.1\r\n" HOST END, 400},
    {"other scheme", "GET ftp://h/ HTTP/1.1\r\n" HOST END, 400},
    {"method with a bad character", "GE(T / HTTP/1.1\r\n" HOST END, 400},
    {"no version", "GET /\r\n" HOST END, 400},
    {"lower-case version", "GET / http/1.1\r\n" HOST END, 400},
    {"long version", "GET / HTTP/1.11\r\n" HOST END, 400},
    {"space after the version", "GET / HTTP/1.1 \r\n" HOST END, 400},
    {"HTTP/2", "PRI * HTTP/2.0\r\n\r\n", 505},
    {"HTTP/1.2", "GET / HTTP/1.2\r\n" HOST END, 505},
    {"CONNECT", "CONNECT h:1 HTTP/1.1\r\n" HOST END, 501},
    {"expectation", "POST / HTTP/1.1\r\n" HOST "Expect: a\r\n\r\n", 417},
    {"TLS hello", "\x16\x03\x01\x02", 400},
    {"9 headers", "GET / HTTP/1.1\r\n" HOST "A:\r\nB:\r\nC:\r\nD:\r\nE:\r\nF:\r\nG:\r\nH:\r\n\r\n",
     431},
    {"long target",
     "GET /0123456789012345678901234567890123456789012345678901234567890123456789 HTTP/1.1\r\n" HOST
         END,
     414},
};

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < countof(cases); i++) {
        struct http_head head;
        int status = parse(cases[i].text, strlen(cases[i].text), &head);
        if (status != cases[i].status)
            fail_msg("%s: %d, not %d", cases[i].what, status, cases[i].status);
    }
}

/* No control character is let through anywhere: every place of a request, every byte. */
static void test_control_characters(void **state)
{
    (void)state;
    static const char good[] = "GET /x HTTP/1.1\r\nHost: a\r\nX: b\r\n\r\n";
    for (size_t at = 0; at < sizeof(good) - 1; at++) {
        for (int c = 0; c < 0x20; c++) {
            char text[sizeof(good)];
            struct http_head head;
            memcpy(text, good, sizeof(good));
            text[at] = (char)c;
            bool tab_in_value = c == '\t' && strchr(" ab", good[at]) && at > 16;
            if (c == good[at] || tab_in_value)
                continue;
            if (parse(text, sizeof(text) - 1, &head) == 0)
                fail_msg("byte %#x at %zu is accepted", (unsigned)c, at);
        }
    }
}

static struct http_head parse_good(const char *text)
{
    struct http_head head;
    assert_int_equal(parse(text, strlen(text), &head), 0);
    return head;
}

static void test_results(void **state)
{
    (void)state;
    struct http_head head =
        parse_good("POST /a/b?c=d?e HTTP/1.1\r\nHOST: h\r\nX-Long-Name: \t v w \r\n"
                   "Content-Length: 12\r\nExpect: 100-Continue\r\n\r\n");
    assert_str_equal(head.method, "POST");
    assert_str_equal(head.target, "/a/b?c=d?e");
    assert_str_equal(head.path, "/a/b");
    assert_str_equal(head.query, "c=d?e");
    assert_int_equal(head.minor, 1);
    assert_int_equal(head.header_count, 4);
    assert_str_equal(headers[1].name, "x-long-name");
    assert_str_equal(headers[1].value, "v w");
    assert_int_equal(head.framing, HTTP_BODY_LENGTH);
    assert_int_equal(head.content_length, 12);
    assert_true(head.expect_continue);
    assert_true(head.keep_alive);
}

static void test_targets(void **state)
{
    (void)state;
    struct http_head head = parse_good("GET http://h:80?q HTTP/1.1\r\n" HOST END);
    assert_str_equal(head.path, "/");
    assert_str_equal(head.query, "q");
    head = parse_good("GET HTTPS://[::1]/p HTTP/1.1\r\n" HOST END);
    assert_str_equal(head.path, "/p");
    assert_true(str_is_null(head.query));
    head = parse_good("GET /? HTTP/1.1\r\n" HOST END);
    assert_int_equal(head.query.len, 0);
    assert_false(str_is_null(head.query));
    assert_str_equal(parse_good("OPTIONS * HTTP/1.1\r\n" HOST END).path, "*");
}

static void test_keep_alive(void **state)
{
    (void)state;
    assert_false(parse_good("GET / HTTP/1.1\r\n" HOST "Connection: x, Close\r\n\r\n").keep_alive);
    assert_false(parse_good("GET / HTTP/1.0\r\n\r\n").keep_alive);
    assert_true(parse_good("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").keep_alive);
    assert_false(parse_good("GET / HTTP/1.0\r\nConnection: close\r\nConnection: keep-alive\r\n\r\n")
                     .keep_alive);
}

static void test_block_in_pieces(void **state)
{
    (void)state;
    static const char text[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\nnext";
    size_t scanned = 0, end = 0, block_len = sizeof(text) - 1 - 4;
    for (size_t len = 0; len < block_len; len++)
        assert_int_equal(http_block_find(text, len, &scanned, &end), HTTP_BLOCK_MORE);
    assert_int_equal(http_block_find(text, sizeof(text) - 1, &scanned, &end), HTTP_BLOCK_DONE);
    assert_int_equal(end, block_len);
}

static void test_response(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int status; /* 0: refused */
    } responses[] = {
        {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n", 101},
        {"HTTP/1.1 403\r\n\r\n", 403},
        {"HTTP/1.1 403 \r\n\r\n", 403},
        {"HTTP/1.1 99 X\r\n\r\n", 0},
        {"HTTP/1.1  200 X\r\n\r\n", 0},
        {"HTTP/2.0 200 X\r\n\r\n", 0},
        {"HTTP/1.1 200 X\r\nA : b\r\n\r\n", 0},
    };
    for (size_t i = 0; i < countof(responses); i++) {
        struct http_head head;
        const char *reason;
        size_t len = strlen(responses[i].text);
        memcpy(block, responses[i].text, len);
        int status = http_parse_response(block, len, headers, MAX_HEADERS, &head, &reason);
        assert_int_equal(status == 0 ? head.status : 0, responses[i].status);
    }
}

static void test_websocket_upgrade(void **state)
{
    (void)state;
    struct http_header all[] = {
        {STR("upgrade"), STR("h2c, WebSocket")},
        {STR("connection"), STR("keep-alive, Upgrade")},
        {STR("sec-websocket-key"), STR("dGhlIHNhbXBsZSBub25jZQ==")},
        {STR("sec-websocket-version"), STR("13")},
    };
    struct http_request request = {
        .method = STR("GET"), .minor = 1, .headers = all, .header_count = countof(all)};
    assert_true(http_is_websocket_upgrade(&request));
    for (size_t i = 0; i < countof(all); i++) {
        struct str value = all[i].value;
        all[i].value = STR("x");
        assert_false(http_is_websocket_upgrade(&request));
        all[i].value = value;
    }
    request.method = STR("POST");
    assert_false(http_is_websocket_upgrade(&request));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),      cmocka_unit_test(test_control_characters),
        cmocka_unit_test(test_results),    cmocka_unit_test(test_targets),
        cmocka_unit_test(test_keep_alive), cmocka_unit_test(test_block_in_pieces),
        cmocka_unit_test(test_response),   cmocka_unit_test(test_websocket_upgrade),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
