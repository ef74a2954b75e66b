#include "net/ws_frame.h"

#include "base/buf.h"
#include "base/macros.h"
#include "base/test.h"

#define MAX_MESSAGE 70000

static const unsigned char mask[4] = {0x12, 0x34, 0x56, 0x78};

/* One frame as a client sends it. */
static void put_frame(struct buf *out, unsigned first_byte, struct str payload)
{
    unsigned char head[WS_HEAD_MAX];
    size_t len = ws_encode_head(head, WS_TEXT, payload.len, mask);
    head[0] = (unsigned char)first_byte;
    buf_append(out, head, len);
    size_t start = out->len;
    buf_append_str(out, payload);
    ws_mask(out->ptr + start, payload.len, mask, 0);
}

/* What a decoder tells of `bytes`, as text: "T:hello C:1000:bye !1002". */
static void tell(struct buf *bytes, size_t step, struct buf *out)
{
    static const char *const names[] = {
        [WS_TEXT] = "T", [WS_BINARY] = "B", [WS_CLOSE] = "C", [WS_PING] = "P", [WS_PONG] = "O"};
    struct ws_decoder decoder;
    ws_decoder_init(&decoder, true, MAX_MESSAGE);
    size_t at = 0;
    int code = 0;
    while (at < bytes->len && code == 0) {
        struct ws_event event;
        size_t used;
        enum ws_decoded decoded = ws_decode(&decoder, bytes->ptr + at,
                                            MIN_OF(step, bytes->len - at), &used, &event, &code);
        at += used;
        if (decoded == WS_DECODED_BAD)
            buf_printf(out, "!%d ", code);
        if (decoded != WS_DECODED_EVENT)
            continue;
        buf_printf(out, "%s:", names[event.opcode]);
        if (event.opcode == WS_CLOSE)
            buf_printf(out, "%d:", event.close_code);
        buf_printf(out, "%.*s ", (int)MIN_OF(event.payload.len, 20u), event.payload.ptr);
    }
    ws_decoder_finish(&decoder);
}

static void assert_told(struct buf *bytes, const char *expected)
{
    static const size_t steps[] = {1, 2, 3, 7, 100, 1000000};
    for (size_t i = 0; i < countof(steps); i++) {
        struct buf out, copy;
        buf_init(&out, 100000);
        buf_init(&copy, 200000);
        buf_append_str(&copy, buf_str(bytes)); /* decoding changes the bytes */
        tell(&copy, steps[i], &out);
        if (!str_eq(buf_str(&out), str_from(expected)))
            fail_msg("steps of %zu: \"%.*s\", not \"%s\"", steps[i], STR_FMT(buf_str(&out)),
                     expected);
        buf_finish(&out);
        buf_finish(&copy);
    }
    buf_finish(bytes);
}

static const struct {
    struct {
        unsigned first_byte;
        struct str payload;
    } frames[5];
    const char *expected;
} cases[] = {
    {{{0x81, {"hello", 5}}}, "T:hello "},
    {{{0x82, {"\xff", 1}}, {0x81, {"", 0}}}, "B:\xff T: "},
    {{{0x01, {"he", 2}}, {0x00, {"l", 1}}, {0x80, {"lo", 2}}}, "T:hello "},
    {{{0x01, {"", 0}}, {0x80, {"", 0}}, {0x81, {"x", 1}}}, "T: T:x "},
    {{{0x02, {"he", 2}}, {0x89, {"p", 1}}, {0x8a, {"q", 1}}, {0x80, {"llo", 3}}},
     "P:p O:q B:hello "},
    /* A character may be split over fragments. */
    {{{0x01, {"\xc3", 1}}, {0x80, {"\xa9", 1}}}, "T:\xc3\xa9 "},
    {{{0x81, {"\xc3", 1}}}, "!1007 "},
    {{{0x01, {"a", 1}}, {0x80, {"\xed\xa0\x80", 3}}}, "!1007 "},
    {{{0x88, {"", 0}}}, "C:1005: "},
    {{{0x88,
       {"\x03\xe8"
        "bye",
        5}}},
     "C:1000:bye "},
    {{{0x88, {"\x0f\xa1", 2}}}, "C:4001: "},
    {{{0x88, {"\x03", 1}}}, "!1002 "},
    {{{0x88, {"\x03\xed", 2}}}, "!1002 "}, /* 1005 is never sent */
    {{{0x88, {"\x03\xee", 2}}}, "!1002 "},
    {{{0x88, {"\x03\xe7", 2}}}, "!1002 "},
    {{{0x88, {"\x07\xd0", 2}}}, "!1002 "}, /* 2000 */
    {{{0x88, {"\x03\xe8\xff", 3}}}, "!1007 "},
    {{{0xc1, {"a", 1}}}, "!1002 "}, /* RSV1: no extension was negotiated */
    {{{0xa1, {"a", 1}}}, "!1002 "},
    {{{0x91, {"a", 1}}}, "!1002 "},
    {{{0x83, {"a", 1}}}, "!1002 "}, /* opcodes nobody has defined */
    {{{0x8b, {"a", 1}}}, "!1002 "},
    {{{0x80, {"a", 1}}}, "!1002 "},                   /* nothing to continue */
    {{{0x01, {"a", 1}}, {0x81, {"b", 1}}}, "!1002 "}, /* a message inside a message */
    {{{0x09, {"a", 1}}}, "!1002 "},                   /* a ping in parts */
};

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < countof(cases); i++) {
        struct buf bytes;
        buf_init(&bytes, 10000);
        for (size_t f = 0; f < countof(cases[i].frames) && cases[i].frames[f].payload.ptr; f++)
            put_frame(&bytes, cases[i].frames[f].first_byte, cases[i].frames[f].payload);
        assert_told(&bytes, cases[i].expected);
    }
}

