#include "driver/scale_kernels.h"

static uint8_t clamp_to_byte(int32_t sum)
{
    int32_t value = (sum + (1 << (SCALE_WEIGHT_BITS - 1))) >> SCALE_WEIGHT_BITS;
    if (value < 0)
        return 0;
    return value > 255 ? 255 : (uint8_t)value;
}

static void horizontal(const uint8_t *source, const struct scale_taps *taps, uint8_t *out)
{
    for (uint32_t i = 0; i < taps->outputs; i++) {
        const int16_t *weights = taps->weights + (size_t)i * taps->count;
        const uint8_t *pixel = source + (size_t)taps->first[i] * 4;
        int32_t sum[4] = {0};
        for (uint32_t k = 0; k < taps->count; k++, pixel += 4)
            for (int channel = 0; channel < 4; channel++)
                sum[channel] += pixel[channel] * weights[k];
        for (int channel = 0; channel < 4; channel++)
            out[i * 4 + (uint32_t)channel] = clamp_to_byte(sum[channel]);
    }
}

static void vertical(const uint8_t *const *rows, const int16_t *weights, uint32_t count,
                     uint32_t len, uint8_t *out)
{
    for (uint32_t i = 0; i < len; i++) {
        int32_t sum = 0;
        for (uint32_t k = 0; k < count; k++)
            sum += rows[k][i] * weights[k];
        out[i] = clamp_to_byte(sum);
    }
}

static void pack(const uint8_t *bgrx, uint32_t pixels, uint8_t *rgb)
{
    for (uint32_t i = 0; i < pixels; i++, bgrx += 4, rgb += 3) {
        rgb[0] = bgrx[2];
        rgb[1] = bgrx[1];
        rgb[2] = bgrx[0];
    }
}

const struct scale_kernels scale_kernels_c = {horizontal, vertical, pack};
