#include "base/test.h"

#include <stdlib.h>

#include "base/macros.h"
#include "base/mem.h"
#include "driver/scale.h"
#include "driver/scale_kernels.h"

#define WIDTH  9
#define HEIGHT 7

/* What Pillow 9.4 makes of the picture of make_picture with resize(size, LANCZOS). */
static const uint8_t pillow_5x4[] = {
    19, 19,  84,  83,  39,  110, 161, 102, 86,  182, 194, 110, 26, 114, 84,
    38, 120, 111, 102, 149, 90,  179, 204, 106, 213, 96,  93,  46, 133, 103,
    58, 176, 82,  120, 148, 107, 208, 65,  93,  123, 125, 100, 54, 153, 101,
    77, 37,  125, 138, 54,  85,  231, 111, 105, 95,  204, 100, 68, 117, 87,
};
static const uint8_t pillow_13x9[] = {
    0,   0,   255, 15,  0,   158, 47,  5,   0,   72,  17,  0,   97,  33,  204, 122, 52,  236, 148,
    78,  25,  166, 110, 0,   222, 134, 126, 211, 182, 255, 43,  255, 90,  0,   167, 0,   49,  43,
    6,   5,   30,  117, 21,  32,  34,  53,  37,  28,  78,  49,  186, 103, 65,  178, 128, 85,  69,
    154, 110, 0,   172, 126, 151, 228, 195, 203, 217, 234, 93,  49,  140, 0,   5,   87,  87,  55,
    97,  202, 14,  80,  0,   32,  82,  49,  64,  87,  191, 89,  99,  205, 114, 112, 41,  139, 124,
    0,   165, 154, 150, 183, 220, 220, 236, 222, 109, 222, 133, 0,   58,  34,  111, 15,  76,  194,
    65,  151, 178, 22,  115, 63,  39,  118, 187, 71,  121, 207, 96,  134, 0,   121, 158, 29,  146,
    187, 159, 172, 210, 236, 188, 225, 60,  252, 120, 0,   249, 12,  103, 71,  73,  243, 21,  169,
    121, 74,  199, 0,   31,  159, 255, 48,  161, 145, 80,  166, 0,   105, 178, 2,   130, 186, 202,
    155, 232, 220, 181, 239, 20,  199, 84,  0,   255, 17,  134, 244, 90,  253, 76,  130, 80,  31,
    191, 0,   82,  228, 26,  40,  226, 91,  57,  222, 9,   89,  247, 29,  114, 255, 226, 139, 109,
    177, 161, 41,  38,  190, 72,  0,   238, 60,  182, 169, 72,  221, 45,  135, 61,  32,  194, 0,
    67,  123, 104, 85,  44,  242, 47,  96,  0,   64,  94,  77,  96,  111, 219, 121, 121, 168, 146,
    42,  18,  168, 1,   18,  197, 35,  190, 255, 93,  200, 143, 125, 74,  0,   173, 0,   20,  255,
    153, 84,  150, 197, 91,  0,   133, 58,  5,   94,  75,  8,   177, 107, 10,  171, 132, 22,  0,
    157, 62,  59,  179, 95,  166, 208, 119, 197, 254, 142, 52,  169, 181, 24,  24,  213, 127, 40,
    195, 212, 90,  140, 102, 102, 97,  0,   64,  70,  255, 81,  71,  141, 113, 77,  0,   138, 89,
    4,   163, 101, 218, 185, 118, 225, 214, 144, 0,   255, 167, 0,   172, 234, 147, 23,  233, 255,
    44,  69,  65,  97,  61,  0,   108, 142, 33,
};
static const uint8_t pillow_9x3[] = {
    7,   35,  116, 44,  40, 71,  81,  55,  108, 118, 97,  116, 155, 132, 71,  192, 177,
    108, 247, 172, 116, 10, 120, 71,  47,  116, 108, 33,  159, 90,  70,  164, 102, 107,
    179, 102, 144, 129, 90, 181, 164, 102, 218, 103, 102, 180, 83,  90,  36,  148, 102,
    73,  148, 102, 59,  70, 116, 96,  75,  108, 133, 90,  71,  170, 55,  116, 207, 90,
    108, 244, 135, 71,  7,  207, 116, 62,  176, 108, 99,  74,  71,
};
static const uint8_t pillow_1x1[] = {
    119,
    121,
    98,
};

static struct image make_picture(void)
{
    uint8_t *pixels = mem_zalloc(WIDTH * HEIGHT * 4 + IMAGE_SLACK);
    for (uint32_t y = 0; y < HEIGHT; y++) {
        for (uint32_t x = 0; x < WIDTH; x++) {
            uint8_t *pixel = pixels + (y * WIDTH + x) * 4;
            pixel[2] = (uint8_t)(x * 37 + y * 11);
            pixel[1] = (uint8_t)(x * x * 5 + y * 53);
            pixel[0] = (x + y) % 3 == 0 ? 255 : 20;
            pixel[3] = 0x7f;
        }
    }
    return (struct image){pixels, WIDTH * 4, {WIDTH, HEIGHT}};
}

