/* Writes the head of a response. */
#include "net/http_internal.h"

/* Status line, Date, Content-Length and Connection at their longest. */
#define OWN_LINES_MAX 256

static char *put(char *at, struct str s)
{
    return s.len > 0 ? mempcpy(at, s.ptr, s.len) : at;
}

static char *put_number(char *at, uint64_t number)
{
    char digits[20];
    size_t len = 0;
    do {
        digits[len++] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    while (len > 0)
        *at++ = digits[--len];
    return at;
}

/* A value must not end its line, whoever made it up. */
static char *put_value(char *at, struct str value)
{
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];
        *at++ = http_char_class[(unsigned char)c] & HTTP_TEXT ? c : '?';
    }
    return at;
}

static char *put_status_line(char *at, int status)
{
    if (status == 200)
        return put(at, STR("HTTP/1.1 200 OK\r\n"));
    at = put(at, STR("HTTP/1.1 "));
    at = put_number(at, (uint64_t)status);
    at = put(at, STR(" "));
    at = put(at, str_from(http_status_reason(status)));
    return put(at, STR("\r\n"));
}

static bool may_have_body(int status)
{
    return status >= 200 && status != 204 && status != 304;
}

bool http_response_has_body(const struct http_exchange *exchange)
{
    return may_have_body(exchange->response.status) &&
           !str_eq(exchange->request.method, STR("HEAD"));
}

static char *put_framing(char *at, const struct http_exchange *exchange)
{
    if (!may_have_body(exchange->response.status))
        return at;
    if (exchange->answer == HTTP_ANSWER_STREAM)
        return exchange->framed ? put(at, STR("Transfer-Encoding: chunked\r\n")) : at;
    at = put(at, STR("Content-Length: "));
    at = put_number(at, exchange->response.body.len);
    return put(at, STR("\r\n"));
}

static char *put_connection(char *at, const struct http_exchange *exchange)
{
    if (exchange->answer == HTTP_ANSWER_WEBSOCKET)
        return put(at, STR("Connection: Upgrade\r\nUpgrade: websocket\r\n"));
    if (!exchange->keep_alive)
        return put(at, STR("Connection: close\r\n"));
    return exchange->head.minor == 0 ? put(at, STR("Connection: keep-alive\r\n")) : at;
}

static size_t headers_size(const struct http_response *response)
{
    size_t size = 0;
    for (size_t i = 0; i < response->header_count; i++)
        size += response->headers[i].name.len + response->headers[i].value.len + 4;
    return size;
}

struct str http_response_head(struct http_exchange *exchange, struct str date)
{
    const struct http_response *response = &exchange->response;
    char *head = arena_alloc(&exchange->arena, headers_size(response) + OWN_LINES_MAX);
    char *at = put_status_line(head, response->status);
    at = put(at, STR("Date: "));
    at = put(at, date);
    at = put(at, STR("\r\n"));
    at = put_framing(at, exchange);
    at = put_connection(at, exchange);
    for (size_t i = 0; i < response->header_count; i++) {
        at = put(at, response->headers[i].name);
        at = put(at, STR(": "));
        at = put_value(at, response->headers[i].value);
        at = put(at, STR("\r\n"));
    }
    at = put(at, STR("\r\n"));
    return str_of(head, (size_t)(at - head));
}
