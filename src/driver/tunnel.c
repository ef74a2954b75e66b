#include "driver/tunnel.h"

#include <sodium.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "driver/answer.h"
#include "driver/backoff.h"
#include "driver/ending.h"
#include "driver/routes.h"
#include "net/ws_client.h"

/* Below 1.0 means: answers one request at a time (section 3.2). It says which generation of
 * Cyberdriver we behave like; our own version has a header of its own. */
#define PROTOCOL_VERSION "0.0.39"

#define CONNECT_TIMEOUT_MS 20000
#define PING_INTERVAL_MS   20000
#define PONG_TIMEOUT_MS    20000
#define MESSAGE_MAX        (16u * 1024 * 1024)
#define QUEUE_MAX          (REPLY_BODY_MAX + 1024u * 1024)
/* With more than this waiting for a slow server, no further request is read. */
#define QUEUE_PAUSE (256u * 1024)

#define HEADERS_MAX   8
#define HOST_MAX      256
#define BEARER_PREFIX "Bearer "

enum state {
    STATE_IDLE,
    STATE_CONNECTING,
    STATE_CONNECTED,
    STATE_WAITING, /* for the time of the next attempt */
    STATE_CLOSING, /* stopped; the server has yet to answer our close frame */
    STATE_STOPPED,
    STATE_COUNT,
};

enum event {
    EVENT_START,
    EVENT_OPENED,
    EVENT_ENDED, /* an attempt failed or a connection closed; tunnel->ending says how */
    EVENT_TIMER,
    EVENT_STOP,
    EVENT_COUNT,
};

struct tunnel {
    struct net_loop *loop;
    struct tunnel_config config;
    enum state state;
    struct ws_client *client; /* while connecting */
    struct ws *ws;            /* while connected or closing */
    struct net_timer timer;
    struct backoff backoff;
    struct ending ending;
    int64_t connected_ms; /* since when; 0 while not connected */
    struct request_assembly assembly;
    char host[HOST_MAX];
    char *authorization; /* NULL without a secret */
};

/* --- the state machine --- */

typedef enum state transition_fn(struct tunnel *tunnel);

static transition_fn begin_attempt, note_open, after_ending, give_up_attempt, begin_close,
    finish_stopped;

/* What happens in which state, and to which state it leads (the function returns it). An event
 * without an entry is late news and ignored. */
static transition_fn *const transitions[STATE_COUNT][EVENT_COUNT] = {
    [STATE_IDLE] = {[EVENT_START] = begin_attempt, [EVENT_STOP] = finish_stopped},
    [STATE_CONNECTING] =
        {[EVENT_OPENED] = note_open, [EVENT_ENDED] = after_ending, [EVENT_STOP] = give_up_attempt},
    [STATE_CONNECTED] = {[EVENT_ENDED] = after_ending, [EVENT_STOP] = begin_close},
    [STATE_WAITING] = {[EVENT_TIMER] = begin_attempt, [EVENT_STOP] = finish_stopped},
    [STATE_CLOSING] = {[EVENT_ENDED] = finish_stopped},
};

static void handle(struct tunnel *tunnel, enum event event)
{
    transition_fn *transition = transitions[tunnel->state][event];
    if (transition)
        tunnel->state = transition(tunnel);
}

static enum state finish(struct tunnel *tunnel, enum tunnel_outcome outcome)
{
    timer_cancel(&tunnel->timer);
    request_assembly_reset(&tunnel->assembly);
    tunnel->config.stopped(tunnel->config.ctx, outcome);
    return STATE_STOPPED;
}

static enum state finish_stopped(struct tunnel *tunnel)
{
    return finish(tunnel, TUNNEL_STOPPED);
}

static enum state give_up_attempt(struct tunnel *tunnel)
{
    ws_client_cancel(tunnel->client);
    return finish(tunnel, TUNNEL_STOPPED);
}

static enum state begin_close(struct tunnel *tunnel)
{
    ws_close(tunnel->ws, WS_CLOSE_NORMAL, STR(""));
    return STATE_CLOSING;
}

static enum state note_open(struct tunnel *tunnel)
{
    tunnel->connected_ms = clock_monotonic_ms();
    log_info("driver.connected", LOG_CSTR("url", tunnel->config.options->url),
             LOG_STR("fingerprint", uuid_str(&tunnel->config.identity->fingerprint)));
    return STATE_CONNECTED;
}

static int64_t next_wait_ms(struct tunnel *tunnel)
{
    if (tunnel->ending.verdict == ENDING_WAIT)
        return tunnel->ending.wait_ms;
    if (tunnel->config.options->endpoint.port == 0)
        return BACKOFF_LOCAL_MS;
    return backoff_next_ms(&tunnel->backoff, randombytes_random());
}

static enum state after_ending(struct tunnel *tunnel)
{
    request_assembly_reset(&tunnel->assembly);
    if (tunnel->connected_ms)
        backoff_connected(&tunnel->backoff, clock_monotonic_ms() - tunnel->connected_ms);
    tunnel->connected_ms = 0;
    if (tunnel->ending.verdict == ENDING_REJECTED)
        return finish(tunnel, TUNNEL_REJECTED);
    if (tunnel->config.options->once)
        return finish(tunnel, TUNNEL_ENDED);
    timer_set(net_loop_timers(tunnel->loop), &tunnel->timer, next_wait_ms(tunnel));
    return STATE_WAITING;
}

/* --- what the WebSocket tells --- */

static void on_opened(void *ctx, struct ws *ws)
{
    struct tunnel *tunnel = ctx;
    tunnel->client = NULL;
    tunnel->ws = ws;
    handle(tunnel, EVENT_OPENED);
}

