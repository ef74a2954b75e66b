#include "base/uuid.h"

#include <pthread.h>
#include <sodium.h>
#include <stdio.h>

#include "base/clock.h"

static void format(const unsigned char bytes[16], struct uuid *ret_uuid)
{
    static const char digits[] = "0123456789abcdef";
    char *at = ret_uuid->text;
    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *at++ = '-';
        *at++ = digits[bytes[i] >> 4];
        *at++ = digits[bytes[i] & 15];
    }
    *at = '\0';
}

static void stamp(unsigned char bytes[16], unsigned version)
{
    bytes[6] = (unsigned char)((bytes[6] & 0x0f) | version << 4);
    bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80);
}

/* Milliseconds in the upper bits and a 12-bit counter below them: ids of one millisecond stay in
 * order, and a burst of more than 4096 borrows from the next millisecond. */
static uint64_t next_tick(void)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static uint64_t last;
    uint64_t now = (uint64_t)(clock_now_us() / 1000) << 12;
    pthread_mutex_lock(&lock);
    last = now > last ? now : last + 1;
    uint64_t tick = last;
    pthread_mutex_unlock(&lock);
    return tick;
}

/* A system call for each id would be its largest cost, so a thread draws random bytes in blocks. */
static void draw(unsigned char *bytes, size_t len)
{
    static _Thread_local unsigned char block[1024];
    static _Thread_local size_t left;
    if (left < len) {
        randombytes_buf(block, sizeof(block));
        left = sizeof(block);
    }
    left -= len;
    memcpy(bytes, block + left, len);
    sodium_memzero(block + left, len);
}

struct uuid uuid_new(void)
{
    unsigned char bytes[16];
    uint64_t tick = next_tick();
    draw(bytes + 8, 8);
    for (int i = 0; i < 6; i++)
        bytes[i] = (unsigned char)(tick >> (12 + 8 * (5 - i)));
    bytes[6] = (unsigned char)(tick >> 8 & 0x0f);
    bytes[7] = (unsigned char)tick;
    stamp(bytes, 7);
    struct uuid uuid;
    format(bytes, &uuid);
    return uuid;
}

struct uuid uuid_random(void)
{
    unsigned char bytes[16];
    randombytes_buf(bytes, sizeof(bytes));
    stamp(bytes, 4);
    struct uuid uuid;
    format(bytes, &uuid);
    return uuid;
}

/* Bytes of the UTF-8 character that starts at `at`, within the text. */
static size_t character_length(struct str text, size_t at)
{
    unsigned char c = (unsigned char)text.ptr[at];
    size_t len = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    return MIN_OF(len, text.len - at);
}

struct shape {
    size_t hyphens;
    size_t group_length[5];
    size_t digits;
};

/* Counts groups and digits; stops with a reason at a character that cannot be in a UUID. */
static bool measure(struct str whole, struct str body, size_t offset, struct shape *shape,
                    char *ret_reason)
{
    for (size_t i = 0; i < body.len; i++) {
        if (body.ptr[i] == '-') {
            shape->hyphens++;
            continue;
        }
        if (str_hex_digit(body.ptr[i]) < 0) {
            size_t at = offset + i;
            snprintf(ret_reason, UUID_REASON_SIZE,
                     "invalid character: expected an optional prefix of `urn:uuid:` followed by "
                     "[0-9a-fA-F-], found `%.*s` at %zu",
                     (int)character_length(whole, at), whole.ptr + at, at + 1);
            return false;
        }
        shape->digits++;
        if (shape->hyphens < 5)
            shape->group_length[shape->hyphens]++;
    }
    return true;
}

static bool check_shape(const struct shape *shape, struct str body, char *ret_reason)
{
    static const size_t expected[5] = {8, 4, 4, 4, 12};
    if (shape->hyphens == 0) {
        if (shape->digits == 32)
            return true;
        snprintf(ret_reason, UUID_REASON_SIZE,
                 "invalid length: expected length 32 for simple format, found %zu", body.len);
        return false;
    }
    if (shape->hyphens != 4) {
        snprintf(ret_reason, UUID_REASON_SIZE, "invalid group count: expected 5, found %zu",
                 shape->hyphens + 1);
        return false;
    }
    for (size_t i = 0; i < 5; i++) {
        if (shape->group_length[i] == expected[i])
            continue;
        snprintf(ret_reason, UUID_REASON_SIZE,
                 "invalid group length in group %zu: expected %zu, found %zu", i, expected[i],
                 shape->group_length[i]);
        return false;
    }
    return true;
}

static void canonicalise(struct str body, struct uuid *ret_uuid)
{
    unsigned char bytes[16] = {0};
    size_t digit = 0;
    for (size_t i = 0; i < body.len; i++) {
        int value = str_hex_digit(body.ptr[i]);
        if (value < 0)
            continue;
        bytes[digit / 2] = (unsigned char)(bytes[digit / 2] << 4 | value);
        digit++;
    }
    format(bytes, ret_uuid);
}

bool uuid_parse(struct str text, struct uuid *ret_uuid, char ret_reason[UUID_REASON_SIZE])
{
    struct str body = text;
    size_t offset = 0;
    if (str_starts_with(text, STR("urn:uuid:")))
        offset = 9;
    else if (text.len == 38 && text.ptr[0] == '{' && text.ptr[37] == '}')
        offset = 1;
    body = str_slice(text, offset, offset == 1 ? 37 : text.len);
    struct shape shape = {0};
    if (!measure(text, body, offset, &shape, ret_reason) || !check_shape(&shape, body, ret_reason))
        return false;
    canonicalise(body, ret_uuid);
    return true;
}
