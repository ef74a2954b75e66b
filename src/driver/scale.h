/* Lanczos resampling with the results of Pillow's Image.resize(LANCZOS), one row at a time: only
 * the few source rows that an output row needs are ever held, so the work stays in the cache. */
#ifndef DRIVER_SCALE_H
#define DRIVER_SCALE_H

#include <stdint.h>

#include "driver/image.h"

struct scaler;

/* Prepares to resample `source` to `size`, both at least 1x1. The pixels of `source` must stay
 * until scaler_destroy. Same-size scaling copies. */
struct scaler *scaler_create(const struct image *source, struct size size);
void scaler_destroy(struct scaler *scaler);

/* Writes the next output row, from the top, as width x 3 bytes R, G, B at `rgb`, which has
 * IMAGE_SLACK bytes of room behind. Must be called at most `height` times. */
void scaler_next_row(struct scaler *scaler, uint8_t *rgb);

#endif