/* A unix socket that is not there yet is tried 20 times a second: that is not worth a line. */
static void on_failed(void *ctx, const struct ws_refusal *refusal)
{
    struct tunnel *tunnel = ctx;
    bool local = tunnel->config.options->endpoint.port == 0;
    log_write(local && refusal->status == 0 ? LOG_DEBUG : LOG_WARN, "driver.refused",
              (const struct log_field[]){
                  LOG_INT("status", refusal->status), LOG_CSTR("reason", refusal->reason), {0}});
    tunnel->client = NULL;
    tunnel->ending = ending_judge(refusal->status, STR_NULL);
    handle(tunnel, EVENT_ENDED);
}

static void on_closed(void *ctx, struct ws *ws UNUSED, int code, struct str reason)
{
    struct tunnel *tunnel = ctx;
    log_info("driver.disconnected", LOG_INT("code", code), LOG_STR("reason", reason));
    tunnel->ws = NULL;
    tunnel->ending = ending_judge(code, reason);
    handle(tunnel, EVENT_ENDED);
}

static void answer_request(struct tunnel *tunnel)
{
    const struct request *request = &tunnel->assembly.request;
    struct reply reply;
    reply_init(&reply);
    int64_t start_us = clock_monotonic_us();
    routes_handle(tunnel->config.desktop, request, &reply);
    log_debug("driver.request", LOG_CSTR("method", request->method),
              LOG_CSTR("path", request->path), LOG_INT("status", reply.status),
              LOG_INT("us", clock_monotonic_us() - start_us));
    if (!answer_send(tunnel->ws, request, &reply))
        ws_close(tunnel->ws, WS_CLOSE_INTERNAL, STR(""));
    else if (ws_queued(tunnel->ws) > QUEUE_PAUSE)
        ws_pause(tunnel->ws);
    reply_finish(&reply);
}

static void on_message(void *ctx, struct ws *ws, enum ws_opcode opcode, struct str payload)
{
    struct tunnel *tunnel = ctx;
    enum request_state state = opcode == WS_TEXT ? request_add_text(&tunnel->assembly, payload)
                                                 : request_add_bytes(&tunnel->assembly, payload);
    if (state == REQUEST_BROKEN)
        ws_close(ws, WS_CLOSE_INTERNAL, STR(""));
    if (state == REQUEST_COMPLETE) {
        answer_request(tunnel);
        request_assembly_reset(&tunnel->assembly);
    }
}

static void on_drained(void *ctx UNUSED, struct ws *ws)
{
    ws_resume(ws);
}

static const struct ws_config ws_config = {
    .max_message = MESSAGE_MAX,
    .max_queued = QUEUE_MAX,
    .ping_interval_ms = PING_INTERVAL_MS,
    .pong_timeout_ms = PONG_TIMEOUT_MS,
    .opened = on_opened,
    .message = on_message,
    .drained = on_drained,
    .closed = on_closed,
};

/* --- connecting --- */

static void add_header(struct http_header *headers, size_t *count, struct str name,
                       const char *value)
{
    if (value && value[0])
        headers[(*count)++] = (struct http_header){name, str_from(value)};
}

static enum state begin_attempt(struct tunnel *tunnel)
{
    const struct options *options = tunnel->config.options;
    struct http_header headers[HEADERS_MAX];
    size_t count = 0;
    add_header(headers, &count, STR("Authorization"), tunnel->authorization);
    add_header(headers, &count, STR("X-PIGLET-FINGERPRINT"),
               tunnel->config.identity->fingerprint.text);
    add_header(headers, &count, STR("X-PIGLET-VERSION"), PROTOCOL_VERSION);
    add_header(headers, &count, STR("X-Deskfleet-Driver"), DESKFLEET_VERSION);
    add_header(headers, &count, STR("X-Piglet-Hostname"), tunnel->host);
    add_header(headers, &count, STR("X-Cyberdriver-Name"), options->name);

    tunnel->client = ws_client_connect(tunnel->loop, &(struct ws_client_options){
                                                         .endpoint = options->endpoint,
                                                         .target = str_from(options->target),
                                                         .headers = headers,
                                                         .header_count = count,
                                                         .tls = tunnel->config.tls,
                                                         .connect_timeout_ms = CONNECT_TIMEOUT_MS,
                                                         .config = &ws_config,
                                                         .ctx = tunnel,
                                                         .failed = on_failed,
                                                     });
    return STATE_CONNECTING;
}

static void on_timer(struct net_timer *timer)
{
    handle(container_of(timer, struct tunnel, timer), EVENT_TIMER);
}

static char *bearer(const char *secret)
{
    size_t size = sizeof(BEARER_PREFIX) + strlen(secret);
    char *text = mem_zalloc(size);
    snprintf(text, size, BEARER_PREFIX "%s", secret);
    return text;
}

struct tunnel *tunnel_create(struct net_loop *loop, const struct tunnel_config *config)
{
    struct tunnel *tunnel = MEM_NEW(struct tunnel);
    tunnel->loop = loop;
    tunnel->config = *config;
    timer_init(&tunnel->timer, on_timer);
    request_assembly_init(&tunnel->assembly);
    if (gethostname(tunnel->host, sizeof(tunnel->host) - 1) != 0)
        tunnel->host[0] = '\0';
    if (config->options->secret)
        tunnel->authorization = bearer(config->options->secret);
    return tunnel;
}

void tunnel_destroy(struct tunnel *tunnel)
{
    if (!tunnel)
        return;
    request_assembly_reset(&tunnel->assembly);
    free(tunnel->authorization);
    free(tunnel);
}

void tunnel_start(struct tunnel *tunnel)
{
    handle(tunnel, EVENT_START);
}

void tunnel_stop(struct tunnel *tunnel)
{
    handle(tunnel, EVENT_STOP);
}
