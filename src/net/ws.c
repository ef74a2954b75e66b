#include "net/ws.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "net/ws_frame.h"
#include "net/ws_internal.h"

/* How long the peer may take to answer a close frame and to close its side. */
#define CLOSE_TIMEOUT_MS 3000
#define REASON_MAX       (WS_CONTROL_MAX - 2)
/* Masked without a heap block. */
#define SMALL_FRAME 512

struct ws {
    struct net_loop *loop;
    struct stream *stream;
    const struct ws_config *config;
    void *ctx;
    void (*released)(void *owner);
    void *owner;
    struct ws_decoder decoder;
    struct buf held; /* bytes read but not wanted yet: at most one read */
    struct net_timer timer;
    struct net_parked parked;
    int64_t heard_ms; /* the last byte of the peer */
    int64_t pinged_ms;
    char *close_reason;
    int close_code; /* 0 while open */
    bool is_client;
    bool close_sent;
    bool deaf; /* input is thrown away: the peer has closed, or broke the protocol */
    bool paused;
    bool processing;
    bool ping_out;     /* a ping has no answer yet */
    bool want_drained; /* something had to wait */
    bool finished;
};

void ws_accept_of(struct str key, char accept[WS_ACCEPT_SIZE])
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    unsigned char text[64 + sizeof(guid)], digest[SHA_DIGEST_LENGTH];
    size_t len = MIN_OF(key.len, 64u);
    memcpy(text, key.ptr, len);
    memcpy(text + len, guid, sizeof(guid) - 1);
    SHA1(text, len + sizeof(guid) - 1, digest);
    EVP_EncodeBlock((unsigned char *)accept, digest, sizeof(digest));
}

static int64_t now_ms(const struct ws *ws)
{
    return (int64_t)uv_now(net_loop_uv(ws->loop));
}

/* --- The end --- */

static void free_ws(struct net_parked *parked)
{
    struct ws *ws = container_of(parked, struct ws, parked);
    ws_decoder_finish(&ws->decoder);
    buf_finish(&ws->held);
    free(ws->close_reason);
    free(ws);
}

static void finish(struct ws *ws)
{
    if (ws->finished)
        return;
    ws->finished = true;
    timer_cancel(&ws->timer);
    stream_close(ws->stream);
    int code = ws->close_code ? ws->close_code : WS_CLOSE_ABNORMAL;
    struct str reason = ws->close_reason ? str_from(ws->close_reason) : STR("");
    ws->config->closed(ws->ctx, ws, code, reason);
    if (ws->released)
        ws->released(ws->owner);
    ws->parked.free_parked = free_ws;
    net_loop_park(ws->loop, &ws->parked);
}

void ws_abort(struct ws *ws)
{
    ws->close_code = WS_CLOSE_ABNORMAL;
    finish(ws);
}

static void note_close(struct ws *ws, int code, struct str reason)
{
    free(ws->close_reason);
    ws->close_code = code;
    ws->close_reason = mem_strndup(reason.ptr ? reason.ptr : "", reason.len);
}

/* --- Sending --- */

/* A client must hide what it sends from proxies that guess (RFC 6455 section 10.3). */
static void send_masked(struct ws *ws, enum ws_opcode opcode, struct str payload)
{
    unsigned char head[WS_HEAD_MAX], mask[4];
    char small[SMALL_FRAME];
    char *copy = payload.len <= sizeof(small) ? small : mem_realloc(NULL, payload.len);
    RAND_bytes(mask, sizeof(mask));
    if (payload.len > 0)
        memcpy(copy, payload.ptr, payload.len);
    ws_mask(copy, payload.len, mask, 0);
    const struct str pieces[] = {
        str_of(head, ws_encode_head(head, opcode, payload.len, mask)),
        str_of(copy, payload.len),
    };
    stream_send(ws->stream, pieces, countof(pieces));
    if (copy != small)
        free(copy);
}

static void send_frame(struct ws *ws, enum ws_opcode opcode, struct str payload)
{
    if (ws->is_client) {
        send_masked(ws, opcode, payload);
    } else {
        unsigned char head[WS_HEAD_MAX];
        const struct str pieces[] = {
            str_of(head, ws_encode_head(head, opcode, payload.len, NULL)),
            payload,
        };
        stream_send(ws->stream, pieces, countof(pieces));
    }
    ws->want_drained |= stream_queued(ws->stream) > 0;
}

