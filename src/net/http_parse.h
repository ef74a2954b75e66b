/* Reads the header block of a request or a response (RFC 9112), strictly: what two parsers could
 * read in two ways is refused. See docs/decisions/0001. */
#ifndef NET_HTTP_PARSE_H
#define NET_HTTP_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/http_types.h"

enum http_block {
    HTTP_BLOCK_MORE, /* the block's end has not arrived */
    HTTP_BLOCK_DONE,
    HTTP_BLOCK_BAD, /* a line ends in LF without CR, or it is no HTTP at all: 400 */
};

/* Looks for the empty line that ends a header block. `*scanned` starts at 0 and remembers where
 * the next call goes on. DONE: the block is the first *ret_len bytes. */
enum http_block http_block_find(const char *bytes, size_t len, size_t *scanned, size_t *ret_len);

enum http_framing {
    HTTP_BODY_NONE,
    HTTP_BODY_LENGTH,
    HTTP_BODY_CHUNKED,
};

/* What the header block says about the message it opens. */
struct http_head {
    struct str method, target, path, query; /* of a request */
    int status;                             /* of a response */
    int minor;
    size_t header_count;
    enum http_framing framing;
    uint64_t content_length;
    bool keep_alive;
    bool expect_continue;
};

/* Parses a whole block in place: names become lower-case, and the results point into it. `headers`
 * has room for `max_headers`. Returns 0, or the status to refuse with (400, 414, 417, 431, 501,
 * 505) and a static reason. */
int http_parse_request(char *block, size_t len, size_t max_target, struct http_header *headers,
                       size_t max_headers, struct http_head *ret_head, const char **ret_reason);

/* The same for a response; 0 or 400. */
int http_parse_response(char *block, size_t len, struct http_header *headers, size_t max_headers,
                        struct http_head *ret_head, const char **ret_reason);

/* The value of the first header with this lower-case name; null when absent. */
struct str http_header_find(const struct http_header *headers, size_t count, const char *name);

/* Whether a comma-separated list (Connection, Upgrade) holds this lower-case token. */
bool http_list_has(struct str list, struct str token);

/* Character classes shared with the chunked decoder: bits of http_char_class[byte]. */
#define HTTP_TOKEN 1u /* of names and methods */
#define HTTP_TEXT  2u /* of header values: visible, space, tab, 0x80-0xff */
#define HTTP_URI   4u /* of request targets */
#define HTTP_HOST  8u /* of the Host header */
extern const unsigned char http_char_class[256];

#endif
