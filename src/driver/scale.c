#include "driver/scale.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/macros.h"
#include "base/mem.h"
#include "driver/scale_kernels.h"

#define LANCZOS_LOBES 3.0
#define WEIGHT_ONE    (1 << SCALE_WEIGHT_BITS)

/* Horizontally scaled source rows live in a ring of `taps` slots: source row y is in slot
 * y % slots. Output rows ask for rising windows, so each source row is scaled once. */
struct scaler {
    struct image source;
    const struct scale_kernels *kernels;
    bool copy;
    struct scale_taps across;
    struct scale_taps down;
    uint32_t next_output;
    uint32_t next_source; /* first source row not yet in the ring */
    uint32_t row_len;     /* bytes of a ring slot, a multiple of 16 */
    uint8_t *ring;
    uint8_t *blended;
    const uint8_t **window;
};

const struct scale_kernels *scale_kernels_best(void)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2"))
        return &scale_kernels_avx2;
#endif
    return &scale_kernels_c;
}

static double sinc(double x)
{
    return fabs(x) < 1e-12 ? 1.0 : sin(M_PI * x) / (M_PI * x);
}

static double lanczos(double x)
{
    return fabs(x) < LANCZOS_LOBES ? sinc(x) * sinc(x / LANCZOS_LOBES) : 0.0;
}

/* Rounds to fixed point so that the weights still add up to exactly one: a flat area keeps its
 * colour. What rounding left over goes to the largest weight. */
static void store_weights(const double *weights, uint32_t count, double sum, int16_t *out)
{
    int32_t left = WEIGHT_ONE;
    uint32_t largest = 0;
    for (uint32_t k = 0; k < count; k++) {
        out[k] = (int16_t)lround(weights[k] / sum * WEIGHT_ONE);
        left -= out[k];
        if (out[k] > out[largest])
            largest = k;
    }
    out[largest] = (int16_t)(out[largest] + left);
}

/* Pillow's choice of neighbours and weights (its Resample.c, precompute_coeffs). */
static void taps_init(struct scale_taps *taps, uint32_t inputs, uint32_t outputs)
{
    double step = (double)inputs / outputs;
    double stretch = fmax(step, 1.0);
    double support = LANCZOS_LOBES * stretch;
    uint32_t reach = MIN_OF((uint32_t)ceil(support) * 2 + 1, inputs);

    taps->outputs = outputs;
    taps->count = (reach + 3) / 4 * 4;
    taps->first = mem_zalloc(outputs * sizeof(*taps->first));
    taps->weights = mem_zalloc((size_t)outputs * taps->count * sizeof(*taps->weights));
    double *weights = mem_zalloc(reach * sizeof(*weights));
    for (uint32_t i = 0; i < outputs; i++) {
        double center = (i + 0.5) * step;
        uint32_t first = (uint32_t)fmax(center - support + 0.5, 0.0);
        uint32_t end = (uint32_t)fmin(center + support + 0.5, inputs);
        double sum = 0;
        for (uint32_t k = 0; k < end - first; k++) {
            weights[k] = lanczos((first + k - center + 0.5) / stretch);
            sum += weights[k];
        }
        /* Near the end the window slides back, so that its padding stays inside the input. */
        taps->first[i] = MIN_OF(first, inputs - MIN_OF(taps->count, inputs));
        store_weights(weights, end - first, sum,
                      taps->weights + (size_t)i * taps->count + (first - taps->first[i]));
    }
    free(weights);
}

static void taps_finish(struct scale_taps *taps)
{
    free(taps->first);
    free(taps->weights);
}

struct scaler *scaler_create(const struct image *source, struct size size)
{
    struct scaler *scaler = MEM_NEW(struct scaler);
    scaler->source = *source;
    scaler->kernels = scale_kernels_best();
    scaler->copy = source->size.width == size.width && source->size.height == size.height;
    if (scaler->copy)
        return scaler;
    taps_init(&scaler->across, source->size.width, size.width);
    taps_init(&scaler->down, source->size.height, size.height);
    scaler->row_len = (size.width * 4 + 15) / 16 * 16;
    scaler->ring = mem_zalloc((size_t)scaler->row_len * scaler->down.count + IMAGE_SLACK);
    scaler->blended = mem_zalloc(scaler->row_len + IMAGE_SLACK);
    scaler->window = mem_zalloc(scaler->down.count * sizeof(*scaler->window));
    return scaler;
}

void scaler_destroy(struct scaler *scaler)
{
    if (!scaler)
        return;
    taps_finish(&scaler->across);
    taps_finish(&scaler->down);
    free(scaler->ring);
    free(scaler->blended);
    free(scaler->window);
    free(scaler);
}

static const uint8_t *source_row(const struct scaler *scaler, uint32_t y)
{
    return scaler->source.pixels + (size_t)y * scaler->source.stride;
}

static uint8_t *ring_slot(const struct scaler *scaler, uint32_t y)
{
    return scaler->ring + (size_t)(y % scaler->down.count) * scaler->row_len;
}

/* Screens are full of rows like the one above; their result is like the one above, too. */
static bool repeats_row_above(const struct scaler *scaler, uint32_t y)
{
    return y > 0 && memcmp(source_row(scaler, y), source_row(scaler, y - 1),
                           (size_t)scaler->source.size.width * 4) == 0;
}

/* Brings the ring up to the last source row of the window that starts at `first`. */
static void fill_ring(struct scaler *scaler, uint32_t first)
{
    uint32_t end = MIN_OF(first + scaler->down.count, scaler->source.size.height);
    for (; scaler->next_source < end; scaler->next_source++) {
        uint32_t y = scaler->next_source;
        if (repeats_row_above(scaler, y))
            memcpy(ring_slot(scaler, y), ring_slot(scaler, y - 1), scaler->row_len);
        else
            scaler->kernels->horizontal(source_row(scaler, y), &scaler->across,
                                        ring_slot(scaler, y));
    }
}

void scaler_next_row(struct scaler *scaler, uint8_t *rgb)
{
    uint32_t y = scaler->next_output++;
    if (scaler->copy) {
        scaler->kernels->pack(source_row(scaler, y), scaler->source.size.width, rgb);
        return;
    }
    uint32_t first = scaler->down.first[y];
    fill_ring(scaler, first);
    for (uint32_t k = 0; k < scaler->down.count; k++)
        scaler->window[k] = ring_slot(scaler, first + k);
    scaler->kernels->vertical(scaler->window, scaler->down.weights + (size_t)y * scaler->down.count,
                              scaler->down.count, scaler->row_len, scaler->blended);
    scaler->kernels->pack(scaler->blended, scaler->across.outputs, rgb);
}
