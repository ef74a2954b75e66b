/* A picture in memory: rows of 4-byte pixels, blue first (B, G, R, unused), as X servers on
 * little-endian machines keep a 24-bit TrueColor screen. The pixels belong to somebody else. */
#ifndef DRIVER_IMAGE_H
#define DRIVER_IMAGE_H

#include <stddef.h>
#include <stdint.h>

/* Readers take whole vectors: this many bytes behind the last pixel must be readable. */
#define IMAGE_SLACK 64

struct size {
    uint32_t width;
    uint32_t height;
};

struct image {
    const uint8_t *pixels;
    size_t stride; /* bytes from one row to the next */
    struct size size;
};

#endif
