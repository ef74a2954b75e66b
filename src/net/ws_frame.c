#include "net/ws_frame.h"

#include "base/macros.h"
#include "base/utf8.h"

#define FIN      0x80u
#define RSV      0x70u
#define OPCODE   0x0fu
#define MASKED   0x80u
#define LENGTH   0x7fu
#define LENGTH16 126u
#define LENGTH64 127u
#define CONTROL  0x08u /* set in the opcodes of control frames */

void ws_decoder_init(struct ws_decoder *decoder, bool masked, size_t max_message)
{
    *decoder = (struct ws_decoder){.masked = masked, .max_message = max_message};
    buf_init(&decoder->message, max_message);
}

void ws_decoder_finish(struct ws_decoder *decoder)
{
    buf_finish(&decoder->message);
}

void ws_mask(char *bytes, size_t len, const unsigned char mask[4], unsigned at)
{
    unsigned char turned[4];
    for (unsigned i = 0; i < 4; i++)
        turned[i] = mask[(at + i) & 3];
    uint32_t word;
    memcpy(&word, turned, sizeof(word));
    size_t i = 0;
    for (; i + sizeof(word) <= len; i += sizeof(word)) {
        uint32_t part;
        memcpy(&part, bytes + i, sizeof(part));
        part ^= word;
        memcpy(bytes + i, &part, sizeof(part));
    }
    for (; i < len; i++)
        bytes[i] = (char)(bytes[i] ^ turned[i & 3]);
}

bool ws_close_code_is_valid(int code)
{
    bool reserved = code == 1004 || code == WS_CLOSE_NO_STATUS || code == WS_CLOSE_ABNORMAL;
    return (code >= 1000 && code <= 1014 && !reserved) || (code >= 3000 && code <= 4999);
}

static size_t head_size(const struct ws_decoder *decoder)
{
    if (decoder->head_len < 2)
        return 2;
    unsigned length = decoder->head[1] & LENGTH;
    size_t extended = length == LENGTH64 ? 8 : length == LENGTH16 ? 2 : 0;
    return 2 + extended + (decoder->head[1] & MASKED ? 4 : 0);
}

static uint64_t big_endian(const unsigned char *bytes, size_t len)
{
    uint64_t value = 0;
    for (size_t i = 0; i < len; i++)
        value = value << 8 | bytes[i];
    return value;
}

/* What the first two bytes break, as a close code; 0 when nothing. */
static int check_first_bytes(const struct ws_decoder *decoder)
{
    /* Which opcodes exist; a message in parts goes on with CONTINUATION only. */
    static const bool exists[OPCODE + 1] = {
        [WS_CONTINUATION] = true, [WS_TEXT] = true, [WS_BINARY] = true,
        [WS_CLOSE] = true,        [WS_PING] = true, [WS_PONG] = true};
    unsigned opcode = decoder->head[0] & OPCODE;
    bool masked = decoder->head[1] & MASKED;
    bool continues = opcode == WS_CONTINUATION;
    bool in_message = decoder->message_opcode != WS_CONTINUATION;
    if ((decoder->head[0] & RSV) || !exists[opcode] || masked != decoder->masked)
        return WS_CLOSE_PROTOCOL;
    if (!(opcode & CONTROL))
        return continues == in_message ? 0 : WS_CLOSE_PROTOCOL;
    bool whole = decoder->head[0] & FIN;
    return whole && (decoder->head[1] & LENGTH) <= WS_CONTROL_MAX ? 0 : WS_CLOSE_PROTOCOL;
}

/* The shortest form of a length is the only one allowed, and 63 bits are the most. */
static int parse_length(struct ws_decoder *decoder)
{
    unsigned length = decoder->head[1] & LENGTH;
    decoder->left = length;
    if (length == LENGTH16) {
        decoder->left = big_endian(decoder->head + 2, 2);
        return decoder->left < LENGTH16 ? WS_CLOSE_PROTOCOL : 0;
    }
    if (length == LENGTH64) {
        decoder->left = big_endian(decoder->head + 2, 8);
        bool bad = decoder->left <= UINT16_MAX || decoder->left > INT64_MAX;
        return bad ? WS_CLOSE_PROTOCOL : 0;
    }
    return 0;
}

static int begin_payload(struct ws_decoder *decoder)
{
    int code = parse_length(decoder);
    if (code != 0)
        return code;
    decoder->opcode = decoder->head[0] & OPCODE;
    decoder->final = decoder->head[0] & FIN;
    decoder->control_len = 0;
    decoder->mask_at = 0;
    if (decoder->masked)
        memcpy(decoder->mask, decoder->head + decoder->head_len - 4, 4);
    decoder->in_payload = true;
    if (decoder->opcode & CONTROL)
        return 0;
    if (decoder->left > decoder->max_message - decoder->message.len)
        return WS_CLOSE_TOO_BIG;
    if (decoder->opcode != WS_CONTINUATION)
        decoder->message_opcode = decoder->opcode;
    return 0;
}

