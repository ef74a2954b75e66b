/* Decodes a chunked body (RFC 9112 section 7.1), piece by piece and strictly. Extensions are
 * checked and ignored, as are trailers; but trailers that would frame a message are refused, since
 * others believe them. */
#ifndef NET_HTTP_CHUNKED_H
#define NET_HTTP_CHUNKED_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* Bytes of one chunk-size line with its extensions, and of all trailers together. */
#define HTTP_CHUNK_LINE_MAX    256
#define HTTP_CHUNK_TRAILER_MAX 4096

/* The longest name of a trailer that is refused, and one byte to tell longer ones. */
#define HTTP_CHUNK_NAME_MAX 18

struct http_chunked {
    unsigned char state;
    unsigned char name_len; /* of the trailer being read, lower-case */
    char name[HTTP_CHUNK_NAME_MAX];
    uint16_t line; /* bytes of the current size line, or of the trailers */
    uint64_t left; /* bytes of the current chunk that have not come yet */
};

enum http_chunked_result {
    HTTP_CHUNKED_MORE, /* everything was used; the body goes on */
    HTTP_CHUNKED_DATA, /* *ret_data is the next part of the body; call again with the rest */
    HTTP_CHUNKED_DONE, /* the body ends after the bytes used */
    HTTP_CHUNKED_BAD,
};

/* A zeroed struct http_chunked is ready for a body. Sets *ret_used always, *ret_data with DATA. */
enum http_chunked_result http_chunked_decode(struct http_chunked *decoder, const char *bytes,
                                             size_t len, size_t *ret_used, struct str *ret_data);

#endif
