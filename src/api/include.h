/* The `include` parameter: related resources that come along with an answer. */
#ifndef API_INCLUDE_H
#define API_INCLUDE_H

#include "api/call.h"

/* Reads the comma-separated query parameter `include`. `names` is a NULL-terminated list of what
 * the operation knows; bit i of *ret_mask is set for names[i]. False with 400 filled for another
 * word. */
bool include_parse(struct call *call, const char *const *names, unsigned *ret_mask);

#endif
