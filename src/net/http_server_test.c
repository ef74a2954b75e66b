#include "net/http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/macros.h"
#include "net/net_test.h"

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"

static struct app app;

static int set_up(void **state)
{
    (void)state;
    app_init(&app);
    app_start(&app, 2);
    return 0;
}

/* Time-outs that a test can wait for. */
static int set_up_impatient(void **state)
{
    (void)state;
    app_init(&app);
    app.limits.header_timeout_ms = 100;
    app.limits.body_stall_ms = 100;
    app.limits.idle_timeout_ms = 100;
    app.limits.write_stall_ms = 200;
    app.limits.max_connections = 3;
    app_start(&app, 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    app_finish(&app);
    return 0;
}

/* Sends one text on a connection of its own; returns all that comes back, in a static buffer. */
static struct str exchange(const char *text, bool half_close)
{
    static char all[4 * 1024 * 1024];
    struct client client = client_open(&app);
    client_send(&client, text);
    if (half_close)
        shutdown(client.fd, SHUT_WR);
    struct str rest = client_rest(&client);
    assert_true(rest.len <= sizeof(all));
    memcpy(all, rest.ptr, rest.len);
    client_close(&client);
    return str_of(all, rest.len);
}

static void test_keep_alive(void **state)
{
    (void)state;
    struct client client = client_open(&app);
    for (int i = 0; i < 3; i++) {
        client_send(&client, GET("/a?b"));
        struct str response = client_response(&client, false);
        assert_starts(response, "HTTP/1.1 200 OK\r\nDate: ");
        assert_contains(response, "Content-Length: 11\r\n");
        assert_contains(response, "X-Test: a??b\r\n");
        assert_contains(response, "\r\n\r\nGET /a?b []");
    }
    client_close(&client);
}

static void test_bytes_one_by_one(void **state)
{
    (void)state;
    static const char text[] = "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";
    struct client client = client_open(&app);
    for (const char *c = text; *c; c++)
        client_send(&client, (char[]){*c, '\0'});
    assert_contains(client_response(&client, false), "POST /a [abc]");
    client_close(&client);
}

static void test_connection_header(void **state)
{
    (void)state;
    struct str answer =
        exchange("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" GET("/2"), false);
    assert_contains(answer, "Connection: close\r\n");
    assert_null(memmem(answer.ptr, answer.len, "/2", 2));
    assert_contains(exchange("GET / HTTP/1.0\r\n\r\n", false), "Connection: close\r\n");
    struct client client = client_open(&app);
    for (int i = 0; i < 2; i++) {
        client_send(&client, "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        assert_contains(client_response(&client, false), "Connection: keep-alive\r\n");
    }
    client_close(&client);
}

/* Answers from other threads keep the order of the requests. */
static void test_pipelining(void **state)
{
    (void)state;
    struct client client = client_open(&app);
    client_send(&client,
                GET("/later?1") "POST /later?2 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n"
                                "\r\nxy" GET("/3") GET("/later?4"));
    assert_contains(client_response(&client, false), "GET /later?1 []");
    assert_contains(client_response(&client, false), "POST /later?2 [xy]");
    assert_contains(client_response(&client, false), "GET /3 []");
    assert_contains(client_response(&client, false), "GET /later?4 []");
    client_close(&client);
}

static void test_deep_pipeline(void **state)
{
    (void)state;
    static char text[200 * 1024];
    size_t len = 0, count = 4000;
    for (size_t i = 0; i < count; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, GET("/%zu"), i);
    struct client client = client_open(&app);
    client_send(&client, text);
    for (size_t i = 0; i < count; i++) {
        char expected[32];
        snprintf(expected, sizeof(expected), "GET /%zu []", i);
        assert_contains(client_response(&client, false), expected);
    }
    client_close(&client);
}

static void test_chunked_request(void **state)
{
    (void)state;
    assert_contains(exchange("POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
                             "Connection: close\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n0\r\nA: b\r\n\r\n",
                             false),
                    "POST /a [abcde]");
    assert_starts(exchange("POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                           "3\r\nabcd\r\n0\r\n\r\n",
                           false),
                  "HTTP/1.1 400 ");
}

static void test_head_and_empty(void **state)
{
    (void)state;
    struct client client = client_open(&app);
    client_send(&client, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n" GET("/empty") GET("/"));
    assert_contains(client_response(&client, true), "Content-Length: 9\r\n");
    struct str empty = client_response(&client, false);
    assert_starts(empty, "HTTP/1.1 204 No Content\r\n");
    assert_null(memmem(empty.ptr, empty.len, "Content-Length", 14));
    assert_contains(client_response(&client, false), "GET / []");
    client_close(&client);
}

static void test_continue(void **state)
{
    (void)state;
    struct client client = client_open(&app);
    client_send(&client, "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                         "Content-Length: 3\r\n\r\n");
    assert_starts(client_response(&client, true), "HTTP/1.1 100 Continue\r\n\r\n");
    client_send(&client, "abc");
    assert_contains(client_response(&client, false), "POST / [abc]");
    client_close(&client);
    assert_starts(exchange("POST /small HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                           "Content-Length: 5\r\n\r\n",
                           false),
                  "HTTP/1.1 413 ");
}

static const struct {
    const char *text;
    const char *answer;
} refused[] = {
    {"\x16\x03\x01\x02", "HTTP/1.1 400 "},
    {"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 400 "},
    {"GET / HTTP/1.1\nHost: a\n\n", "HTTP/1.1 400 "},
    {"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400 "},
    {"GET / HTTP/3.0\r\nHost: a\r\n\r\n", "HTTP/1.1 505 "},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: "
     "chunked\r\n\r\n0\r\n\r\n"
     "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n",
     "HTTP/1.1 400 "},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 0\r\n\r\nGET /s",
     "HTTP/1.1 400 "},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", "HTTP/1.1 501 "},
    {"POST /small HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcde", "HTTP/1.1 413 "},
    {"POST /small HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde",
     "HTTP/1.1 413 "},
    {"POST / HTTP/1.1\r\nHost: a\r\nExpect: x\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 417 "},
    {"POST /refuse HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 403 "},
};

static void test_refusals_close(void **state)
{
    (void)state;
    for (size_t i = 0; i < countof(refused); i++) {
        struct str answer = exchange(refused[i].text, false);
        assert_starts(answer, refused[i].answer);
        assert_contains(answer, "Connection: close\r\n");
        /* One answer only. */
        assert_null(memmem(answer.ptr + 1, answer.len - 1, "HTTP/1.1 4", 10));
    }
}

static void test_refusal_without_a_body_keeps_the_connection(void **state)
{
    (void)state;
    struct client client = client_open(&app);
    client_send(&client, GET("/refuse") GET("/"));
    assert_starts(client_response(&client, false), "HTTP/1.1 403 Forbidden\r\n");
    assert_contains(client_response(&client, false), "GET / []");
    client_close(&client);
}

static void test_long_heads(void **state)
{
    (void)state;
    static char text[64 * 1024];
    memset(text, 'a', sizeof(text) - 1);
    memcpy(text, "GET /", 5);
    assert_starts(exchange(text, false), "HTTP/1.1 414 ");
    memcpy(text, "GET / HTTP/1.1\r\nHost: a\r\nX: ", 28);
    assert_starts(exchange(text, false), "HTTP/1.1 431 ");
}

static void test_half_close(void **state)
{
    (void)state;
    struct str answer = exchange(GET("/later") GET("/later?2"), true);
    assert_contains(answer, "GET /later []");
    assert_contains(answer, "GET /later?2 []");
}

static void test_client_leaves_while_handled(void **state)
{
    (void)state;
    struct client client = client_open(&app);
    struct linger hard = {.l_onoff = 1};
    client_send(&client, GET("/hold"));
    signal_wait(app.held, 1);
    setsockopt(client.fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    client_close(&client);
    http_respond(app.hold[0], &(struct http_response){.status = 200, .body = STR("nobody")});
    assert_contains(exchange("GET / HTTP/1.0\r\n\r\n", false), "GET / []");
}

static void test_stream(void **state)
{
    (void)state;
    struct client client = client_open(&app);
    client_send(&client, GET("/stream?2"));
    assert_contains(client_response(&client, true), "Transfer-Encoding: chunked\r\n");
    shutdown(client.fd, SHUT_WR);
    struct str body = client_rest(&client);
    assert_starts(body, "3e8\r\nx");
    assert_int_equal(body.len, 2 * (5 + 1000 + 2) + 5);
    assert_true(str_ends_with(body, STR("\r\n0\r\n\r\n")));
    client_close(&client);
    signal_wait(app.closed, 1);
    assert_true(app.stream_complete);
}

static void test_stream_to_http_1_0(void **state)
{
    (void)state;
    struct str answer = exchange("GET /stream?3000 HTTP/1.0\r\n\r\n", false);
    assert_contains(answer, "Connection: close\r\n");
    assert_null(memmem(answer.ptr, answer.len, "chunked", 7));
    signal_wait(app.closed, 1);
    assert_true(app.stream_complete);
}

/* An endless stream to a client that does not read is paused, and ends when the client is gone. */
static void test_stream_back_pressure(void **state)
{
    (void)state;
    struct client client = client_open(&app);
    client_send(&client, GET("/endless"));
    client_response(&client, true);
    struct http_server_stats before = {0}, after;
    do {
        after = before;
        struct client other = client_open(&app);
        client_send(&other, GET("/"));
        client_response(&other, false);
        client_close(&other);
        http_server_stats_read(app.server, &before);
    } while (before.bytes_out - after.bytes_out > 10000);
    assert_true(after.bytes_out < 64 * 1024 * 1024);
    client_close(&client);
    signal_wait(app.closed, 1);
    assert_false(app.stream_complete);
}

static void test_unix_socket(void **state)
{
    (void)state;
    struct client client = client_open_unix(&app);
    client_send(&client, GET("/later"));
    assert_contains(client_response(&client, false), "GET /later []");
    client_close(&client);
}

static SSL *tls_connect(SSL_CTX *ctx, int fd)
{
    SSL *ssl = SSL_new(ctx);
    SSL_set_fd(ssl, fd);
    SSL_set1_host(ssl, "127.0.0.1");
    SSL_set_verify(ssl, SSL_VERIFY_PEER, NULL);
    assert_int_equal(SSL_connect(ssl), 1);
    return ssl;
}

static size_t tls_read_all(SSL *ssl, char *bytes, size_t size)
{
    size_t total = 0, len;
    while (total < size && SSL_read_ex(ssl, bytes + total, size - total, &len) == 1)
        total += len;
    return total;
}

static void exchange_tls(int version)
{
    static char answer[4 * 1024 * 1024];
    static const char text[] = GET("/later")
        GET("/stream?3000") "GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(app_port(&app, TLS))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const struct timeval deadline = {.tv_sec = WAIT_MS / 1000};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof(deadline));
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_max_proto_version(ctx, version);
    assert_int_equal(SSL_CTX_load_verify_file(ctx, app.cert), 1);
    SSL *ssl = tls_connect(ctx, fd);
    assert_int_equal(SSL_version(ssl), version);
    assert_int_equal(SSL_write(ssl, text, sizeof(text) - 1), sizeof(text) - 1);
    size_t len = tls_read_all(ssl, answer, sizeof(answer));
    assert_contains(str_of(answer, len), "GET /later []");
    assert_contains(str_of(answer, len), "GET /last []");
    assert_true(len > 3000 * 1000);
    /* The end is TLS's own, not a cut. */
    assert_int_equal(SSL_get_shutdown(ssl), SSL_RECEIVED_SHUTDOWN);
    SSL_free(ssl);
    SSL_CTX_free(ctx);
    close(fd);
}

static void test_tls(void **state)
{
    (void)state;
    exchange_tls(TLS1_3_VERSION);
    exchange_tls(TLS1_2_VERSION);
}

static void test_slow_head(void **state)
{
    (void)state;
    assert_starts(exchange("GET / HTTP/1.1\r\nHos", false), "HTTP/1.1 408 ");
    assert_int_equal(exchange("", false).len, 0);
}

static void test_slow_body(void **state)
{
    (void)state;
    assert_starts(exchange("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab", false),
                  "HTTP/1.1 408 ");
}

static void test_idle_is_closed(void **state)
{
    (void)state;
    struct str answer = exchange(GET("/"), false);
    assert_true(str_ends_with(answer, STR("GET / []")));
}

static void test_reader_that_stalls_is_cut_off(void **state)
{
    (void)state;
    struct client client = client_open(&app);
    client_send(&client, GET("/endless"));
    signal_wait(app.closed, 1);
    assert_false(app.stream_complete);
    struct http_server_stats stats;
    http_server_stats_read(app.server, &stats);
    assert_int_equal(stats.timeouts, 1);
    client_close(&client);
}

static void test_too_many_connections(void **state)
{
    (void)state;
    struct client clients[3];
    for (unsigned i = 0; i < countof(clients); i++) {
        clients[i] = client_open(&app);
        client_send(&clients[i], GET("/hold"));
        signal_wait(app.held, i + 1);
    }
    assert_starts(exchange("", false), "HTTP/1.1 503 ");
    for (unsigned i = 0; i < countof(clients); i++) {
        http_respond(app.hold[i], &(struct http_response){.status = 200, .body = STR("")});
        client_response(&clients[i], false);
        client_close(&clients[i]);
    }
}

/* Idle connections are closed at once; the request in flight is answered first. */
static void test_drain(void **state)
{
    (void)state;
    struct client idle = client_open(&app), busy = client_open(&app);
    client_send(&idle, GET("/"));
    client_response(&idle, false);
    client_send(&busy, GET("/hold"));
    signal_wait(app.held, 1);
    assert_false(http_server_drain(app.server, 1));
    assert_int_equal(client_rest(&idle).len, 0);
    http_respond(app.hold[0], &(struct http_response){.status = 200, .body = STR("at last")});
    struct str answer = client_rest(&busy);
    assert_contains(answer, "Connection: close\r\n");
    assert_contains(answer, "at last");
    client_close(&idle);
    client_close(&busy);
    assert_true(http_server_drain(app.server, WAIT_MS));
}

static void test_address_in_use(void **state)
{
    (void)state;
    struct err err;
    char address[32];
    snprintf(address, sizeof(address), "127.0.0.1:%u", app_port(&app, TCP));
    const char *const addresses[] = {address, app.unix_address, "nonsense", "127.0.0.1:99999"};
    for (size_t i = 0; i < countof(addresses); i++) {
        const struct http_listener listener = {.address = addresses[i]};
        const struct http_server_config config = {
            .listeners = &listener, .listener_count = 1, .threads = 2};
        assert_null(http_server_create(&config, &err));
        assert_non_null(strstr(err.message, addresses[i] + (i == 1 ? 5 : 0)));
    }
    test_unix_socket(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_keep_alive, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bytes_one_by_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_connection_header, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_pipelining, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_deep_pipeline, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_chunked_request, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_head_and_empty, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_continue, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refusals_close, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refusal_without_a_body_keeps_the_connection, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_long_heads, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_half_close, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_client_leaves_while_handled, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stream, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stream_to_http_1_0, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stream_back_pressure, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unix_socket, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_tls, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_slow_head, set_up_impatient, tear_down),
        cmocka_unit_test_setup_teardown(test_slow_body, set_up_impatient, tear_down),
        cmocka_unit_test_setup_teardown(test_idle_is_closed, set_up_impatient, tear_down),
        cmocka_unit_test_setup_teardown(test_reader_that_stalls_is_cut_off, set_up_impatient,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_too_many_connections, set_up_impatient, tear_down),
        cmocka_unit_test_setup_teardown(test_drain, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_address_in_use, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
