/* Server's and client's end of a WebSocket against each other, and the server against raw bytes. */
#include "net/ws.h"

#include <stdio.h>
#include <sys/socket.h>

#include "base/macros.h"
#include "base/mem.h"
#include "net/net_test.h"
#include "net/stream.h"
#include "net/ws_client.h"

#define BIG (900u * 1024)

/* A client on a loop of its own that does what `script` says, message by message. */
struct peer {
    struct net_loop *loop;
    struct net_task start;
    struct ws_client_options options;
    struct ws_config config;
    struct ws *ws;
    struct signal *happened; /* raised for each line of the log */
    struct buf log;
};

static struct app app;

static void note(struct peer *peer, const char *what, int number, struct str text)
{
    buf_printf(&peer->log, "%s %d %.*s\n", what, number, (int)MIN_OF(text.len, 40u),
               text.ptr ? text.ptr : "");
    signal_raise(peer->happened);
}

static void peer_opened(void *ctx, struct ws *ws)
{
    struct peer *peer = ctx;
    peer->ws = ws;
    note(peer, "open", 0, STR(""));
}

static void peer_message(void *ctx, struct ws *ws, enum ws_opcode opcode, struct str payload)
{
    (void)ws;
    (void)opcode;
    note(ctx, "message", (int)payload.len, payload);
}

static void peer_closed(void *ctx, struct ws *ws, int code, struct str reason)
{
    (void)ws;
    note(ctx, "closed", code, reason);
}

static void peer_failed(void *ctx, const struct ws_refusal *refusal)
{
    note(ctx, "failed", refusal->status, str_from(refusal->reason));
}

static void start_peer(struct net_task *task)
{
    struct peer *peer = container_of(task, struct peer, start);
    ws_client_connect(peer->loop, &peer->options);
}

static void peer_init(struct peer *peer, const char *url)
{
    struct err err;
    struct str path;
    *peer = (struct peer){.loop = net_loop_create(&err), .happened = signal_create()};
    buf_init(&peer->log, 100000);
    peer->config = (struct ws_config){.max_message = 1024 * 1024,
                                      .max_queued = 4 * 1024 * 1024,
                                      .opened = peer_opened,
                                      .message = peer_message,
                                      .closed = peer_closed};
    peer->options = (struct ws_client_options){.target = STR("/ws"),
                                               .connect_timeout_ms = WAIT_MS,
                                               .config = &peer->config,
                                               .ctx = peer,
                                               .failed = peer_failed};
    assert_true(ws_endpoint_parse(str_from(url), &peer->options.endpoint, &path, &err));
    peer->start.run = start_peer;
    net_loop_post(peer->loop, &peer->start);
}

static void peer_run(struct peer *peer)
{
    struct err err;
    assert_true(net_loop_start(peer->loop, "peer", &err));
}

static void peer_finish(struct peer *peer)
{
    net_loop_join(peer->loop);
    net_loop_destroy(peer->loop);
    signal_destroy(peer->happened);
    buf_finish(&peer->log);
}

/* The log is complete when the loop has ended. */
static void peer_expect(struct peer *peer, const char *log)
{
    net_loop_join(peer->loop);
    assert_str_equal(buf_str(&peer->log), log);
}

static int set_up(void **state)
{
    (void)state;
    app_init(&app);
    app_start(&app, 2);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    app_finish(&app);
    return 0;
}

static void send_hello(void *ctx, struct ws *ws)
{
    peer_opened(ctx, ws);
    assert_true(ws_send(ws, WS_TEXT, STR("hello")));
    assert_true(ws_send(ws, WS_BINARY, STR("")));
    assert_true(ws_send(ws, WS_TEXT, STR("close me")));
}

static const char hello_log[] = "open 0 \nmessage 5 hello\nmessage 0 \nclosed 4001 as you wish\n";

static void say_hello(const char *url, struct tls_context *tls)
{
    struct peer peer;
    peer_init(&peer, url);
    peer.config.opened = send_hello;
    peer.options.tls = tls;
    peer_run(&peer);
    peer_expect(&peer, hello_log);
    peer_finish(&peer);
}

