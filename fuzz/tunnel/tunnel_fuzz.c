/* What a hostile driver may send: a sequence of text and binary messages. Each message is a byte
 * with the kind (odd: binary), two bytes of length, and the payload. */
#include "tunnel/frame.h"

#include <stdlib.h>

#define BODY_CEILING 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct str take_message(const uint8_t **data, size_t *size)
{
    size_t len = (size_t)((*data)[1] << 8 | (*data)[2]);
    len = len < *size - 3 ? len : *size - 3;
    struct str message = str_of(*data + 3, len);
    *data += 3 + len;
    *size -= 3 + len;
    return message;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct frame_answer answer;
    frame_answer_init(&answer, BODY_CEILING);
    enum frame_result result = FRAME_MORE;
    while (size >= 3 && (result == FRAME_MORE || result == FRAME_COMPLETE)) {
        bool is_binary = data[0] & 1;
        struct str message = take_message(&data, &size);
        result =
            is_binary ? frame_answer_binary(&answer, message) : frame_answer_text(&answer, message);
        if (answer.body.len > BODY_CEILING)
            abort();
        if (result == FRAME_COMPLETE && (answer.status < 100 || answer.status > 599))
            abort();
    }
    frame_answer_finish(&answer);
    return 0;
}