static uint8_t *scale(const struct image *picture, struct size size)
{
    uint8_t *rgb = mem_zalloc((size_t)size.width * size.height * 3 + IMAGE_SLACK);
    struct scaler *scaler = scaler_create(picture, size);
    for (uint32_t y = 0; y < size.height; y++)
        scaler_next_row(scaler, rgb + (size_t)y * size.width * 3);
    scaler_destroy(scaler);
    return rgb;
}

static void assert_like_pillow(struct size size, const uint8_t *expected, size_t len)
{
    struct image picture = make_picture();
    uint8_t *rgb = scale(&picture, size);
    assert_int_equal(len, size.width * size.height * 3);
    for (size_t i = 0; i < len; i++)
        assert_in_range(rgb[i] + 1, expected[i], expected[i] + 2);
    free(rgb);
    free((void *)(uintptr_t)picture.pixels);
}

static void test_scales_like_pillow(void **state UNUSED)
{
    assert_like_pillow((struct size){5, 4}, pillow_5x4, sizeof(pillow_5x4));
    assert_like_pillow((struct size){13, 9}, pillow_13x9, sizeof(pillow_13x9));
    assert_like_pillow((struct size){9, 3}, pillow_9x3, sizeof(pillow_9x3));
    assert_like_pillow((struct size){1, 1}, pillow_1x1, sizeof(pillow_1x1));
}

static void test_same_size_copies(void **state UNUSED)
{
    struct image picture = make_picture();
    uint8_t *rgb = scale(&picture, picture.size);
    for (size_t i = 0; i < WIDTH * HEIGHT; i++) {
        assert_int_equal(rgb[i * 3], picture.pixels[i * 4 + 2]);
        assert_int_equal(rgb[i * 3 + 1], picture.pixels[i * 4 + 1]);
        assert_int_equal(rgb[i * 3 + 2], picture.pixels[i * 4]);
    }
    free(rgb);
    free((void *)(uintptr_t)picture.pixels);
}

/* Weights that do not add up to one would tint it; many small ones are the hard case. */
static void test_flat_colour_stays(void **state UNUSED)
{
    enum { WIDE = 4000, LOW = 10 };
    static const struct size sizes[] = {{1, 1}, {3, 200}, {64, 48}, {331, 2}, {WIDE, LOW}};
    uint8_t *pixels = mem_zalloc(WIDE * LOW * 4 + IMAGE_SLACK);
    for (size_t i = 0; i < WIDE * LOW; i++)
        memcpy(pixels + i * 4, (const uint8_t[]){255, 1, 128, 0}, 4);
    struct image picture = {pixels, WIDE * 4, {WIDE, LOW}};
    for (size_t s = 0; s < countof(sizes); s++) {
        uint8_t *rgb = scale(&picture, sizes[s]);
        for (size_t i = 0; i < (size_t)sizes[s].width * sizes[s].height; i++)
            assert_memory_equal(rgb + i * 3, ((const uint8_t[]){128, 1, 255}), 3);
        free(rgb);
    }
    free(pixels);
}

/* The fast kernels must not differ by a single bit from the plain ones. */
static void test_kernels_agree(void **state UNUSED)
{
    enum { INPUTS = 301, OUTPUTS = 77, COUNT = 8, LEN = 320 };
    const struct scale_kernels *best = scale_kernels_best();
    uint8_t source[INPUTS * 4 + IMAGE_SLACK], fast[LEN + IMAGE_SLACK], plain[LEN + IMAGE_SLACK];
    int16_t weights[OUTPUTS * COUNT];
    uint32_t first[OUTPUTS];
    srand(1);
    for (size_t i = 0; i < sizeof(source); i++)
        source[i] = (uint8_t)rand();
    for (size_t i = 0; i < countof(weights); i++)
        weights[i] = (int16_t)(rand() % 12000 - 4000);
    for (uint32_t i = 0; i < OUTPUTS; i++)
        first[i] = (uint32_t)rand() % (INPUTS - COUNT);

    struct scale_taps taps = {OUTPUTS, COUNT, first, weights};
    best->horizontal(source, &taps, fast);
    scale_kernels_c.horizontal(source, &taps, plain);
    assert_memory_equal(fast, plain, OUTPUTS * 4);

    const uint8_t *rows[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        rows[i] = source + i * 100;
    best->vertical(rows, weights, COUNT, LEN, fast);
    scale_kernels_c.vertical(rows, weights, COUNT, LEN, plain);
    assert_memory_equal(fast, plain, LEN);

    best->pack(source, 77, fast);
    scale_kernels_c.pack(source, 77, plain);
    assert_memory_equal(fast, plain, 77 * 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scales_like_pillow),
        cmocka_unit_test(test_same_size_copies),
        cmocka_unit_test(test_flat_colour_stays),
        cmocka_unit_test(test_kernels_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
