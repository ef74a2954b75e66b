#include "net/http_types.h"

#include "base/macros.h"
#include "net/http_parse.h"

struct str http_header_find(const struct http_header *headers, size_t count, const char *name)
{
    struct str wanted = str_from(name);
    for (size_t i = 0; i < count; i++) {
        if (str_eq(headers[i].name, wanted))
            return headers[i].value;
    }
    return STR_NULL;
}

struct str http_request_header(const struct http_request *request, const char *name)
{
    return http_header_find(request->headers, request->header_count, name);
}

static bool header_has(const struct http_request *request, const char *name, struct str token)
{
    struct str wanted = str_from(name);
    for (size_t i = 0; i < request->header_count; i++) {
        const struct http_header *header = &request->headers[i];
        if (str_eq(header->name, wanted) && http_list_has(header->value, token))
            return true;
    }
    return false;
}

bool http_is_websocket_upgrade(const struct http_request *request)
{
    /* 16 random bytes in base64. */
    struct str key = http_request_header(request, "sec-websocket-key");
    return str_eq(request->method, STR("GET")) && request->minor == 1 && request->body.len == 0 &&
           header_has(request, "upgrade", STR("websocket")) &&
           header_has(request, "connection", STR("upgrade")) && key.len == 24 &&
           str_ends_with(key, STR("==")) &&
           str_eq(http_request_header(request, "sec-websocket-version"), STR("13"));
}

/* RFC 9110 section 15, and 426, 428, 429, 431, 507 from their own. */
const char *http_status_reason(int status)
{
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {204, "No Content"},
        {206, "Partial Content"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {303, "See Other"},
        {304, "Not Modified"},
        {307, "Temporary Redirect"},
        {308, "Permanent Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {406, "Not Acceptable"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {410, "Gone"},
        {411, "Length Required"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {416, "Range Not Satisfiable"},
        {417, "Expectation Failed"},
        {422, "Unprocessable Content"},
        {426, "Upgrade Required"},
        {428, "Precondition Required"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {505, "HTTP Version Not Supported"},
        {507, "Insufficient Storage"},
    };
    for (size_t i = 0; i < countof(reasons); i++) {
        if (reasons[i].status == status)
            return reasons[i].reason;
    }
    return "Unknown";
}
