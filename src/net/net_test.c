#include "net/net_test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/macros.h"
#include "base/mem.h"

/* --- Signals --- */

struct signal {
    pthread_mutex_t lock;
    pthread_cond_t raised;
    unsigned count;
};

struct signal *signal_create(void)
{
    struct signal *signal = MEM_NEW(struct signal);
    pthread_mutex_init(&signal->lock, NULL);
    pthread_cond_init(&signal->raised, NULL);
    return signal;
}

void signal_destroy(struct signal *signal)
{
    pthread_cond_destroy(&signal->raised);
    pthread_mutex_destroy(&signal->lock);
    free(signal);
}

void signal_raise(struct signal *signal)
{
    pthread_mutex_lock(&signal->lock);
    signal->count++;
    pthread_cond_broadcast(&signal->raised);
    pthread_mutex_unlock(&signal->lock);
}

void signal_wait(struct signal *signal, unsigned count)
{
    int64_t end = clock_monotonic_ms() + WAIT_MS;
    const struct timespec deadline = {end / 1000, end % 1000 * 1000000};
    int error = 0;
    pthread_mutex_lock(&signal->lock);
    while (signal->count < count && error == 0)
        error = pthread_cond_clockwait(&signal->raised, &signal->lock, CLOCK_MONOTONIC, &deadline);
    pthread_mutex_unlock(&signal->lock);
    assert_int_equal(error, 0);
}

/* --- A certificate for localhost and 127.0.0.1, signed by itself --- */

static void add_extension(X509 *cert, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    assert_non_null(extension);
    X509_add_ext(cert, extension, -1);
    X509_EXTENSION_free(extension);
}

static void make_certificate(const struct app *app)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    X509_set_version(cert, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), -60);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_set_pubkey(cert, key);
    X509_NAME *name = X509_get_subject_name(cert);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1,
                               0);
    X509_set_issuer_name(cert, name);
    add_extension(cert, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
    add_extension(cert, NID_basic_constraints, "critical,CA:TRUE");
    X509_sign(cert, key, EVP_sha256());
    FILE *file = fopen(app->cert, "w");
    PEM_write_X509(file, cert);
    fclose(file);
    file = fopen(app->key, "w");
    PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
    fclose(file);
    X509_free(cert);
    EVP_PKEY_free(key);
}

/* --- The application --- */

static size_t on_admit(void *ctx, const struct http_request *request, int *ret_refuse_status)
{
    (void)ctx;
    if (str_eq(request->path, STR("/refuse")))
        *ret_refuse_status = 403;
    return str_eq(request->path, STR("/small")) ? 4 : 1024 * 1024;
}

static void on_error(void *ctx, int status, const char *reason, const struct http_request *request,
                     struct arena *arena, struct http_response *ret_response)
{
    (void)ctx;
    ret_response->body = arena_printf(arena, "%d %s%s", status, reason, request ? " (known)" : "");
}

static void answer(struct http_exchange *exchange)
{
    static const struct http_header headers[] = {{{"X-Test", 6}, {"a\r\nb", 4}}};
    const struct http_request *request = http_exchange_request(exchange);
    struct str body =
        arena_printf(http_exchange_arena(exchange), "%.*s %.*s [%.*s]", STR_FMT(request->method),
                     STR_FMT(request->target), STR_FMT(request->body));
    int status = str_eq(request->path, STR("/empty")) ? 204 : 200;
    http_respond(exchange, &(struct http_response){status, headers, countof(headers), body});
}

static void *answer_on_a_thread(void *exchange)
{
    answer(exchange);
    return NULL;
}

static void answer_later(struct app *app, struct http_exchange *exchange)
{
    (void)app;
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    assert_int_equal(pthread_create(&thread, &attributes, answer_on_a_thread, exchange), 0);
    pthread_attr_destroy(&attributes);
}

static void hold(struct app *app, struct http_exchange *exchange)
{
    assert_true(app->hold_count < countof(app->hold));
    app->hold[app->hold_count++] = exchange;
    signal_raise(app->held);
}

