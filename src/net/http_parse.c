#include "net/http_parse.h"

#include "base/macros.h"

#define TK    HTTP_TOKEN
#define TX    HTTP_TEXT
#define UR    HTTP_URI
#define HO    HTTP_HOST
#define ALNUM (TK | TX | UR | HO)

const unsigned char http_char_class[256] = {
    ['\t'] = TX,           [' '] = TX,
    ['!'] = ALNUM,         ['"'] = TX | UR,
    ['#'] = TK | TX,       ['$'] = ALNUM,
    ['%'] = ALNUM,         ['&'] = ALNUM,
    ['\''] = ALNUM,        ['('] = TX | UR | HO,
    [')'] = TX | UR | HO,  ['*'] = ALNUM,
    ['+'] = ALNUM,         [','] = TX | UR,
    ['-'] = ALNUM,         ['.'] = ALNUM,
    ['/'] = TX | UR,       ['0' ... '9'] = ALNUM,
    [':'] = TX | UR | HO,  [';'] = TX | UR | HO,
    ['<'] = TX | UR,       ['='] = TX | UR | HO,
    ['>'] = TX | UR,       ['?'] = TX | UR,
    ['@'] = TX | UR,       ['A' ... 'Z'] = ALNUM,
    ['['] = TX | UR | HO,  ['\\'] = TX | UR,
    [']'] = TX | UR | HO,  ['^'] = TK | TX | UR,
    ['_'] = ALNUM,         ['`'] = TK | TX | UR,
    ['a' ... 'z'] = ALNUM, ['{'] = TX | UR,
    ['|'] = TK | TX | UR,  ['}'] = TX | UR,
    ['~'] = ALNUM,         [0x80 ... 0xff] = TX,
};

struct refusal {
    int status;
    const char *reason;
};

#define ACCEPTED                ((struct refusal){0, NULL})
#define REFUSED(status, reason) ((struct refusal){(status), (reason)})

/* The bytes not parsed yet. */
struct cursor {
    char *at, *end;
};

/* What has been seen, for the rules about several headers together. */
struct parse {
    struct http_head *head;
    size_t hosts, lengths, codings;
    bool close, keep_alive, chunked, chunked_only;
};

static bool is_class(char c, unsigned class)
{
    return http_char_class[(unsigned char)c] & class;
}

/* Cuts off the longest run of the class. */
static struct str take_class(struct cursor *cursor, unsigned class)
{
    char *start = cursor->at;
    while (cursor->at < cursor->end && is_class(*cursor->at, class))
        cursor->at++;
    return str_of(start, (size_t)(cursor->at - start));
}

static bool take_literal(struct cursor *cursor, struct str literal)
{
    size_t left = (size_t)(cursor->end - cursor->at);
    if (left < literal.len || memcmp(cursor->at, literal.ptr, literal.len) != 0)
        return false;
    cursor->at += literal.len;
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* --- The end of the block --- */

enum http_block http_block_find(const char *bytes, size_t len, size_t *scanned, size_t *ret_len)
{
    /* A TLS hello or an empty line is noticed before its "header block" fills up. */
    if (len > 0 && !is_class(bytes[0], HTTP_TOKEN))
        return HTTP_BLOCK_BAD;
    const char *lf;
    while ((lf = memchr(bytes + *scanned, '\n', len - *scanned))) {
        size_t at = (size_t)(lf - bytes);
        if (at == 0 || bytes[at - 1] != '\r')
            return HTTP_BLOCK_BAD;
        *scanned = at + 1;
        if (at >= 2 && bytes[at - 2] == '\n') {
            *ret_len = at + 1;
            return HTTP_BLOCK_DONE;
        }
    }
    *scanned = len;
    return HTTP_BLOCK_MORE;
}

/* --- Header fields --- */

bool http_list_has(struct str list, struct str token)
{
    struct str part;
    while (str_split(&list, ',', &part)) {
        if (str_eq_nocase(str_trim(part), token))
            return true;
    }
    return false;
}

static struct refusal on_host(struct parse *parse, struct str value)
{
    for (size_t i = 0; i < value.len; i++) {
        if (!is_class(value.ptr[i], HTTP_HOST))
            return REFUSED(400, "The Host header is malformed");
    }
    return ++parse->hosts > 1 ? REFUSED(400, "There is more than one Host header") : ACCEPTED;
}

/* Not everybody takes a tab behind a length or a coding for white space (llhttp does not). The
 * value was cut out of a line that ends in CR. */
static bool is_followed_by_tab(struct str value)
{
    const char *at = value.ptr + value.len;
    while (*at == ' ')
        at++;
    return *at == '\t';
}

static struct refusal on_content_length(struct parse *parse, struct str value)
{
    uint64_t length = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (!is_digit(value.ptr[i]) || __builtin_mul_overflow(length, UINT64_C(10), &length) ||
            __builtin_add_overflow(length, (uint64_t)(value.ptr[i] - '0'), &length))
            return REFUSED(400, "The Content-Length header is malformed");
    }
    if (value.len == 0 || is_followed_by_tab(value))
        return REFUSED(400, "The Content-Length header is malformed");
    if (++parse->lengths > 1)
        return REFUSED(400, "There is more than one Content-Length header");
    parse->head->content_length = length;
    return ACCEPTED;
}

