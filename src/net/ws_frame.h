/* Reads and writes WebSocket frames (RFC 6455 section 5), for either end. Knows bytes, not
 * connections. See docs/decisions/0002. */
#ifndef NET_WS_FRAME_H
#define NET_WS_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "net/ws.h"

#define WS_HEAD_MAX    14
#define WS_CONTROL_MAX 125

struct ws_decoder {
    bool masked;        /* frames must come masked (we are the server), or must not */
    size_t max_message; /* of all fragments together */

    unsigned char head[WS_HEAD_MAX];
    unsigned char head_len;
    bool in_payload;
    bool final;
    enum ws_opcode opcode;         /* of the frame */
    enum ws_opcode message_opcode; /* of the message being put together, or WS_CONTINUATION */
    unsigned char mask[4];
    unsigned mask_at;
    uint64_t left; /* payload bytes of the frame that have not come yet */
    unsigned char control_len;
    char control[WS_CONTROL_MAX];
    struct buf message; /* holds memory only while a message is incomplete or being delivered */
};

struct ws_event {
    enum ws_opcode opcode; /* TEXT, BINARY, CLOSE, PING or PONG; never a fragment */
    struct str payload;    /* unmasked; in `bytes` or in the decoder, until the next call */
    int close_code;        /* of WS_CLOSE; the payload is then the reason. 1005 when absent */
};

enum ws_decoded {
    WS_DECODED_MORE, /* everything was used */
    WS_DECODED_EVENT,
    WS_DECODED_BAD, /* *ret_close_code says how to close; the decoder is of no more use */
};

void ws_decoder_init(struct ws_decoder *decoder, bool masked, size_t max_message);
void ws_decoder_finish(struct ws_decoder *decoder);

/* Unmasks in place, so `bytes` change. Call again with the rest after an event. */
enum ws_decoded ws_decode(struct ws_decoder *decoder, char *bytes, size_t len, size_t *ret_used,
                          struct ws_event *ret_event, int *ret_close_code);

/* Writes the head of an unfragmented frame; returns its length. `mask` is NULL on a server. */
size_t ws_encode_head(unsigned char head[WS_HEAD_MAX], enum ws_opcode opcode, uint64_t len,
                      const unsigned char mask[4]);

/* Masks or unmasks `len` bytes, of which the first lies at position `at` of the payload. */
void ws_mask(char *bytes, size_t len, const unsigned char mask[4], unsigned at);

/* Codes an endpoint may put into a close frame (RFC 6455 section 7.4, and the registry). */
bool ws_close_code_is_valid(int code);

#endif