static const char *url_of(const char *scheme, const char *host, int listener)
{
    static char url[128];
    snprintf(url, sizeof(url), "%s://%s:%u", scheme, host, app_port(&app, listener));
    return url;
}

static void test_plain(void **state)
{
    (void)state;
    say_hello(url_of("ws", "127.0.0.1", TCP), NULL);
    say_hello(url_of("http", "localhost", TCP), NULL);
    say_hello(app.unix_address, NULL);
    signal_wait(app.closed, 3);
    assert_int_equal(app.ws_code, 4001);
}

static void test_tls(void **state)
{
    (void)state;
    struct err err;
    struct tls_context *tls = tls_context_create_client(app.cert, &err);
    assert_non_null(tls);
    say_hello(url_of("wss", "localhost", TLS), tls);
    say_hello(url_of("https", "127.0.0.1", TLS), tls);
    tls_context_destroy(tls);
}

static void fail_to_connect(const char *url, struct tls_context *tls, const char *target,
                            const char *log)
{
    struct peer peer;
    peer_init(&peer, url);
    peer.options.tls = tls;
    peer.options.target = str_from(target);
    peer_run(&peer);
    peer_expect(&peer, log);
    peer_finish(&peer);
}

static void test_refusals(void **state)
{
    (void)state;
    struct err err;
    struct tls_context *strangers = tls_context_create_client(NULL, &err);
    struct tls_context *tls = tls_context_create_client(app.cert, &err);
    fail_to_connect(url_of("ws", "127.0.0.1", TCP), NULL, "/refuse", "failed 403 Forbidden\n");
    fail_to_connect(url_of("wss", "127.0.0.1", TLS), strangers, "/ws",
                    "failed 0 self-signed certificate\n");
    /* A good certificate, but not for this spelling of the host. */
    fail_to_connect(url_of("wss", "127.1", TLS), tls, "/ws", "failed 0 hostname mismatch\n");
    fail_to_connect(url_of("ws", "127.0.0.2", TCP), NULL, "/ws", "failed 0 connection refused\n");
    fail_to_connect(url_of("wss", "127.0.0.1", TCP), tls, "/ws", "failed 0 wrong version number\n");
    fail_to_connect("unix:/nonexistent", NULL, "/ws", "failed 0 no such file or directory\n");
    tls_context_destroy(strangers);
    tls_context_destroy(tls);
}

static void send_big(void *ctx, struct ws *ws)
{
    static char big[BIG];
    memset(big, 'b', sizeof(big));
    peer_opened(ctx, ws);
    assert_true(ws_send(ws, WS_BINARY, str_of(big, sizeof(big))));
    assert_true(ws_send(ws, WS_BINARY, str_of(big, sizeof(big))));
    assert_true(ws_send(ws, WS_TEXT, STR("close me")));
}

static void test_big_messages(void **state)
{
    (void)state;
    struct err err;
    struct tls_context *tls = tls_context_create_client(app.cert, &err);
    const char *const urls[] = {"ws", "wss"};
    for (int i = 0; i < 2; i++) {
        struct peer peer;
        peer_init(&peer, url_of(urls[i], "127.0.0.1", i));
        peer.options.tls = tls;
        peer.config.opened = send_big;
        peer_run(&peer);
        net_loop_join(peer.loop);
        assert_starts(buf_str(&peer.log), "open 0 \nmessage 921600 bbb");
        assert_contains(buf_str(&peer.log), "closed 4001 as you wish\n");
        peer_finish(&peer);
    }
    tls_context_destroy(tls);
}

static void send_too_big(void *ctx, struct ws *ws)
{
    static char big[1024 * 1024 + 1];
    peer_opened(ctx, ws);
    assert_true(ws_send(ws, WS_BINARY, str_of(big, sizeof(big))));
}

static void test_too_big(void **state)
{
    (void)state;
    struct peer peer;
    peer_init(&peer, url_of("ws", "127.0.0.1", TCP));
    peer.config.opened = send_too_big;
    peer_run(&peer);
    signal_wait(app.closed, 1);
    assert_int_equal(app.ws_code, WS_CLOSE_TOO_BIG);
    net_loop_join(peer.loop);
    peer_finish(&peer);
}