/* /stream?N: N blocks of 1000 bytes; /endless: until the client is gone. */
static void pull(void *ctx, struct http_exchange *exchange)
{
    static const char block[1000] = {'x'};
    struct app *app = ctx;
    const struct http_request *request = http_exchange_request(exchange);
    int64_t blocks = INT64_MAX;
    if (!str_is_null(request->query))
        assert_true(str_to_i64(request->query, &blocks));
    if ((int64_t)app->stream_written >= blocks) {
        http_stream_end(exchange);
        return;
    }
    app->stream_written++;
    assert_true(http_stream_write(exchange, str_of(block, sizeof(block))));
}

static void on_stream_closed(void *ctx, struct http_exchange *exchange, bool complete)
{
    (void)exchange;
    struct app *app = ctx;
    app->stream_complete = complete;
    signal_raise(app->closed);
}

static void stream(struct app *app, struct http_exchange *exchange)
{
    static const struct http_stream_ops ops = {pull, on_stream_closed};
    app->stream_written = 0;
    http_respond_stream(exchange, &(struct http_response){.status = 200}, &ops, app);
}

static void upgrade(struct app *app, struct http_exchange *exchange)
{
    static const struct http_header headers[] = {{{"X-Test", 6}, {"ws", 2}}};
    if (http_is_websocket_upgrade(http_exchange_request(exchange)))
        http_respond_websocket(exchange, headers, countof(headers), &app->ws_config, app);
    else
        http_respond(exchange, &(struct http_response){.status = 426, .body = STR("")});
}

static void answer_now(struct app *app, struct http_exchange *exchange)
{
    (void)app;
    answer(exchange);
}

static void on_request(void *ctx, struct http_exchange *exchange)
{
    static const struct {
        struct str path;
        void (*handle)(struct app *app, struct http_exchange *exchange);
    } routes[] = {
        {{"/later", 6}, answer_later}, {{"/hold", 5}, hold},  {{"/stream", 7}, stream},
        {{"/endless", 8}, stream},     {{"/ws", 3}, upgrade},
    };
    struct str path = http_exchange_request(exchange)->path;
    void (*handle)(struct app *, struct http_exchange *) = answer_now;
    for (size_t i = 0; i < countof(routes); i++) {
        if (str_eq(path, routes[i].path))
            handle = routes[i].handle;
    }
    handle(ctx, exchange);
}

static void echo(void *ctx, struct ws *ws, enum ws_opcode opcode, struct str payload)
{
    (void)ctx;
    if (str_eq(payload, STR("close me")))
        ws_close(ws, 4001, STR("as you wish"));
    else
        assert_true(ws_send(ws, opcode, payload));
}

static void on_ws_closed(void *ctx, struct ws *ws, int code, struct str reason)
{
    (void)ws;
    (void)reason;
    struct app *app = ctx;
    app->ws_code = code;
    signal_raise(app->closed);
}

void app_init(struct app *app)
{
    *app = (struct app){.limits = http_limits_default, .dir = "/tmp/net_test.XXXXXX"};
    assert_non_null(mkdtemp(app->dir));
    snprintf(app->cert, sizeof(app->cert), "%s/cert.pem", app->dir);
    snprintf(app->key, sizeof(app->key), "%s/key.pem", app->dir);
    snprintf(app->unix_address, sizeof(app->unix_address), "unix:%s/socket", app->dir);
    app->held = signal_create();
    app->closed = signal_create();
    app->ws_config = (struct ws_config){.max_message = 1024 * 1024,
                                        .max_queued = 4 * 1024 * 1024,
                                        .message = echo,
                                        .closed = on_ws_closed};
    make_certificate(app);
}