static void put_repeated(struct buf *out, unsigned first_byte, size_t len)
{
    static char filler[MAX_MESSAGE + 1];
    memset(filler, 'x', sizeof(filler));
    put_frame(out, first_byte, str_of(filler, len));
}

static void test_lengths(void **state)
{
    (void)state;
    static const struct {
        size_t len;
        const char *expected;
    } lengths[] = {
        {125, "T:xxxxxxxxxxxxxxxxxxxx "},         {126, "T:xxxxxxxxxxxxxxxxxxxx "},
        {65535, "T:xxxxxxxxxxxxxxxxxxxx "},       {65536, "T:xxxxxxxxxxxxxxxxxxxx "},
        {MAX_MESSAGE, "T:xxxxxxxxxxxxxxxxxxxx "}, {MAX_MESSAGE + 1, "!1009 "},
    };
    for (size_t i = 0; i < countof(lengths); i++) {
        struct buf bytes;
        buf_init(&bytes, 2 * MAX_MESSAGE);
        put_repeated(&bytes, 0x81, lengths[i].len);
        assert_told(&bytes, lengths[i].expected);
    }
}

static void test_limit_counts_all_fragments(void **state)
{
    (void)state;
    struct buf bytes;
    buf_init(&bytes, 2 * MAX_MESSAGE);
    put_repeated(&bytes, 0x01, MAX_MESSAGE - 1);
    put_repeated(&bytes, 0x80, 2);
    assert_told(&bytes, "!1009 ");
}

static void assert_raw(const char *bytes, size_t len, const char *expected)
{
    struct buf buf;
    buf_init(&buf, 100);
    buf_append(&buf, bytes, len);
    assert_told(&buf, expected);
}

static void test_bad_heads(void **state)
{
    (void)state;
    assert_raw("\x81\x05hello", 7, "!1002 ");    /* not masked */
    assert_raw("\x89\xfe\x00\x7e", 4, "!1002 "); /* a long ping */
    assert_raw("\x81\xfe\x00\x05"
               "maskhello",
               13, "!1002 "); /* 5 in the 16-bit form */
    assert_raw("\x82\xff\0\0\0\0\0\0\xff\xff"
               "mask",
               14, "!1002 ");
    assert_raw("\x82\xff\x80\0\0\0\0\0\0\0"
               "mask",
               14, "!1002 ");
    assert_raw("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff"
               "mask",
               14, "!1009 ");
}

static void test_client_refuses_masked_frames(void **state)
{
    (void)state;
    struct ws_decoder decoder;
    struct ws_event event;
    size_t used;
    int code = 0;
    char masked[] = "\x81\x81mask", plain[] = "\x81\x01x";
    ws_decoder_init(&decoder, false, 100);
    assert_int_equal(ws_decode(&decoder, plain, 3, &used, &event, &code), WS_DECODED_EVENT);
    assert_str_equal(event.payload, "x");
    assert_int_equal(ws_decode(&decoder, masked, 6, &used, &event, &code), WS_DECODED_BAD);
    assert_int_equal(code, WS_CLOSE_PROTOCOL);
    ws_decoder_finish(&decoder);
}

static void test_no_memory_between_messages(void **state)
{
    (void)state;
    struct ws_decoder decoder;
    struct ws_event event;
    struct buf bytes;
    size_t used;
    int code;
    buf_init(&bytes, 2 * MAX_MESSAGE);
    ws_decoder_init(&decoder, true, MAX_MESSAGE);
    put_repeated(&bytes, 0x02, 50000);
    put_repeated(&bytes, 0x80, 10);
    assert_int_equal(ws_decode(&decoder, bytes.ptr, bytes.len, &used, &event, &code),
                     WS_DECODED_EVENT);
    assert_int_equal(event.payload.len, 50010);
    assert_int_equal(ws_decode(&decoder, bytes.ptr, 0, &used, &event, &code), WS_DECODED_MORE);
    assert_int_equal(decoder.message.capacity, 0);
    buf_finish(&bytes);
    ws_decoder_finish(&decoder);
}

static void test_mask_at_any_position(void **state)
{
    (void)state;
    char whole[64], parts[64];
    for (size_t i = 0; i < sizeof(whole); i++)
        whole[i] = parts[i] = (char)i;
    ws_mask(whole, sizeof(whole), mask, 0);
    for (size_t at = 0, len = 1; at < sizeof(parts); at += len, len = MIN_OF(len + 2, 64 - at))
        ws_mask(parts + at, len, mask, at & 3);
    assert_memory_equal(whole, parts, sizeof(whole));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_limit_counts_all_fragments),
        cmocka_unit_test(test_bad_heads),
        cmocka_unit_test(test_client_refuses_masked_frames),
        cmocka_unit_test(test_no_memory_between_messages),
        cmocka_unit_test(test_mask_at_any_position),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
