#include "net/http_chunked.h"

#include "base/macros.h"
#include "net/http_parse.h"

/* The grammar as a table: state and character class give the next state, BAD where none is
 * written. It is narrower than the RFC's where the fuzzer has found others to be: no extension
 * follows one with a plain value. */

enum state {
    SIZE_FIRST, /* 0: a zeroed decoder */
    SIZE,
    EXT_NAME_FIRST,
    EXT_NAME,
    EXT_VALUE_FIRST,
    EXT_VALUE,
    EXT_QUOTED,
    EXT_QUOTED_END,
    SIZE_LF,
    DATA_CR,
    DATA_LF,
    TRAILER_FIRST,
    TRAILER_NAME,
    TRAILER_VALUE,
    TRAILER_LF,
    END_LF,
    GRAMMAR_STATES,
    DATA,
    DONE,
    BAD = 255,
};

enum class {
    C_NONE, /* 0: NUL, other controls */
    C_HEX,
    C_TOKEN,
    C_SEMICOLON,
    C_EQUALS,
    C_COLON,
    C_QUOTE,
    C_BACKSLASH,
    C_CR,
    C_LF,
    C_TEXT,
    CLASSES,
};

static enum class class_of(char c) {
    static const unsigned char special[128] =
        {
            ['0' ... '9'] = C_HEX,
            ['a' ... 'f'] = C_HEX,
            ['A' ... 'F'] = C_HEX,
            [';'] = C_SEMICOLON,
            ['='] = C_EQUALS,
            [':'] = C_COLON,
            ['"'] = C_QUOTE,
            ['\\'] = C_BACKSLASH,
            ['\r'] = C_CR,
            ['\n'] = C_LF,
        };
    unsigned char byte = (unsigned char)c;
    if (byte < countof(special) && special[byte]) return special[byte];
    if (http_char_class[byte] & HTTP_TOKEN) return C_TOKEN;
    return http_char_class[byte] & HTTP_TEXT ? C_TEXT : C_NONE;
}

#define NAME(next) [C_HEX] = (next), [C_TOKEN] = (next)
#define PROSE(next)                                                                                \
    NAME(next), [C_SEMICOLON] = (next), [C_EQUALS] = (next), [C_COLON] = (next), [C_TEXT] = (next)
/* 0 is "not written", so the table holds state + 1. */
#define TO(state) ((state) + 1)

static const unsigned char next_state[GRAMMAR_STATES][CLASSES] = {
    [SIZE_FIRST] = {[C_HEX] = TO(SIZE)},
    [SIZE] = {[C_HEX] = TO(SIZE), [C_SEMICOLON] = TO(EXT_NAME_FIRST), [C_CR] = TO(SIZE_LF)},
    [EXT_NAME_FIRST] = {NAME(TO(EXT_NAME))},
    [EXT_NAME] = {NAME(TO(EXT_NAME)), [C_EQUALS] = TO(EXT_VALUE_FIRST),
                  [C_SEMICOLON] = TO(EXT_NAME_FIRST), [C_CR] = TO(SIZE_LF)},
    [EXT_VALUE_FIRST] = {NAME(TO(EXT_VALUE)), [C_QUOTE] = TO(EXT_QUOTED)},
    [EXT_VALUE] = {NAME(TO(EXT_VALUE)), [C_CR] = TO(SIZE_LF)},
    [EXT_QUOTED] = {PROSE(TO(EXT_QUOTED)), [C_QUOTE] = TO(EXT_QUOTED_END)},
    [EXT_QUOTED_END] = {[C_SEMICOLON] = TO(EXT_NAME_FIRST), [C_CR] = TO(SIZE_LF)},
    [SIZE_LF] = {[C_LF] = TO(DATA)},
    [DATA_CR] = {[C_CR] = TO(DATA_LF)},
    [DATA_LF] = {[C_LF] = TO(SIZE_FIRST)},
    [TRAILER_FIRST] = {NAME(TO(TRAILER_NAME)), [C_CR] = TO(END_LF)},
    [TRAILER_NAME] = {NAME(TO(TRAILER_NAME)), [C_COLON] = TO(TRAILER_VALUE)},
    [TRAILER_VALUE] = {PROSE(TO(TRAILER_VALUE)), [C_QUOTE] = TO(TRAILER_VALUE),
                       [C_BACKSLASH] = TO(TRAILER_VALUE), [C_CR] = TO(TRAILER_LF)},
    [TRAILER_LF] = {[C_LF] = TO(TRAILER_FIRST)},
    [END_LF] = {[C_LF] = TO(DONE)},
};