/* The server does not read until the client's queue is full. */
static struct ws *paused_ws;
static struct net_task resume_task;

static void pause_server(void *ctx, struct ws *ws)
{
    (void)ctx;
    paused_ws = ws;
    ws_pause(ws);
    signal_raise(app.held);
}

static void resume_server(struct net_task *task)
{
    (void)task;
    ws_resume(paused_ws);
}

static void send_until_full(void *ctx, struct ws *ws)
{
    static char big[BIG];
    peer_opened(ctx, ws);
    size_t sent = 0;
    while (ws_send(ws, WS_BINARY, str_of(big, sizeof(big))))
        assert_true(++sent < 100);
    assert_true(ws_queued(ws) > 0 && ws_queued(ws) <= 2 * BIG);
    note(ctx, "full", 0, STR(""));
}

static void note_drained(void *ctx, struct ws *ws)
{
    note(ctx, "drained", 0, STR(""));
    ws_close(ws, WS_CLOSE_NORMAL, STR("done"));
}

static void ignore_message(void *ctx, struct ws *ws, enum ws_opcode opcode, struct str payload)
{
    (void)ctx;
    (void)ws;
    (void)opcode;
    (void)payload;
}

static void test_queue_ceiling(void **state)
{
    (void)state;
    struct peer peer;
    peer_init(&peer, url_of("ws", "127.0.0.1", TCP));
    app.ws_config.opened = pause_server;
    app.ws_config.message = ignore_message;
    peer.config.opened = send_until_full;
    peer.config.drained = note_drained;
    peer.config.max_queued = 2 * BIG;
    peer_run(&peer);
    signal_wait(app.held, 1);
    signal_wait(peer.happened, 2);
    resume_task.run = resume_server;
    net_loop_post(ws_loop(paused_ws), &resume_task);
    peer_expect(&peer, "open 0 \nfull 0 \ndrained 0 \nclosed 1000 done\n");
    peer_finish(&peer);
}

static void pause_at_once(void *ctx, struct ws *ws)
{
    send_hello(ctx, ws);
    ws_pause(ws);
}

static void resume(struct net_task *task)
{
    struct peer *peer = container_of(task, struct peer, start);
    assert_int_equal(peer->log.len, strlen("open 0 \n"));
    ws_resume(peer->ws);
}

static void test_pause(void **state)
{
    (void)state;
    struct peer peer;
    peer_init(&peer, url_of("ws", "127.0.0.1", TCP));
    peer.config.opened = pause_at_once;
    peer_run(&peer);
    signal_wait(peer.happened, 1);
    peer.start.run = resume;
    net_loop_post(peer.loop, &peer.start);
    peer_expect(&peer, hello_log);
    peer_finish(&peer);
}

#define UPGRADE                                                                                    \
    "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"                 \
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Extensions: permessage-deflate\r\n"                \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

