/* Feeds a byte stream to the WebSocket decoder whole and in pieces: both must tell the same, and
 * what they tell must keep the rules of RFC 6455 and our limits. */
#include <stdio.h>

#include "base/macros.h"
#include "base/utf8.h"
#include "net/ws_frame.h"

#define INPUT_MAX   (64u * 1024)
#define MAX_MESSAGE 1000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "broken: %s (line %d)\n", #condition, __LINE__);                       \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static void check_event(const struct ws_event *event)
{
    bool is_data = event->opcode == WS_TEXT || event->opcode == WS_BINARY;
    CHECK(event->opcode != WS_CONTINUATION);
    CHECK(event->payload.len <= (is_data ? MAX_MESSAGE : WS_CONTROL_MAX));
    if (event->opcode == WS_TEXT || event->opcode == WS_CLOSE)
        CHECK(utf8_is_valid(event->payload));
    if (event->opcode == WS_CLOSE)
        CHECK(event->close_code == WS_CLOSE_NO_STATUS || ws_close_code_is_valid(event->close_code));
}

/* Writes down all that the decoder tells. */
static void tell(bool masked, const uint8_t *data, size_t size, size_t step, struct buf *out)
{
    struct ws_decoder decoder;
    static char bytes[INPUT_MAX];
    size_t at = 0;
    int code = 0;
    memcpy(bytes, data, size);
    ws_decoder_init(&decoder, masked, MAX_MESSAGE);
    while (at < size && code == 0) {
        struct ws_event event;
        size_t used;
        enum ws_decoded decoded =
            ws_decode(&decoder, bytes + at, MIN_OF(step, size - at), &used, &event, &code);
        at += used;
        CHECK((decoded == WS_DECODED_BAD) == (code != 0));
        CHECK(decoder.message.len <= MAX_MESSAGE);
        if (decoded == WS_DECODED_EVENT) {
            check_event(&event);
            buf_printf(out, "%d:%zu:", (int)event.opcode, event.payload.len);
            buf_append_str(out, event.payload);
        }
    }
    buf_printf(out, "!%d", code);
    ws_decoder_finish(&decoder);
}

/* The first byte chooses the end we play and the size of the pieces. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > INPUT_MAX)
        return 0;
    struct buf whole, pieces;
    bool masked = data[0] & 0x80;
    buf_init(&whole, 64 * INPUT_MAX);
    buf_init(&pieces, 64 * INPUT_MAX);
    tell(masked, data + 1, size - 1, INPUT_MAX, &whole);
    tell(masked, data + 1, size - 1, (data[0] & 0x7fu) + 1, &pieces);
    CHECK(str_eq(buf_str(&whole), buf_str(&pieces)));
    buf_finish(&whole);
    buf_finish(&pieces);
    return 0;
}
