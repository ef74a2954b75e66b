#include "driver/scale_kernels.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))

AVX2 static inline __m128i load_16(const uint8_t *bytes)
{
    return _mm_loadu_si128((const __m128i *)(const void *)bytes);
}

AVX2 static inline void store_16(uint8_t *bytes, __m128i value)
{
    _mm_storeu_si128((__m128i *)(void *)bytes, value);
}

/* Four pixels a step. Bytes are reordered so that the multiply-add, which sums neighbours, sums
 * the same channel of two pixels; the two halves of the register hold one pair of pixels each. */
AVX2 static void horizontal(const uint8_t *source, const struct scale_taps *taps, uint8_t *out)
{
    const __m128i pairs = _mm_setr_epi8(0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15);
    const __m256i spread = _mm256_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1);
    const __m128i half = _mm_set1_epi32(1 << (SCALE_WEIGHT_BITS - 1));
    for (uint32_t i = 0; i < taps->outputs; i++) {
        const int16_t *weights = taps->weights + (size_t)i * taps->count;
        const uint8_t *pixel = source + (size_t)taps->first[i] * 4;
        __m256i sum = _mm256_setzero_si256();
        for (uint32_t k = 0; k < taps->count; k += 4, pixel += 16) {
            __m256i words = _mm256_cvtepu8_epi16(_mm_shuffle_epi8(load_16(pixel), pairs));
            __m128i four = _mm_loadl_epi64((const __m128i *)(const void *)(weights + k));
            __m256i weight = _mm256_permutevar8x32_epi32(_mm256_castsi128_si256(four), spread);
            sum = _mm256_add_epi32(sum, _mm256_madd_epi16(words, weight));
        }
        __m128i total =
            _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
        total = _mm_srai_epi32(_mm_add_epi32(total, half), SCALE_WEIGHT_BITS);
        total = _mm_packus_epi16(_mm_packs_epi32(total, total), total);
        _mm_storeu_si32(out + (size_t)i * 4, total);
    }
}

AVX2 static void vertical(const uint8_t *const *rows, const int16_t *weights, uint32_t count,
                          uint32_t len, uint8_t *out)
{
    const __m256i half = _mm256_set1_epi32(1 << (SCALE_WEIGHT_BITS - 1));
    for (uint32_t i = 0; i < len; i += 16) {
        __m256i low = half, high = half;
        for (uint32_t k = 0; k < count; k += 2) {
            __m128i a = load_16(rows[k] + i), b = load_16(rows[k + 1] + i);
            __m256i weight = _mm256_set1_epi32(
                (int32_t)((uint32_t)(uint16_t)weights[k] | (uint32_t)weights[k + 1] << 16));
            __m256i first = _mm256_cvtepu8_epi16(_mm_unpacklo_epi8(a, b));
            __m256i second = _mm256_cvtepu8_epi16(_mm_unpackhi_epi8(a, b));
            low = _mm256_add_epi32(low, _mm256_madd_epi16(first, weight));
            high = _mm256_add_epi32(high, _mm256_madd_epi16(second, weight));
        }
        low = _mm256_srai_epi32(low, SCALE_WEIGHT_BITS);
        high = _mm256_srai_epi32(high, SCALE_WEIGHT_BITS);
        /* Packing works within halves; the permutation puts the quarters back in order. */
        __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(low, high), 0xd8);
        store_16(out + i, _mm_packus_epi16(_mm256_castsi256_si128(words),
                                           _mm256_extracti128_si256(words, 1)));
    }
}

/* Four pixels a step: 16 bytes in, 12 out, the last 4 written being overwritten by the next. */
AVX2 static void pack(const uint8_t *bgrx, uint32_t pixels, uint8_t *rgb)
{
    const __m128i order = _mm_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
    for (uint32_t i = 0; i < pixels; i += 4, bgrx += 16, rgb += 12)
        store_16(rgb, _mm_shuffle_epi8(load_16(bgrx), order));
}

const struct scale_kernels scale_kernels_avx2 = {horizontal, vertical, pack};

#endif