static bool may_queue(const struct ws *ws, size_t len)
{
    size_t queued = stream_queued(ws->stream);
    return queued <= ws->config->max_queued && len <= ws->config->max_queued - queued;
}

bool ws_send(struct ws *ws, enum ws_opcode opcode, struct str payload)
{
    if (ws->finished || ws->close_sent || !may_queue(ws, payload.len))
        return false;
    send_frame(ws, opcode, payload);
    return true;
}

static void send_close(struct ws *ws, int code, struct str reason)
{
    char payload[WS_CONTROL_MAX];
    /* Cut between characters. */
    struct str cut = str_slice(reason, 0, REASON_MAX);
    cut = str_slice(cut, 0, utf8_valid_prefix(cut));
    size_t len = 0;
    if (code != WS_CLOSE_NO_STATUS) {
        payload[len++] = (char)(code >> 8);
        payload[len++] = (char)(code & 0xff);
        memcpy(payload + len, cut.ptr ? cut.ptr : "", cut.len);
        len += cut.len;
    }
    ws->close_sent = true;
    send_frame(ws, WS_CLOSE, str_of(payload, len));
    timer_set(net_loop_timers(ws->loop), &ws->timer, CLOSE_TIMEOUT_MS);
}

void ws_close(struct ws *ws, int code, struct str reason)
{
    if (ws->finished || ws->close_sent)
        return;
    note_close(ws, code, reason);
    send_close(ws, code, reason);
    /* The peer's answer must get through. */
    ws_resume(ws);
}

/* --- Receiving --- */

/* The peer has broken the protocol: say so, and wait only for it to go. */
static void fail(struct ws *ws, int code)
{
    ws->deaf = true;
    if (!ws->close_sent) {
        note_close(ws, code, STR(""));
        send_close(ws, code, STR(""));
    }
    stream_shutdown(ws->stream);
}

static void on_data(struct ws *ws, const struct ws_event *event)
{
    if (!ws->close_sent && ws->config->message)
        ws->config->message(ws->ctx, ws, event->opcode, event->payload);
}

static void on_ping(struct ws *ws, const struct ws_event *event)
{
    /* Pongs to a peer that does not read them are left out. */
    if (!ws->close_sent && may_queue(ws, event->payload.len))
        send_frame(ws, WS_PONG, event->payload);
    if (ws->config->heard)
        ws->config->heard(ws->ctx, ws);
}

static void on_pong(struct ws *ws, const struct ws_event *event)
{
    (void)event;
    if (ws->config->heard)
        ws->config->heard(ws->ctx, ws);
}

static void on_close(struct ws *ws, const struct ws_event *event)
{
    ws->deaf = true;
    if (!ws->close_sent || event->close_code != WS_CLOSE_NO_STATUS)
        note_close(ws, event->close_code, event->payload);
    if (!ws->close_sent)
        send_close(ws, event->close_code, event->payload);
    stream_shutdown(ws->stream);
}

/* Handles frames until there are no more, or none are wanted; returns the bytes used. */
static size_t handle_frames(struct ws *ws, char *bytes, size_t len)
{
    static void (*const handlers[])(struct ws * ws, const struct ws_event *event) = {
        [WS_TEXT] = on_data, [WS_BINARY] = on_data, [WS_CLOSE] = on_close,
        [WS_PING] = on_ping, [WS_PONG] = on_pong,
    };
    size_t at = 0;
    while (!ws->paused && !ws->deaf && !ws->finished) {
        struct ws_event event;
        size_t used;
        int code;
        enum ws_decoded decoded =
            ws_decode(&ws->decoder, bytes + at, len - at, &used, &event, &code);
        at += used;
        if (decoded == WS_DECODED_MORE)
            break;
        if (decoded == WS_DECODED_EVENT)
            handlers[event.opcode](ws, &event);
        else
            fail(ws, code);
    }
    return ws->deaf ? len : at;
}

static void process(struct ws *ws, char *bytes, size_t len)
{
    ws->processing = true;
    size_t used = handle_frames(ws, bytes, len);
    ws->processing = false;
    if (used < len && !ws->finished)
        buf_append(&ws->held, bytes + used, len - used);
}

