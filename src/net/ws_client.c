#include "net/ws_client.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/mem.h"
#include "net/http_parse.h"
#include "net/stream.h"
#include "net/ws_internal.h"

#define ANSWER_MAX  (32u * 1024)
#define BODY_MAX    4096u
#define HEADERS_MAX 100
#define KEY_BYTES   16
#define KEY_SIZE    25 /* in base64, with a NUL */

struct ws_client {
    struct net_loop *loop;
    struct stream *stream;
    struct net_timer timer;
    struct net_parked parked;
    const struct ws_config *config;
    void *ctx;
    void (*failed)(void *ctx, const struct ws_refusal *refusal);
    char key[KEY_SIZE];
    struct buf request;
    struct buf answer;
    size_t scanned;
};

/* --- Addresses --- */

static bool parse_port(struct str text, uint16_t *ret_port)
{
    int64_t port;
    if (!str_to_i64(text, &port) || port < 1 || port > UINT16_MAX)
        return false;
    *ret_port = (uint16_t)port;
    return true;
}

static bool set_host(struct ws_endpoint *endpoint, struct str host)
{
    if (host.len == 0 || host.len >= sizeof(endpoint->host))
        return false;
    memcpy(endpoint->host, host.ptr, host.len);
    endpoint->host[host.len] = '\0';
    return true;
}

/* "host", "host:port", "[v6]" or "[v6]:port". */
static bool parse_authority(struct str authority, struct ws_endpoint *endpoint)
{
    ptrdiff_t bracket = str_find(authority, ']');
    bool is_v6 = authority.len > 0 && authority.ptr[0] == '[';
    if (is_v6 != (bracket > 0))
        return false;
    struct str after = is_v6 ? str_slice(authority, (size_t)bracket + 1, authority.len) : authority;
    ptrdiff_t colon = str_find(after, ':');
    struct str port = colon < 0 ? STR_NULL : str_slice(after, (size_t)colon + 1, after.len);
    size_t host_end = authority.len - (colon < 0 ? 0 : port.len + 1);
    struct str host = str_slice(authority, 0, host_end);
    if (is_v6) {
        if ((size_t)bracket + 1 != host.len)
            return false;
        host = str_slice(host, 1, host.len - 1);
    }
    return set_host(endpoint, host) && (colon < 0 || parse_port(port, &endpoint->port));
}

static bool parse_scheme(struct str *url, struct ws_endpoint *endpoint)
{
    static const struct {
        struct str prefix;
        uint16_t port;
        bool tls;
    } schemes[] = {
        {{"ws://", 5}, 80, false},
        {{"http://", 7}, 80, false},
        {{"wss://", 6}, 443, true},
        {{"https://", 8}, 443, true},
    };
    for (size_t i = 0; i < countof(schemes); i++) {
        if (str_starts_with(*url, schemes[i].prefix)) {
            *url = str_slice(*url, schemes[i].prefix.len, url->len);
            endpoint->port = schemes[i].port;
            endpoint->tls = schemes[i].tls;
            return true;
        }
    }
    return false;
}

bool ws_endpoint_parse(struct str url, struct ws_endpoint *ret_endpoint, struct str *ret_path,
                       struct err *err)
{
    struct ws_endpoint endpoint = {0};
    struct str rest = url, path = STR("");
    bool ok;
    if (str_starts_with(url, STR("unix:"))) {
        ok = set_host(&endpoint, str_slice(url, 5, url.len));
    } else if (parse_scheme(&rest, &endpoint)) {
        ptrdiff_t slash = str_find(rest, '/');
        size_t end = slash < 0 ? rest.len : (size_t)slash;
        path = str_slice(rest, end, rest.len);
        ok = parse_authority(str_slice(rest, 0, end), &endpoint);
    } else {
        return err_set(
            err, ERR_INVALID,
            "%.*s does not start with http://, https://, ws://, wss:// or unix:", STR_FMT(url));
    }
    if (!ok)
        return err_set(err, ERR_INVALID, "%.*s is not an address of a server", STR_FMT(url));
    *ret_endpoint = endpoint;
    *ret_path = path;
    return true;
}

/* --- The end of an attempt --- */

static void free_client(struct net_parked *parked)
{
    struct ws_client *client = container_of(parked, struct ws_client, parked);
    buf_finish(&client->request);
    buf_finish(&client->answer);
    free(client);
}

static void release(struct ws_client *client)
{
    timer_cancel(&client->timer);
    if (client->stream)
        stream_close(STEAL(client->stream));
    client->parked.free_parked = free_client;
    net_loop_park(client->loop, &client->parked);
}

static void fail(struct ws_client *client, const struct ws_refusal *refusal)
{
    client->failed(client->ctx, refusal);
    release(client);
}

static void fail_because(struct ws_client *client, const char *reason)
{
    fail(client, &(struct ws_refusal){.reason = reason});
}

void ws_client_cancel(struct ws_client *client)
{
    release(client);
}

static void on_timer(struct net_timer *timer)
{
    fail_because(container_of(timer, struct ws_client, timer), "the server did not answer in time");
}

/* --- The answer --- */

