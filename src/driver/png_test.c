#include "base/test.h"

#include <libdeflate.h>
#include <stdlib.h>

#include "base/macros.h"
#include "base/mem.h"
#include "driver/png.h"

/* A decoder of its own, so that writer and reader cannot share a mistake. */

struct picture {
    uint32_t width, height;
    uint8_t *rgb;
};

static uint32_t get_u32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* Checks length and CRC; returns the data and steps over the chunk. */
static const uint8_t *take_chunk(const uint8_t **at, const uint8_t *end, const char *type,
                                 uint32_t *ret_len)
{
    const uint8_t *chunk = *at;
    uint32_t len = get_u32(chunk);
    assert_true(chunk + 12 + len <= end);
    assert_memory_equal(chunk + 4, type, 4);
    assert_int_equal(get_u32(chunk + 8 + len), libdeflate_crc32(0, chunk + 4, len + 4));
    *at = chunk + 12 + len;
    *ret_len = len;
    return chunk + 8;
}

static uint8_t predict(uint8_t filter, uint8_t left, uint8_t above)
{
    assert_in_range(filter, 0, 2);
    if (filter == 0)
        return 0;
    return filter == 1 ? left : above;
}

static void unfilter(const uint8_t *lines, struct picture *picture)
{
    size_t row_len = (size_t)picture->width * 3;
    for (size_t y = 0; y < picture->height; y++) {
        const uint8_t *line = lines + y * (row_len + 1);
        uint8_t *row = picture->rgb + y * row_len;
        for (size_t i = 0; i < row_len; i++) {
            uint8_t left = i >= 3 ? row[i - 3] : 0;
            uint8_t above = y > 0 ? row[i - row_len] : 0;
            row[i] = (uint8_t)(line[1 + i] + predict(line[0], left, above));
        }
    }
}

static struct picture decode(const struct buf *png)
{
    const uint8_t *at = (const uint8_t *)png->ptr, *end = at + png->len;
    uint32_t len;
    assert_memory_equal(at, "\x89PNG\r\n\x1a\n", 8);
    at += 8;
    const uint8_t *header = take_chunk(&at, end, "IHDR", &len);
    assert_int_equal(len, 13);
    assert_memory_equal(header + 8, ((const uint8_t[]){8, 2, 0, 0, 0}), 5);
    struct picture picture = {get_u32(header), get_u32(header + 4), NULL};

    size_t rgb_len = (size_t)picture.width * picture.height * 3;
    size_t lines_len = rgb_len + picture.height, got;
    uint8_t *lines = mem_zalloc(lines_len);
    const uint8_t *data = take_chunk(&at, end, "IDAT", &len);
    struct libdeflate_decompressor *inflate = libdeflate_alloc_decompressor();
    assert_int_equal(libdeflate_zlib_decompress(inflate, data, len, lines, lines_len, &got), 0);
    assert_int_equal(got, lines_len);
    libdeflate_free_decompressor(inflate);
    take_chunk(&at, end, "IEND", &len);
    assert_ptr_equal(at, end);

    picture.rgb = mem_zalloc(rgb_len);
    unfilter(lines, &picture);
    free(lines);
    return picture;
}

static void fill_noise(uint8_t *rgb, size_t len)
{
    for (size_t i = 0; i < len; i++)
        rgb[i] = (uint8_t)rand();
}

static void fill_flat(uint8_t *rgb, size_t len)
{
    memset(rgb, 0x33, len);
}

static void fill_gradient(uint8_t *rgb, size_t len)
{
    for (size_t i = 0; i < len; i++)
        rgb[i] = (uint8_t)(i / 7);
}

static void assert_round_trip(struct png_writer *png, struct size size,
                              void (*fill)(uint8_t *rgb, size_t len))
{
    size_t row_len = (size_t)size.width * 3, len = row_len * size.height;
    uint8_t *rgb = mem_zalloc(len);
    struct buf out;
    fill(rgb, len);
    buf_init(&out, 64u * 1024 * 1024);
    png_begin(png, size, &out);
    for (uint32_t y = 0; y < size.height; y++) {
        memcpy(png_row(png), rgb + y * row_len, row_len);
        png_row_done(png);
    }
    assert_true(png_end(png));

    struct picture picture = decode(&out);
    assert_int_equal(picture.width, size.width);
    assert_int_equal(picture.height, size.height);
    assert_memory_equal(picture.rgb, rgb, len);
    free(picture.rgb);
    free(rgb);
    buf_finish(&out);
}

/* One writer for all, as in the driver: nothing of one picture may leak into the next. */
static void test_round_trips(void **state UNUSED)
{
    static const struct size sizes[] = {{1, 1}, {5, 3}, {1024, 768}, {16, 1}, {333, 77}};
    struct png_writer *png = png_writer_create();
    for (size_t i = 0; i < countof(sizes); i++) {
        assert_round_trip(png, sizes[i], fill_noise);
        assert_round_trip(png, sizes[i], fill_flat);
        assert_round_trip(png, sizes[i], fill_gradient);
    }
    png_writer_destroy(png);
}

static void test_ceiling_is_an_error(void **state UNUSED)
{
    struct png_writer *png = png_writer_create();
    struct buf out;
    buf_init(&out, 100u * 1024);
    srand(1);
    png_begin(png, (struct size){640, 480}, &out);
    for (int y = 0; y < 480; y++) {
        fill_noise(png_row(png), 640 * 3);
        png_row_done(png);
    }
    assert_false(png_end(png));
    buf_finish(&out);
    png_writer_destroy(png);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_ceiling_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
