/* A zlib stream (RFC 1950) written at the speed of a screenshot. One of two implementations is
 * built: ISA-L's igzip where it exists (deflate_isal.c), else libdeflate. */
#ifndef DRIVER_DEFLATE_H
#define DRIVER_DEFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct deflate;

struct deflate *deflate_create(void);
void deflate_destroy(struct deflate *deflate);

/* Starts a stream that is appended to `out`. One stream at a time; begin drops an unfinished one.
 */
void deflate_begin(struct deflate *deflate, struct buf *out);
void deflate_write(struct deflate *deflate, const uint8_t *bytes, size_t len);
/* Ends the stream. False when `out` had no room (its ceiling) for all of it. */
MUST_CHECK bool deflate_end(struct deflate *deflate);

/* The CRC of PNG chunks (ISO 3309), continued from `crc`; starts with 0. */
uint32_t deflate_crc32(uint32_t crc, const void *bytes, size_t len);

#endif