void app_start(struct app *app, unsigned threads)
{
    struct err err;
    static struct http_listener listeners[3];
    listeners[TCP] = (struct http_listener){"127.0.0.1:0", TCP, false};
    listeners[TLS] = (struct http_listener){"127.0.0.1:0", TLS, true};
    listeners[UNIX] = (struct http_listener){app->unix_address, UNIX, false};
    const struct http_server_config config = {
        .listeners = listeners,
        .listener_count = countof(listeners),
        .threads = threads,
        .tls_cert_file = app->cert,
        .tls_key_file = app->key,
        .limits = app->limits,
        .callbacks = {.admit = on_admit, .request = on_request, .error = on_error},
        .ctx = app,
    };
    app->server = http_server_create(&config, &err);
    if (!app->server || !http_server_start(app->server, &err))
        fail_msg("%s", err.message);
}

void app_finish(struct app *app)
{
    http_server_destroy(app->server);
    signal_destroy(app->held);
    signal_destroy(app->closed);
    assert_int_equal(unlink(app->cert), 0);
    assert_int_equal(unlink(app->key), 0);
    assert_int_equal(rmdir(app->dir), 0);
}

uint16_t app_port(const struct app *app, int listener)
{
    return http_server_bound_port(app->server, (size_t)listener);
}

/* --- The client --- */

static struct client connect_to(const struct sockaddr *address, socklen_t size)
{
    struct client client = {.fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    const struct timeval deadline = {.tv_sec = WAIT_MS / 1000};
    buf_init(&client.in, 64 * 1024 * 1024);
    setsockopt(client.fd, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof(deadline));
    setsockopt(client.fd, SOL_SOCKET, SO_SNDTIMEO, &deadline, sizeof(deadline));
    assert_int_equal(connect(client.fd, address, size), 0);
    return client;
}

struct client client_open(const struct app *app)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(app_port(app, TCP))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return connect_to((const struct sockaddr *)&address, sizeof(address));
}

struct client client_open_unix(const struct app *app)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/socket", app->dir);
    return connect_to((const struct sockaddr *)&address, sizeof(address));
}

void client_close(struct client *client)
{
    close(client->fd);
    buf_finish(&client->in);
}

void client_send(struct client *client, const char *text)
{
    struct str rest = str_from(text);
    while (rest.len > 0) {
        ssize_t sent = send(client->fd, rest.ptr, rest.len, MSG_NOSIGNAL);
        assert_true(sent > 0);
        rest = str_slice(rest, (size_t)sent, rest.len);
    }
}

/* False at the end of the stream; a time-out fails the test. */
static bool receive(struct client *client)
{
    assert_true(buf_reserve(&client->in, 16384));
    ssize_t len = recv(client->fd, client->in.ptr + client->in.len, 16384, 0);
    if (len < 0)
        fail_msg("nothing came; so far: %.*s", STR_FMT(buf_str(&client->in)));
    client->in.len += (size_t)len;
    return len > 0;
}

static size_t content_length(struct str head)
{
    static const char name[] = "Content-Length: ";
    const char *at = memmem(head.ptr, head.len, name, sizeof(name) - 1);
    return at ? strtoul(at + sizeof(name) - 1, NULL, 10) : 0;
}

struct str client_response(struct client *client, bool is_head)
{
    static char response[70000];
    const char *end;
    while (!(end = memmem(client->in.ptr ? client->in.ptr : "", client->in.len, "\r\n\r\n", 4)))
        assert_true(receive(client));
    size_t len = (size_t)(end - client->in.ptr) + 4;
    len += is_head ? 0 : content_length(str_of(client->in.ptr, len));
    while (client->in.len < len)
        assert_true(receive(client));
    assert_true(len <= sizeof(response));
    memcpy(response, client->in.ptr, len);
    buf_consume(&client->in, len);
    return str_of(response, len);
}

struct str client_rest(struct client *client)
{
    while (receive(client))
        continue;
    return buf_str(&client->in);
}

void assert_contains(struct str text, const char *part)
{
    if (!memmem(text.ptr, text.len, part, strlen(part)))
        fail_msg("\"%s\" is not in: %.*s", part, STR_FMT(text));
}

void assert_starts(struct str text, const char *start)
{
    if (!str_starts_with(text, str_from(start)))
        fail_msg("no \"%s\" at the start of: %.*s", start, STR_FMT(text));
}
