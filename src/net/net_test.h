/* What the tests over real sockets share: a certificate, a server with a small application, and a
 * blocking client. Every wait ends after 10 s with a failed test. */
#ifndef NET_NET_TEST_H
#define NET_NET_TEST_H

#include "base/test.h"

#include "base/buf.h"
#include "net/http_server.h"

#define WAIT_MS 10000

/* A flag another thread raises. */
struct signal;
struct signal *signal_create(void);
void signal_destroy(struct signal *signal);
void signal_raise(struct signal *signal);
/* Waits for `count` raises since the creation. */
void signal_wait(struct signal *signal, unsigned count);

struct app {
    struct http_server *server;
    struct http_limits limits;
    char dir[64]; /* of the certificate and the unix socket */
    char cert[96], key[96], unix_address[96];
    struct signal *held;   /* a /hold request has come */
    struct signal *closed; /* a stream or a WebSocket has ended */
    struct http_exchange *hold[3];
    unsigned hold_count;
    bool stream_complete;
    size_t stream_written;
    int ws_code;
    struct ws_config ws_config;
};

enum { TCP, TLS, UNIX }; /* the application's listeners */

/* `threads` network threads. Change app->limits and app->ws_config between the two. */
void app_init(struct app *app);
void app_start(struct app *app, unsigned threads);
void app_finish(struct app *app);
uint16_t app_port(const struct app *app, int listener);

/* --- A blocking client --- */

struct client {
    int fd;
    struct buf in;
};

struct client client_open(const struct app *app);
struct client client_open_unix(const struct app *app);
void client_close(struct client *client);
void client_send(struct client *client, const char *text);
/* The next response up to its end, by Content-Length; valid until the next call. */
struct str client_response(struct client *client, bool is_head);
/* All that comes until the server closes. */
struct str client_rest(struct client *client);
void assert_contains(struct str text, const char *part);
void assert_starts(struct str text, const char *start);

#endif