static struct refusal on_transfer_encoding(struct parse *parse, struct str value)
{
    if (++parse->codings > 1)
        return REFUSED(400, "There is more than one Transfer-Encoding header");
    if (is_followed_by_tab(value))
        return REFUSED(400, "The Transfer-Encoding header is malformed");
    parse->chunked = str_eq_nocase(value, STR("chunked"));
    return ACCEPTED;
}

static struct refusal on_connection(struct parse *parse, struct str value)
{
    parse->close |= http_list_has(value, STR("close"));
    parse->keep_alive |= http_list_has(value, STR("keep-alive"));
    return ACCEPTED;
}

static struct refusal on_expect(struct parse *parse, struct str value)
{
    if (!str_eq_nocase(value, STR("100-continue")))
        return REFUSED(417, "The only expectation known is 100-continue");
    parse->head->expect_continue = true;
    return ACCEPTED;
}

static struct refusal on_known_header(struct parse *parse, const struct http_header *header)
{
    static const struct {
        struct str name;
        struct refusal (*seen)(struct parse *parse, struct str value);
    } known[] = {
        {{"host", 4}, on_host},
        {{"content-length", 14}, on_content_length},
        {{"transfer-encoding", 17}, on_transfer_encoding},
        {{"connection", 10}, on_connection},
        {{"expect", 6}, on_expect},
    };
    for (size_t i = 0; i < countof(known); i++) {
        if (str_eq(header->name, known[i].name))
            return known[i].seen(parse, header->value);
    }
    return ACCEPTED;
}

static struct str take_name(struct cursor *cursor)
{
    struct str name = take_class(cursor, HTTP_TOKEN);
    for (char *c = cursor->at - name.len; c < cursor->at; c++) {
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c | 0x20);
    }
    return name;
}

static struct refusal take_header(struct cursor *cursor, struct http_header *header)
{
    if (*cursor->at == ' ' || *cursor->at == '\t')
        return REFUSED(400, "A header is folded over several lines");
    header->name = take_name(cursor);
    if (header->name.len == 0 || !take_literal(cursor, STR(":")))
        return REFUSED(400, "A header name is malformed");
    header->value = str_trim(take_class(cursor, HTTP_TEXT));
    if (!take_literal(cursor, STR("\r\n")))
        return REFUSED(400, "A header value holds a character that is not allowed");
    return ACCEPTED;
}

/* The block ends with an empty line, so there is a byte to look at. */
static struct refusal take_headers(struct cursor *cursor, struct parse *parse,
                                   struct http_header *headers, size_t max_headers)
{
    struct http_head *head = parse->head;
    while (!take_literal(cursor, STR("\r\n"))) {
        if (head->header_count == max_headers)
            return REFUSED(431, "There are too many headers");
        struct http_header *header = &headers[head->header_count++];
        struct refusal refusal = take_header(cursor, header);
        if (refusal.status == 0)
            refusal = on_known_header(parse, header);
        if (refusal.status != 0)
            return refusal;
    }
    return cursor->at == cursor->end ? ACCEPTED : REFUSED(400, "The header block is malformed");
}

/* --- Request line --- */

static void split_path(struct http_head *head, struct str path)
{
    ptrdiff_t mark = str_find(path, '?');
    head->path = mark < 0 ? path : str_slice(path, 0, (size_t)mark);
    head->query = mark < 0 ? STR_NULL : str_slice(path, (size_t)mark + 1, path.len);
    if (head->path.len == 0)
        head->path = STR("/");
}

/* "http://host:port/path?query": the host part is checked and then ignored, as Host is. */
static bool split_absolute(struct http_head *head)
{
    static const struct str schemes[] = {{"http://", 7}, {"https://", 8}};
    for (size_t i = 0; i < countof(schemes); i++) {
        size_t at = schemes[i].len;
        if (!str_eq_nocase(str_slice(head->target, 0, at), schemes[i]))
            continue;
        while (at < head->target.len && is_class(head->target.ptr[at], HTTP_HOST))
            at++;
        struct str rest = str_slice(head->target, at, head->target.len);
        if (at == schemes[i].len || (rest.len > 0 && rest.ptr[0] != '/' && rest.ptr[0] != '?'))
            return false;
        split_path(head, rest);
        return true;
    }
    return false;
}

static bool split_target(struct http_head *head)
{
    if (head->target.ptr[0] == '/') {
        split_path(head, head->target);
        return true;
    }
    if (str_eq(head->target, STR("*")) && str_eq(head->method, STR("OPTIONS"))) {
        head->path = head->target;
        return true;
    }
    return split_absolute(head);
}

