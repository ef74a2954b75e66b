/* A WebSocket (RFC 6455), the same for the server's end and the client's end. All calls and
 * callbacks on the thread of its loop. No extension is negotiated. While nothing is in flight it
 * holds no buffers. */
#ifndef NET_WS_H
#define NET_WS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macros.h"
#include "base/str.h"
#include "net/loop.h"

struct ws;

enum ws_opcode {
    WS_CONTINUATION = 0,
    WS_TEXT = 1,
    WS_BINARY = 2,
    WS_CLOSE = 8,
    WS_PING = 9,
    WS_PONG = 10,
};

enum ws_close_code {
    WS_CLOSE_NORMAL = 1000,
    WS_CLOSE_GOING_AWAY = 1001,
    WS_CLOSE_PROTOCOL = 1002,
    WS_CLOSE_UNSUPPORTED = 1003,
    WS_CLOSE_NO_STATUS = 1005, /* never sent: the peer's close frame had no code */
    WS_CLOSE_ABNORMAL = 1006,  /* never sent: the connection broke without a close frame */
    WS_CLOSE_BAD_DATA = 1007,
    WS_CLOSE_POLICY = 1008,
    WS_CLOSE_TOO_BIG = 1009,
    WS_CLOSE_INTERNAL = 1011,
    WS_CLOSE_TRY_LATER = 1013,
};

struct ws_config {
    size_t max_message;       /* bytes of a received message, all fragments: 1009 */
    size_t max_queued;        /* bytes that may wait for a slow peer */
    int64_t ping_interval_ms; /* 0: never ping */
    /* Silence allowed after a ping; any byte of the peer counts as an answer. 0: for ever. Longer
     * than the longest action of a driver that cannot answer meanwhile. */
    int64_t pong_timeout_ms;

    /* May be NULL, except closed. */
    void (*opened)(void *ctx, struct ws *ws);
    /* A whole message: WS_TEXT (valid UTF-8) or WS_BINARY. The payload is gone afterwards. */
    void (*message)(void *ctx, struct ws *ws, enum ws_opcode opcode, struct str payload);
    /* After something had to wait: at most half of max_queued still does. */
    void (*drained)(void *ctx, struct ws *ws);
    /* The peer has pinged or answered a ping. */
    void (*heard)(void *ctx, struct ws *ws);
    /* The last call; the WebSocket is gone afterwards. The code is the peer's, or ours when we
     * closed first and the peer did not answer with another, or WS_CLOSE_ABNORMAL. */
    void (*closed)(void *ctx, struct ws *ws, int code, struct str reason);
};

/* Sends one message. What the socket does not take at once is copied and waits. False, and nothing
 * sent, when more than max_queued bytes would wait, or after ws_close. */
MUST_CHECK bool ws_send(struct ws *ws, enum ws_opcode opcode, struct str payload);

/* Starts the closing handshake (reason: at most 123 bytes of UTF-8, cut when longer); closed()
 * follows when the peer has answered or after 3 s. No message() comes any more. Calling it again
 * does nothing. */
void ws_close(struct ws *ws, int code, struct str reason);

/* Drops the connection at once. closed() is called from within with WS_CLOSE_ABNORMAL. */
void ws_abort(struct ws *ws);

/* Stops and resumes delivery of messages, and with it the reading from the socket. Meanwhile no
 * silence counts against the peer. Messages that wait here already are delivered from within
 * ws_resume, unless it is called by message(). */
void ws_pause(struct ws *ws);
void ws_resume(struct ws *ws);

/* Bytes waiting for the peer. */
size_t ws_queued(const struct ws *ws);

struct net_loop *ws_loop(const struct ws *ws);

#endif