/* Collects head bytes; returns how many it used. */
static size_t take_head(struct ws_decoder *decoder, const char *bytes, size_t len, int *ret_code)
{
    size_t used = 0;
    while (used < len && !decoder->in_payload && *ret_code == 0) {
        decoder->head[decoder->head_len++] = (unsigned char)bytes[used++];
        if (decoder->head_len == 2)
            *ret_code = check_first_bytes(decoder);
        if (decoder->head_len >= 2 && decoder->head_len == head_size(decoder) && *ret_code == 0)
            *ret_code = begin_payload(decoder);
    }
    return used;
}

/* A message that came as one frame in one piece needs no copy. */
static bool is_whole_here(const struct ws_decoder *decoder, uint64_t part)
{
    return decoder->final && part == decoder->left && decoder->message.len == 0;
}

/* Unmasks and keeps the next part of the payload. Sets *ret_payload when the frame is complete. */
static size_t take_payload(struct ws_decoder *decoder, char *bytes, size_t len,
                           struct str *ret_payload)
{
    size_t part = (size_t)MIN_OF((uint64_t)len, decoder->left);
    struct str payload = str_of(bytes, part);
    if (decoder->masked)
        ws_mask(bytes, part, decoder->mask, decoder->mask_at);
    decoder->mask_at = (unsigned)(decoder->mask_at + part) & 3;
    if (decoder->opcode & CONTROL) {
        memcpy(decoder->control + decoder->control_len, bytes, part);
        decoder->control_len = (unsigned char)(decoder->control_len + part);
        payload = str_of(decoder->control, decoder->control_len);
    } else if (!is_whole_here(decoder, part)) {
        buf_append(&decoder->message, bytes, part);
        payload = buf_str(&decoder->message);
    }
    decoder->left -= part;
    if (decoder->left == 0)
        *ret_payload = payload;
    return part;
}

static int parse_close(struct ws_event *event)
{
    struct str payload = event->payload;
    event->close_code = WS_CLOSE_NO_STATUS;
    if (payload.len == 0)
        return 0;
    if (payload.len == 1)
        return WS_CLOSE_PROTOCOL;
    event->close_code = (int)big_endian((const unsigned char *)payload.ptr, 2);
    event->payload = str_slice(payload, 2, payload.len);
    if (!ws_close_code_is_valid(event->close_code))
        return WS_CLOSE_PROTOCOL;
    return utf8_is_valid(event->payload) ? 0 : WS_CLOSE_BAD_DATA;
}

/* A frame is complete: is there something to tell? */
static enum ws_decoded finish_frame(struct ws_decoder *decoder, struct str payload,
                                    struct ws_event *ret_event, int *ret_code)
{
    decoder->in_payload = false;
    decoder->head_len = 0;
    *ret_event = (struct ws_event){.opcode = decoder->opcode, .payload = payload};
    if (decoder->opcode == WS_CLOSE) {
        *ret_code = parse_close(ret_event);
    } else if (!(decoder->opcode & CONTROL)) {
        if (!decoder->final)
            return WS_DECODED_MORE;
        ret_event->opcode = decoder->message_opcode;
        decoder->message_opcode = WS_CONTINUATION;
        if (ret_event->opcode == WS_TEXT && !utf8_is_valid(payload))
            *ret_code = WS_CLOSE_BAD_DATA;
    }
    return *ret_code == 0 ? WS_DECODED_EVENT : WS_DECODED_BAD;
}

enum ws_decoded ws_decode(struct ws_decoder *decoder, char *bytes, size_t len, size_t *ret_used,
                          struct ws_event *ret_event, int *ret_close_code)
{
    size_t at = 0;
    int code = 0;
    enum ws_decoded decoded = WS_DECODED_MORE;
    /* The last message was delivered from here. */
    if (decoder->message_opcode == WS_CONTINUATION && decoder->message.len > 0)
        buf_finish(&decoder->message);
    while (decoded == WS_DECODED_MORE && (at < len || decoder->in_payload)) {
        struct str payload = STR_NULL;
        at += take_head(decoder, bytes + at, len - at, &code);
        if (code == 0 && decoder->in_payload)
            at += take_payload(decoder, bytes + at, len - at, &payload);
        if (code != 0)
            decoded = WS_DECODED_BAD;
        else if (!str_is_null(payload))
            decoded = finish_frame(decoder, payload, ret_event, &code);
        else
            break;
    }
    *ret_used = at;
    if (decoded == WS_DECODED_BAD)
        *ret_close_code = code;
    return decoded;
}

size_t ws_encode_head(unsigned char head[WS_HEAD_MAX], enum ws_opcode opcode, uint64_t len,
                      const unsigned char mask[4])
{
    unsigned masked = mask ? MASKED : 0;
    size_t extended = len > UINT16_MAX ? 8 : len >= LENGTH16 ? 2 : 0;
    unsigned length = extended == 8 ? LENGTH64 : extended == 2 ? LENGTH16 : (unsigned)len;
    head[0] = (unsigned char)(FIN | opcode);
    head[1] = (unsigned char)(masked | length);
    for (size_t i = 0; i < extended; i++)
        head[2 + i] = (unsigned char)(len >> (8 * (extended - 1 - i)));
    if (mask)
        memcpy(head + 2 + extended, mask, 4);
    return 2 + extended + (mask ? 4 : 0);
}
