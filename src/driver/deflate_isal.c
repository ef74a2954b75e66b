#include "driver/deflate.h"

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>

#include "base/mem.h"

#define OUT_STEP (64u * 1024)

struct deflate {
    struct isal_zstream stream;
    struct buf *out;
    uint8_t level_memory[ISAL_DEF_LVL1_DEFAULT];
};

struct deflate *deflate_create(void)
{
    return MEM_NEW(struct deflate);
}

void deflate_destroy(struct deflate *deflate)
{
    free(deflate);
}

void deflate_begin(struct deflate *deflate, struct buf *out)
{
    deflate->out = out;
    isal_deflate_init(&deflate->stream);
    deflate->stream.level = 1;
    deflate->stream.level_buf = deflate->level_memory;
    deflate->stream.level_buf_size = sizeof(deflate->level_memory);
    deflate->stream.gzip_flag = IGZIP_ZLIB;
    deflate->stream.flush = NO_FLUSH;
}

/* Runs until the input is used up and, at the end of the stream, everything is out. */
static bool run(struct deflate *deflate)
{
    struct isal_zstream *stream = &deflate->stream;
    do {
        if (!buf_reserve(deflate->out, OUT_STEP))
            return false;
        stream->next_out = (uint8_t *)deflate->out->ptr + deflate->out->len;
        stream->avail_out = OUT_STEP;
        if (isal_deflate(stream) != COMP_OK)
            return false;
        deflate->out->len += OUT_STEP - stream->avail_out;
    } while (stream->avail_out == 0 ||
             (stream->end_of_stream && stream->internal_state.state != ZSTATE_END));
    return true;
}

void deflate_write(struct deflate *deflate, const uint8_t *bytes, size_t len)
{
    /* igzip only reads, but its field is not const. */
    union {
        const uint8_t *given;
        uint8_t *wanted;
    } input = {bytes};
    deflate->stream.next_in = input.wanted;
    deflate->stream.avail_in = (uint32_t)len;
    if (!run(deflate))
        deflate->out->overflowed = true;
}

bool deflate_end(struct deflate *deflate)
{
    deflate->stream.end_of_stream = 1;
    deflate->stream.avail_in = 0;
    return run(deflate) && !deflate->out->overflowed;
}

uint32_t deflate_crc32(uint32_t crc, const void *bytes, size_t len)
{
    return crc32_gzip_refl(crc, bytes, len);
}
