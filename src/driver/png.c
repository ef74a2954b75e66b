#include "driver/png.h"

#include <string.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "base/mem.h"
#include "driver/deflate.h"

#define CHANNELS     3u
#define CHUNK_HEADER 8 /* length and type */

enum filter {
    FILTER_NONE,
    FILTER_SUB,
    FILTER_UP,
    FILTER_COUNT,
};

/* Every row buffer has a black pixel in front, so that filters need no special first pixel. */
struct row {
    uint8_t *memory;
    uint8_t *pixels;
};

struct png_writer {
    struct deflate *deflate;
    struct buf *out;
    size_t idat; /* offset of the open IDAT chunk in `out` */
    uint32_t row_len;
    struct row row;
    struct row above;
    uint8_t *filtered[FILTER_COUNT]; /* filter type and filtered bytes, as they enter the stream */
};

struct png_writer *png_writer_create(void)
{
    struct png_writer *png = MEM_NEW(struct png_writer);
    png->deflate = deflate_create();
    return png;
}

static void rows_finish(struct png_writer *png)
{
    free(png->row.memory);
    free(png->above.memory);
    for (size_t i = 0; i < FILTER_COUNT; i++)
        free(png->filtered[i]);
}

void png_writer_destroy(struct png_writer *png)
{
    if (!png)
        return;
    deflate_destroy(png->deflate);
    rows_finish(png);
    free(png);
}

static struct row row_new(uint32_t len)
{
    uint8_t *memory = mem_zalloc(CHANNELS + len + IMAGE_SLACK);
    return (struct row){memory, memory + CHANNELS};
}

static void put_u32(uint8_t *bytes, uint32_t value)
{
    bytes[0] = (uint8_t)(value >> 24);
    bytes[1] = (uint8_t)(value >> 16);
    bytes[2] = (uint8_t)(value >> 8);
    bytes[3] = (uint8_t)value;
}

static size_t chunk_begin(struct buf *out, const char *type)
{
    size_t start = out->len;
    buf_append(out, "\0\0\0\0", 4);
    buf_append(out, type, 4);
    return start;
}

/* Fills in the length and adds the CRC, which covers type and data. */
static void chunk_end(struct buf *out, size_t start)
{
    if (out->overflowed)
        return;
    size_t len = out->len - start - CHUNK_HEADER;
    uint8_t crc[4];
    put_u32((uint8_t *)out->ptr + start, (uint32_t)len);
    put_u32(crc, deflate_crc32(0, out->ptr + start + 4, len + 4));
    buf_append(out, crc, sizeof(crc));
}

static void write_header(struct buf *out, struct size size)
{
    uint8_t header[13] = {0};
    put_u32(header, size.width);
    put_u32(header + 4, size.height);
    header[8] = 8; /* bits a channel */
    header[9] = 2; /* RGB; compression, filter and interlace methods are 0 */
    buf_append(out, "\x89PNG\r\n\x1a\n", 8);
    size_t chunk = chunk_begin(out, "IHDR");
    buf_append(out, header, sizeof(header));
    chunk_end(out, chunk);
}

void png_begin(struct png_writer *png, struct size size, struct buf *out)
{
    rows_finish(png);
    png->out = out;
    png->row_len = size.width * CHANNELS;
    png->row = row_new(png->row_len);
    png->above = row_new(png->row_len);
    for (size_t i = 0; i < FILTER_COUNT; i++)
        png->filtered[i] = mem_zalloc(1 + png->row_len);
    write_header(out, size);
    png->idat = chunk_begin(out, "IDAT");
    deflate_begin(png->deflate, out);
}

uint8_t *png_row(struct png_writer *png)
{
    return png->row.pixels;
}

static void filter_none(const struct row *row, const struct row *above UNUSED, uint32_t len,
                        uint8_t *restrict out)
{
    memcpy(out, row->pixels, len);
}

static void filter_sub(const struct row *row, const struct row *above UNUSED, uint32_t len,
                       uint8_t *restrict out)
{
    for (uint32_t i = 0; i < len; i++)
        out[i] = (uint8_t)(row->pixels[i] - row->memory[i]);
}

static void filter_up(const struct row *row, const struct row *above, uint32_t len,
                      uint8_t *restrict out)
{
    for (uint32_t i = 0; i < len; i++)
        out[i] = (uint8_t)(row->pixels[i] - above->pixels[i]);
}

typedef void (*filter_fn)(const struct row *row, const struct row *above, uint32_t len,
                          uint8_t *restrict out);

static const filter_fn filters[FILTER_COUNT] = {
    [FILTER_NONE] = filter_none,
    [FILTER_SUB] = filter_sub,
    [FILTER_UP] = filter_up,
};

/* The usual guess at how well bytes will compress: the sum of their distances from zero. */
static uint32_t row_cost(const uint8_t *bytes, uint32_t len)
{
    uint32_t i = 0;
    uint64_t sum = 0;
#if defined(__SSE2__)
    __m128i sums = _mm_setzero_si128();
    for (; i + 16 <= len; i += 16) {
        __m128i value = _mm_loadu_si128((const __m128i *)(const void *)(bytes + i));
        __m128i negated = _mm_sub_epi8(_mm_setzero_si128(), value);
        __m128i distance = _mm_min_epu8(value, negated);
        sums = _mm_add_epi64(sums, _mm_sad_epu8(distance, _mm_setzero_si128()));
    }
    sums = _mm_add_epi64(sums, _mm_unpackhi_epi64(sums, sums));
    sum = (uint64_t)_mm_cvtsi128_si64(sums);
#endif
    for (; i < len; i++)
        sum += bytes[i] < 128 ? bytes[i] : 256u - bytes[i];
    return (uint32_t)sum;
}

/* Applies the filter that makes the cheapest bytes. A row like the one above needs no trying. */
static enum filter filter_row(struct png_writer *png)
{
    enum filter best = FILTER_UP;
    uint32_t least = UINT32_MAX;
    bool same = memcmp(png->row.pixels, png->above.pixels, png->row_len) == 0;
    for (enum filter i = same ? FILTER_UP : FILTER_NONE; i < FILTER_COUNT; i++) {
        filters[i](&png->row, &png->above, png->row_len, png->filtered[i] + 1);
        uint32_t cost = row_cost(png->filtered[i] + 1, png->row_len);
        if (cost < least) {
            least = cost;
            best = i;
        }
    }
    return best;
}

void png_row_done(struct png_writer *png)
{
    enum filter filter = filter_row(png);
    png->filtered[filter][0] = (uint8_t)filter;
    deflate_write(png->deflate, png->filtered[filter], 1 + png->row_len);

    struct row above = png->above;
    png->above = png->row;
    png->row = above;
}

bool png_end(struct png_writer *png)
{
    bool complete = deflate_end(png->deflate);
    chunk_end(png->out, png->idat);
    chunk_end(png->out, chunk_begin(png->out, "IEND"));
    return complete && !png->out->overflowed;
}
