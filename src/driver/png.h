/* Writes PNG files: RGB, 8 bits, row by row. */
#ifndef DRIVER_PNG_H
#define DRIVER_PNG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "driver/image.h"

struct png_writer;

struct png_writer *png_writer_create(void);
void png_writer_destroy(struct png_writer *png);

/* Starts a picture of at least 1x1 that is appended to `out`. */
void png_begin(struct png_writer *png, struct size size, struct buf *out);

/* Where the next row goes: width x 3 bytes R, G, B, and IMAGE_SLACK bytes of room behind. Fill it,
 * then call png_row_done. Exactly `height` times. */
uint8_t *png_row(struct png_writer *png);
void png_row_done(struct png_writer *png);

/* Completes the picture. False when `out` hit its ceiling. */
MUST_CHECK bool png_end(struct png_writer *png);

#endif
