#include "driver/deflate.h"

#include <libdeflate.h>

#include "base/mem.h"

/* libdeflate compresses in one piece, so the input is gathered first. */
#define INPUT_MAX (512u * 1024 * 1024)

struct deflate {
    struct libdeflate_compressor *compressor;
    struct buf input;
    struct buf *out;
};

struct deflate *deflate_create(void)
{
    struct deflate *deflate = MEM_NEW(struct deflate);
    deflate->compressor = libdeflate_alloc_compressor(1);
    if (!deflate->compressor)
        mem_die(sizeof(*deflate));
    buf_init(&deflate->input, INPUT_MAX);
    return deflate;
}

void deflate_destroy(struct deflate *deflate)
{
    if (!deflate)
        return;
    libdeflate_free_compressor(deflate->compressor);
    buf_finish(&deflate->input);
    free(deflate);
}

void deflate_begin(struct deflate *deflate, struct buf *out)
{
    deflate->out = out;
    buf_clear(&deflate->input);
}

void deflate_write(struct deflate *deflate, const uint8_t *bytes, size_t len)
{
    buf_append(&deflate->input, bytes, len);
}

bool deflate_end(struct deflate *deflate)
{
    struct buf *out = deflate->out;
    size_t room = libdeflate_zlib_compress_bound(deflate->compressor, deflate->input.len);
    if (deflate->input.overflowed || !buf_reserve(out, room))
        return false;
    size_t len = libdeflate_zlib_compress(deflate->compressor, deflate->input.ptr,
                                          deflate->input.len, out->ptr + out->len, room);
    out->len += len;
    return len > 0;
}

uint32_t deflate_crc32(uint32_t crc, const void *bytes, size_t len)
{
    return libdeflate_crc32(crc, bytes, len);
}
