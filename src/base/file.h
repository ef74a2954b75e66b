/* Whole small files. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/* Appends the file's bytes to `out`; a file past its ceiling is an error. */
bool file_read(const char *path, struct buf *out, struct err *err);

/* Replaces the file through a synced temporary one beside it, so that after a crash either the old
 * or the new bytes are there. `mode` as for open(2). */
bool file_replace(const char *path, struct str bytes, unsigned mode, struct err *err);

/* As file_replace, but fails when the file exists. */
bool file_create(const char *path, struct str bytes, unsigned mode, struct err *err);

#endif