static bool is_trailer(unsigned char state)
{
    return state >= TRAILER_FIRST && state <= END_LF;
}

static void add_name_char(struct http_chunked *decoder, char c)
{
    bool upper = c >= 'A' && c <= 'Z';
    if (decoder->name_len < HTTP_CHUNK_NAME_MAX)
        decoder->name[decoder->name_len++] = (char)(upper ? c | 0x20 : c);
}

/* RFC 9110 section 6.5.1: no trailer may say how a message is framed or routed. */
static bool is_name_allowed(const struct http_chunked *decoder)
{
    static const struct str refused[] = {
        {"connection", 10}, {"content-length", 14},    {"host", 4},
        {"upgrade", 7},     {"transfer-encoding", 17}, {"proxy-connection", 16},
    };
    for (size_t i = 0; i < countof(refused); i++) {
        if (str_eq(str_of(decoder->name, decoder->name_len), refused[i]))
            return false;
    }
    return true;
}

/* What a character does besides moving on; returns the state it ends in. */
static unsigned char act(struct http_chunked *decoder, unsigned char next, char c)
{
    switch (next) {
    case SIZE:
        if (decoder->left >> 59)
            return BAD;
        decoder->left = decoder->left << 4 | (unsigned)str_hex_digit(c);
        return SIZE;
    case SIZE_FIRST:
        decoder->line = 0;
        return SIZE_FIRST;
    case DATA:
        decoder->line = 0;
        return decoder->left == 0 ? TRAILER_FIRST : DATA;
    case TRAILER_FIRST:
        decoder->name_len = 0;
        return TRAILER_FIRST;
    case TRAILER_NAME:
        add_name_char(decoder, c);
        return TRAILER_NAME;
    case TRAILER_VALUE:
        return is_name_allowed(decoder) ? TRAILER_VALUE : BAD;
    default:
        return next;
    }
}

static unsigned char step(struct http_chunked *decoder, char c)
{
    unsigned char next = next_state[decoder->state][class_of(c)];
    uint16_t limit = is_trailer(decoder->state) ? HTTP_CHUNK_TRAILER_MAX : HTTP_CHUNK_LINE_MAX;
    if (next == 0 || ++decoder->line > limit)
        return BAD;
    return act(decoder, next - 1, c);
}

enum http_chunked_result http_chunked_decode(struct http_chunked *decoder, const char *bytes,
                                             size_t len, size_t *ret_used, struct str *ret_data)
{
    size_t at = 0;
    while (at < len && decoder->state < GRAMMAR_STATES)
        decoder->state = step(decoder, bytes[at++]);
    *ret_used = at;
    if (decoder->state == DONE)
        return HTTP_CHUNKED_DONE;
    if (decoder->state == BAD)
        return HTTP_CHUNKED_BAD;
    if (decoder->state != DATA || at == len)
        return HTTP_CHUNKED_MORE;
    size_t part = (size_t)MIN_OF((uint64_t)(len - at), decoder->left);
    *ret_data = str_of(bytes + at, part);
    *ret_used = at + part;
    decoder->left -= part;
    if (decoder->left == 0)
        decoder->state = DATA_CR;
    return HTTP_CHUNKED_DATA;
}