/* The frame comes right behind the request, before the answer. */
static void test_raw_handshake(void **state)
{
    (void)state;
    struct client client = client_open(&app);
    client_send(&client, UPGRADE "\x81\x83\x01\x01\x01\x01"
                                 "`cb");
    struct str answer = client_response(&client, true);
    assert_starts(answer, "HTTP/1.1 101 ");
    assert_contains(answer, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n");
    assert_contains(answer, "X-Test: ws\r\n");
    assert_null(memmem(answer.ptr, answer.len, "deflate", 7));
    shutdown(client.fd, SHUT_WR);
    assert_str_equal(client_rest(&client), "\x81\x03"
                                           "abc");
    client_close(&client);
    signal_wait(app.closed, 1);
    assert_int_equal(app.ws_code, WS_CLOSE_ABNORMAL);
}

static void test_protocol_error(void **state)
{
    (void)state;
    struct client client = client_open(&app);
    client_send(&client, UPGRADE "\x81\x01"
                                 "a");
    client_response(&client, true);
    assert_str_equal(client_rest(&client), "\x88\x02\x03\xea");
    client_close(&client);
    signal_wait(app.closed, 1);
    assert_int_equal(app.ws_code, WS_CLOSE_PROTOCOL);
}

static int set_up_pings(void **state)
{
    (void)state;
    app_init(&app);
    app.ws_config.ping_interval_ms = 50;
    app.ws_config.pong_timeout_ms = 300;
    app_start(&app, 1);
    return 0;
}

static void test_silent_peer_is_dropped(void **state)
{
    (void)state;
    struct client client = client_open(&app);
    client_send(&client, UPGRADE);
    client_response(&client, true);
    assert_starts(client_rest(&client), "\x89");
    client_close(&client);
    signal_wait(app.closed, 1);
    assert_int_equal(app.ws_code, WS_CLOSE_ABNORMAL);
}

static void close_after_pings(void *ctx, struct ws *ws)
{
    struct peer *peer = ctx;
    note(peer, "ping", 0, STR(""));
    if (peer->log.len > 50)
        ws_close(ws, WS_CLOSE_NORMAL, STR(""));
}

/* Answered pings keep a connection open for longer than the pong time-out. */
static void test_answered_pings(void **state)
{
    (void)state;
    struct peer peer;
    peer_init(&peer, url_of("ws", "127.0.0.1", TCP));
    peer.config.heard = close_after_pings;
    peer_run(&peer);
    net_loop_join(peer.loop);
    assert_contains(buf_str(&peer.log), "ping 0 \nping 0 \nping 0 \nping 0 \nping 0 \n");
    assert_contains(buf_str(&peer.log), "closed 1000 \n");
    peer_finish(&peer);
}

static void test_drain_says_going_away(void **state)
{
    (void)state;
    struct peer peer;
    peer_init(&peer, url_of("ws", "127.0.0.1", TCP));
    peer_run(&peer);
    signal_wait(peer.happened, 1);
    assert_true(http_server_drain(app.server, WAIT_MS));
    peer_expect(&peer, "open 0 \nclosed 1001 The server is shutting down\n");
    peer_finish(&peer);
}

static const struct {
    const char *url, *host, *path;
    unsigned port;
    bool tls;
} endpoints[] = {
    {"ws://h", "h", "", 80, false},
    {"https://h/x/y", "h", "/x/y", 443, true},
    {"wss://[::1]:99/", "::1", "/", 99, true},
    {"http://[::1]", "::1", "", 80, false},
    {"unix:/a:b/c", "/a:b/c", "", 0, false},
    {.url = "h:80"},
    {.url = "http://"},
    {.url = "http://:80"},
    {.url = "http://h:"},
    {.url = "http://h:0"},
    {.url = "http://h:65536"},
    {.url = "http://[::1"},
    {.url = "http://[::1]x:80"},
    {.url = "http://a]:80"},
    {.url = "unix:"},
};

static void test_endpoints(void **state)
{
    (void)state;
    for (size_t i = 0; i < countof(endpoints); i++) {
        struct ws_endpoint endpoint;
        struct str path;
        struct err err;
        bool ok = ws_endpoint_parse(str_from(endpoints[i].url), &endpoint, &path, &err);
        if (ok != (endpoints[i].host != NULL))
            fail_msg("%s", endpoints[i].url);
        if (!ok)
            continue;
        assert_string_equal(endpoint.host, endpoints[i].host);
        assert_str_equal(path, endpoints[i].path);
        assert_int_equal(endpoint.port, endpoints[i].port);
        assert_int_equal(endpoint.tls, endpoints[i].tls);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_endpoints),
        cmocka_unit_test_setup_teardown(test_plain, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_tls, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refusals, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_big_messages, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_too_big, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_queue_ceiling, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_pause, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_raw_handshake, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_protocol_error, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_silent_peer_is_dropped, set_up_pings, tear_down),
        cmocka_unit_test_setup_teardown(test_answered_pings, set_up_pings, tear_down),
        cmocka_unit_test_setup_teardown(test_drain_says_going_away, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