/* RFC 6455 section 4.1, the client's checks. */
static bool is_accepted(const struct ws_client *client, const struct http_head *head,
                        const struct http_header *headers)
{
    char accept[WS_ACCEPT_SIZE];
    size_t count = head->header_count;
    ws_accept_of(str_from(client->key), accept);
    struct str upgrade = http_header_find(headers, count, "upgrade");
    struct str connection = http_header_find(headers, count, "connection");
    return head->status == 101 && http_list_has(upgrade, STR("websocket")) &&
           http_list_has(connection, STR("upgrade")) &&
           str_eq(http_header_find(headers, count, "sec-websocket-accept"), str_from(accept)) &&
           str_is_null(http_header_find(headers, count, "sec-websocket-extensions"));
}

static void succeed(struct ws_client *client, struct str early)
{
    timer_cancel(&client->timer);
    ws_start(client->loop, STEAL(client->stream), true, client->config, client->ctx, early, NULL,
             NULL);
    release(client);
}

static void on_answer(struct ws_client *client, size_t block)
{
    struct http_header headers[HEADERS_MAX];
    struct http_head head;
    const char *reason;
    if (http_parse_response(client->answer.ptr, block, headers, countof(headers), &head, &reason)) {
        fail_because(client, reason);
        return;
    }
    struct str rest = str_slice(buf_str(&client->answer), block, client->answer.len);
    if (is_accepted(client, &head, headers)) {
        succeed(client, rest);
        return;
    }
    const struct ws_refusal refusal = {
        .status = head.status,
        .reason = head.status == 101 ? "the server's handshake is wrong"
                                     : http_status_reason(head.status),
        .headers = headers,
        .header_count = head.header_count,
        .body = str_slice(rest, 0, BODY_MAX),
    };
    fail(client, &refusal);
}

static void on_received(void *owner, char *bytes, size_t len)
{
    struct ws_client *client = owner;
    size_t block;
    if (!buf_append(&client->answer, bytes, len)) {
        fail_because(client, "the server's answer is too long");
        return;
    }
    enum http_block found =
        http_block_find(client->answer.ptr, client->answer.len, &client->scanned, &block);
    if (found == HTTP_BLOCK_BAD)
        fail_because(client, "the server does not speak HTTP");
    else if (found == HTTP_BLOCK_DONE)
        on_answer(client, block);
}

static void on_ended(void *owner, int error)
{
    fail_because(owner, error ? uv_strerror(error) : "the server closed the connection");
}

static void on_written(void *owner, bool ok)
{
    if (!ok)
        fail_because(owner, "the connection broke while the request was sent");
}

static const struct stream_events events = {
    .received = on_received,
    .ended = on_ended,
    .written = on_written,
};

/* --- The request --- */

static void make_key(char key[KEY_SIZE])
{
    unsigned char random[KEY_BYTES];
    RAND_bytes(random, sizeof(random));
    EVP_EncodeBlock((unsigned char *)key, random, sizeof(random));
}

/* The default port is left out, as browsers do. */
static void append_host(struct buf *request, const struct ws_endpoint *endpoint)
{
    bool is_v6 = strchr(endpoint->host, ':') != NULL;
    if (endpoint->port == 0)
        buf_append_str(request, STR("localhost"));
    else
        buf_printf(request, is_v6 ? "[%s]" : "%s", endpoint->host);
    if (endpoint->port != 0 && endpoint->port != (endpoint->tls ? 443 : 80))
        buf_printf(request, ":%u", endpoint->port);
}

static void write_request(struct ws_client *client, const struct ws_client_options *options)
{
    struct buf *request = &client->request;
    buf_printf(request, "GET %.*s HTTP/1.1\r\nHost: ", STR_FMT(options->target));
    append_host(request, &options->endpoint);
    buf_printf(request,
               "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
               "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n",
               client->key);
    for (size_t i = 0; i < options->header_count; i++) {
        const struct http_header *header = &options->headers[i];
        buf_printf(request, "%.*s: %.*s\r\n", STR_FMT(header->name), STR_FMT(header->value));
    }
    buf_append_str(request, STR("\r\n"));
}

static void on_connected(void *owner, const char *failure)
{
    struct ws_client *client = owner;
    if (failure) {
        fail_because(client, failure);
        return;
    }
    const struct str request = buf_str(&client->request);
    stream_set_owner(client->stream, &events, client);
    stream_send(client->stream, &request, 1);
    stream_read_start(client->stream);
}

struct ws_client *ws_client_connect(struct net_loop *loop, const struct ws_client_options *options)
{
    const struct ws_endpoint *endpoint = &options->endpoint;
    struct ws_client *client = MEM_NEW(struct ws_client);
    client->loop = loop;
    client->config = options->config;
    client->ctx = options->ctx;
    client->failed = options->failed;
    buf_init(&client->request, ANSWER_MAX);
    buf_init(&client->answer, ANSWER_MAX + NET_READ_SIZE);
    make_key(client->key);
    write_request(client, options);
    timer_init(&client->timer, on_timer);
    timer_set(net_loop_timers(loop), &client->timer, options->connect_timeout_ms);
    client->stream = stream_connect(loop, endpoint->host, endpoint->port,
                                    endpoint->tls ? options->tls : NULL, on_connected, client);
    return client;
}
