/* A request and a response as handlers see them. Plain data. */
#ifndef NET_HTTP_TYPES_H
#define NET_HTTP_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct http_header {
    struct str name; /* of requests always lower-case */
    struct str value;
};

struct http_request {
    struct str method;                 /* as sent: methods are case-sensitive */
    struct str target;                 /* as sent */
    struct str path;                   /* of the target, still percent-encoded; "*" of OPTIONS * */
    struct str query;                  /* after the '?'; null when there is none */
    int minor;                         /* HTTP/1.minor: 0 or 1 */
    const struct http_header *headers; /* in the order sent */
    size_t header_count;
    struct str body; /* whole and decoded; empty when there is none */
    struct str peer; /* "192.0.2.1:5000", "[2001:db8::1]:5000" or "unix" */
    int listener_tag;
    bool tls;
    int64_t received_us; /* when the header block was complete */
};

/* The value of the first header with this lower-case name; null when absent. */
struct str http_request_header(const struct http_request *request, const char *name);

/* A request for a WebSocket as RFC 6455 section 4.2.1 wants it, version 13. */
bool http_is_websocket_upgrade(const struct http_request *request);

struct http_response {
    int status; /* 200-599 */
    /* The server adds Date, Content-Length or Transfer-Encoding, and Connection; these must not
     * be here. */
    const struct http_header *headers;
    size_t header_count;
    struct str body;
};

/* "Not Found"; "Unknown" for a status without a name. */
const char *http_status_reason(int status);

#endif
