#include "base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

void buf_init(struct buf *buf, size_t ceiling)
{
    *buf = (struct buf){.ceiling = ceiling};
}

void buf_finish(struct buf *buf)
{
    free(buf->ptr);
    buf_init(buf, buf->ceiling);
}

void buf_clear(struct buf *buf)
{
    buf->len = 0;
    buf->overflowed = false;
}

bool buf_reserve(struct buf *buf, size_t len)
{
    if (buf->overflowed || len > buf->ceiling - buf->len) {
        buf->overflowed = true;
        return false;
    }
    size_t needed = buf->len + len;
    if (needed <= buf->capacity)
        return true;
    size_t capacity = MAX_OF(buf->capacity * 2, 256u);
    capacity = MIN_OF(MAX_OF(capacity, needed), buf->ceiling);
    buf->ptr = mem_realloc(buf->ptr, capacity);
    buf->capacity = capacity;
    return true;
}

bool buf_append(struct buf *buf, const void *bytes, size_t len)
{
    if (!buf_reserve(buf, len))
        return false;
    if (len > 0)
        memcpy(buf->ptr + buf->len, bytes, len);
    buf->len += len;
    return true;
}

bool buf_append_str(struct buf *buf, struct str s)
{
    return buf_append(buf, s.ptr, s.len);
}

bool buf_append_char(struct buf *buf, char c)
{
    return buf_append(buf, &c, 1);
}

bool buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0 || !buf_reserve(buf, (size_t)len + 1))
        return false;
    va_start(args, format);
    vsnprintf(buf->ptr + buf->len, (size_t)len + 1, format, args);
    va_end(args);
    buf->len += (size_t)len;
    return true;
}

void buf_consume(struct buf *buf, size_t len)
{
    len = MIN_OF(len, buf->len);
    buf->len -= len;
    if (len > 0 && buf->len > 0)
        memmove(buf->ptr, buf->ptr + len, buf->len);
}