/* What waited is taken out first, since handlers may pause again and put the rest back. */
static void process_held(struct ws *ws)
{
    struct buf waiting = ws->held;
    buf_init(&ws->held, waiting.ceiling);
    process(ws, waiting.ptr, waiting.len);
    buf_finish(&waiting);
}

static void on_received(void *owner, char *bytes, size_t len)
{
    struct ws *ws = owner;
    ws->heard_ms = now_ms(ws);
    ws->ping_out = false;
    if (ws->held.len == 0) {
        process(ws, bytes, len);
        return;
    }
    buf_append(&ws->held, bytes, len);
    if (!ws->paused)
        process_held(ws);
}

static void on_ended(void *owner, int error)
{
    (void)error;
    finish(owner);
}

static void on_written(void *owner, bool ok)
{
    struct ws *ws = owner;
    if (!ok) {
        finish(ws);
    } else if (ws->want_drained && stream_queued(ws->stream) <= ws->config->max_queued / 2) {
        ws->want_drained = false;
        if (ws->config->drained && !ws->close_sent)
            ws->config->drained(ws->ctx, ws);
    }
}

static const struct stream_events events = {
    .received = on_received,
    .ended = on_ended,
    .written = on_written,
};

void ws_pause(struct ws *ws)
{
    if (ws->finished || ws->close_sent)
        return;
    ws->paused = true;
    stream_read_stop(ws->stream);
}

void ws_resume(struct ws *ws)
{
    if (!ws->paused || ws->finished)
        return;
    ws->paused = false;
    ws->heard_ms = now_ms(ws);
    stream_read_start(ws->stream);
    if (!ws->processing && ws->held.len > 0)
        process_held(ws);
}

/* --- Pings --- */

static void arm_ping(struct ws *ws)
{
    const struct ws_config *config = ws->config;
    int64_t delay = config->ping_interval_ms;
    if (delay <= 0)
        return;
    if (ws->ping_out && config->pong_timeout_ms > 0) {
        int64_t left = ws->pinged_ms + config->pong_timeout_ms - now_ms(ws);
        delay = MIN_OF(delay, MAX_OF(left, 1));
    }
    timer_set(net_loop_timers(ws->loop), &ws->timer, delay);
}

static bool is_peer_gone(struct ws *ws)
{
    return ws->ping_out && !ws->paused && ws->config->pong_timeout_ms > 0 &&
           now_ms(ws) - MAX_OF(ws->pinged_ms, ws->heard_ms) >= ws->config->pong_timeout_ms;
}

/* The time for a ping, for a pong, or for the end of the closing handshake is over. */
static void on_timer(struct net_timer *timer)
{
    struct ws *ws = container_of(timer, struct ws, timer);
    if (ws->close_sent || is_peer_gone(ws)) {
        finish(ws);
        return;
    }
    if (!ws->ping_out && may_queue(ws, 0)) {
        ws->ping_out = true;
        ws->pinged_ms = now_ms(ws);
        send_frame(ws, WS_PING, STR(""));
    }
    arm_ping(ws);
}

/* --- The beginning --- */

struct ws *ws_start(struct net_loop *loop, struct stream *stream, bool is_client,
                    const struct ws_config *config, void *ctx, struct str early,
                    void (*released)(void *owner), void *owner)
{
    struct ws *ws = MEM_NEW(struct ws);
    ws->loop = loop;
    ws->stream = stream;
    ws->is_client = is_client;
    ws->config = config;
    ws->ctx = ctx;
    ws->released = released;
    ws->owner = owner;
    ws->heard_ms = now_ms(ws);
    ws_decoder_init(&ws->decoder, !is_client, config->max_message);
    buf_init(&ws->held, 2 * NET_READ_SIZE + early.len);
    timer_init(&ws->timer, on_timer);
    arm_ping(ws);
    stream_set_owner(stream, &events, ws);
    stream_read_start(stream);
    if (config->opened)
        config->opened(ctx, ws);
    if (early.len > 0 && !ws->finished) {
        buf_append_str(&ws->held, early);
        if (!ws->paused)
            process_held(ws);
    }
    return ws;
}

size_t ws_queued(const struct ws *ws)
{
    return ws->finished ? 0 : stream_queued(ws->stream);
}

struct net_loop *ws_loop(const struct ws *ws)
{
    return ws->loop;
}
