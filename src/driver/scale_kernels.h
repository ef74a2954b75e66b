/* The three inner loops of scaling: a plain C set that runs anywhere and an AVX2 set with the same
 * results, bit for bit. Private to scale*.c and their test. */
#ifndef DRIVER_SCALE_KERNELS_H
#define DRIVER_SCALE_KERNELS_H

#include <stdint.h>

/* Weights are fixed-point with this many fraction bits: a product of a byte and a weight, summed
 * over any number of weights that add up to one, fits 32 bits, and a weight fits 16. */
#define SCALE_WEIGHT_BITS 14

/* What each output position takes from the input: `count` neighbours from first[i] on, weighted
 * by weights[i * count ...]. The count is padded with zero weights to a multiple of four. */
struct scale_taps {
    uint32_t outputs;
    uint32_t count;
    uint32_t *first;
    int16_t *weights;
};

struct scale_kernels {
    /* One row of 4-byte pixels to taps->outputs 4-byte pixels. */
    void (*horizontal)(const uint8_t *source, const struct scale_taps *taps, uint8_t *out);
    /* `count` rows (a multiple of four) of `len` bytes (a multiple of 16) to one. */
    void (*vertical)(const uint8_t *const *rows, const int16_t *weights, uint32_t count,
                     uint32_t len, uint8_t *out);
    /* B, G, R, unused to R, G, B; may write up to IMAGE_SLACK bytes past the end of `rgb`. */
    void (*pack)(const uint8_t *bgrx, uint32_t pixels, uint8_t *rgb);
};

extern const struct scale_kernels scale_kernels_c;

#if defined(__x86_64__)
extern const struct scale_kernels scale_kernels_avx2;
#endif

/* The fastest set this processor runs. */
const struct scale_kernels *scale_kernels_best(void);

#endif
