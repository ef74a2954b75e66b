#include "base/utf8.h"

static bool is_continuation(unsigned char c)
{
    return (c & 0xc0) == 0x80;
}

size_t utf8_decode(struct str s, uint32_t *ret_code_point)
{
    static const uint32_t smallest[5] = {0, 0, 0x80, 0x800, 0x10000};
    if (s.len == 0)
        return 0;
    unsigned char lead = (unsigned char)s.ptr[0];
    if (lead < 0x80) {
        *ret_code_point = lead;
        return 1;
    }
    size_t len = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || s.len < len)
        return 0;
    uint32_t code_point = lead & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if (!is_continuation((unsigned char)s.ptr[i]))
            return 0;
        code_point = code_point << 6 | ((unsigned char)s.ptr[i] & 0x3fu);
    }
    bool surrogate = code_point >= 0xd800 && code_point <= 0xdfff;
    if (code_point < smallest[len] || code_point > 0x10ffff || surrogate)
        return 0;
    *ret_code_point = code_point;
    return len;
}

size_t utf8_encode(uint32_t code_point, char bytes[4])
{
    if (code_point < 0x80) {
        bytes[0] = (char)code_point;
        return 1;
    }
    size_t len = code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--) {
        bytes[i] = (char)(0x80 | (code_point & 0x3f));
        code_point >>= 6;
    }
    bytes[0] = (char)((0xf00u >> len) | code_point);
    return len;
}

size_t utf8_valid_prefix(struct str s)
{
    size_t at = 0;
    while (at < s.len) {
        if ((unsigned char)s.ptr[at] < 0x80) {
            at++;
            continue;
        }
        uint32_t code_point;
        size_t len = utf8_decode(str_slice(s, at, s.len), &code_point);
        if (len == 0)
            break;
        at += len;
    }
    return at;
}

size_t utf8_count(struct str s)
{
    size_t count = 0;
    for (size_t i = 0; i < s.len; i++)
        count += !is_continuation((unsigned char)s.ptr[i]);
    return count;
}
