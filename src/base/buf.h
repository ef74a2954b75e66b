/* A growing byte buffer with a ceiling from birth. Past the ceiling it keeps what it has, drops
 * the rest and stays `overflowed`, so that a writer checks once, at the end. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/macros.h"
#include "base/str.h"

struct buf {
    char *ptr;
    size_t len;
    size_t capacity;
    size_t ceiling;
    bool overflowed;
};

void buf_init(struct buf *buf, size_t ceiling);
void buf_finish(struct buf *buf);
/* Empties the buffer and keeps its memory. */
void buf_clear(struct buf *buf);

/* Makes room for `len` more bytes at ptr + len; false when that passes the ceiling. */
bool buf_reserve(struct buf *buf, size_t len);

bool buf_append(struct buf *buf, const void *bytes, size_t len);
bool buf_append_str(struct buf *buf, struct str s);
bool buf_append_char(struct buf *buf, char c);
bool buf_printf(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);

/* Removes the first `len` bytes. */
void buf_consume(struct buf *buf, size_t len);

static inline struct str buf_str(const struct buf *buf)
{
    return str_of(buf->ptr ? buf->ptr : "", buf->len);
}

#endif