/* "HTTP/1.0" or "HTTP/1.1"; another digit or two is a version we do not speak. */
static struct refusal take_version(struct cursor *cursor, int *ret_minor)
{
    const char *at = cursor->at;
    if (cursor->end - at < 8 || memcmp(at, "HTTP/", 5) != 0 || !is_digit(at[5]) || at[6] != '.' ||
        !is_digit(at[7]))
        return REFUSED(400, "The HTTP version is malformed");
    if (at[5] != '1' || at[7] > '1')
        return REFUSED(505, "Only HTTP/1.0 and HTTP/1.1 are spoken here");
    *ret_minor = at[7] - '0';
    cursor->at += 8;
    return ACCEPTED;
}

static struct refusal take_request_line(struct cursor *cursor, struct http_head *head,
                                        size_t max_target)
{
    head->method = take_class(cursor, HTTP_TOKEN);
    if (head->method.len == 0 || !take_literal(cursor, STR(" ")))
        return REFUSED(400, "The method is malformed");
    head->target = take_class(cursor, HTTP_URI);
    if (head->target.len > max_target)
        return REFUSED(414, "The request target is too long");
    if (head->target.len == 0 || !take_literal(cursor, STR(" ")))
        return REFUSED(400, "The request target is malformed");
    struct refusal refusal = take_version(cursor, &head->minor);
    if (refusal.status != 0)
        return refusal;
    if (!take_literal(cursor, STR("\r\n")))
        return REFUSED(400, "The request line is malformed");
    if (str_eq(head->method, STR("CONNECT")))
        return REFUSED(501, "This server is not a proxy");
    return split_target(head) ? ACCEPTED : REFUSED(400, "The request target is malformed");
}

/* --- The message as a whole --- */

/* RFC 9112 section 6, where it leaves a choice: refuse. */
static struct refusal decide_framing(const struct parse *parse)
{
    struct http_head *head = parse->head;
    if (parse->codings > 0 && parse->lengths > 0)
        return REFUSED(400, "Content-Length and Transfer-Encoding exclude each other");
    if (parse->codings > 0 && head->minor == 0)
        return REFUSED(400, "HTTP/1.0 has no Transfer-Encoding");
    if (parse->codings > 0 && !parse->chunked)
        return REFUSED(501, "The only transfer coding known is chunked");
    if (parse->chunked)
        head->framing = HTTP_BODY_CHUNKED;
    else if (head->content_length > 0)
        head->framing = HTTP_BODY_LENGTH;
    head->keep_alive = !parse->close && (head->minor == 1 || parse->keep_alive);
    return ACCEPTED;
}

static struct refusal parse_request(struct cursor *cursor, struct parse *parse, size_t max_target,
                                    struct http_header *headers, size_t max_headers)
{
    struct refusal refusal = take_request_line(cursor, parse->head, max_target);
    if (refusal.status == 0)
        refusal = take_headers(cursor, parse, headers, max_headers);
    if (refusal.status == 0 && parse->head->minor == 1 && parse->hosts == 0)
        refusal = REFUSED(400, "The Host header is missing");
    if (refusal.status == 0)
        refusal = decide_framing(parse);
    return refusal;
}

int http_parse_request(char *block, size_t len, size_t max_target, struct http_header *headers,
                       size_t max_headers, struct http_head *ret_head, const char **ret_reason)
{
    struct http_head head = {0};
    struct cursor cursor = {block, block + len};
    struct parse parse = {.head = &head};
    struct refusal refusal = parse_request(&cursor, &parse, max_target, headers, max_headers);
    if (refusal.status != 0) {
        *ret_reason = refusal.reason;
        return refusal.status;
    }
    *ret_head = head;
    return 0;
}

static struct refusal take_status_line(struct cursor *cursor, struct http_head *head)
{
    struct refusal refusal = take_version(cursor, &head->minor);
    if (refusal.status != 0)
        return REFUSED(400, refusal.reason);
    const char *at = cursor->at;
    if (cursor->end - at < 4 || at[0] != ' ' || at[1] < '1' || at[1] > '5' || !is_digit(at[2]) ||
        !is_digit(at[3]))
        return REFUSED(400, "The status line is malformed");
    head->status = (at[1] - '0') * 100 + (at[2] - '0') * 10 + (at[3] - '0');
    cursor->at += 4;
    /* The reason phrase is for people; some servers leave it out with its space. */
    if (take_literal(cursor, STR(" ")))
        take_class(cursor, HTTP_TEXT);
    return take_literal(cursor, STR("\r\n")) ? ACCEPTED
                                             : REFUSED(400, "The status line is malformed");
}

int http_parse_response(char *block, size_t len, struct http_header *headers, size_t max_headers,
                        struct http_head *ret_head, const char **ret_reason)
{
    struct http_head head = {0};
    struct cursor cursor = {block, block + len};
    struct parse parse = {.head = &head};
    struct refusal refusal = take_status_line(&cursor, &head);
    if (refusal.status == 0)
        refusal = take_headers(&cursor, &parse, headers, max_headers);
    if (refusal.status == 0)
        refusal = decide_framing(&parse);
    if (refusal.status != 0) {
        *ret_reason = refusal.reason;
        return 400;
    }
    *ret_head = head;
    return 0;
}
