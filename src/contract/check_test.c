/* Every row of the table of validation errors, in bodies and in parameters, and the coercions. */
#include "contract/check.h"

#include "base/clock.h"
#include "contract/sample.h"

#define UUID_TEXT "0190a1b2-0000-7000-8000-000000000001"

/* One request, and either the violations (FastAPI's detail without its brackets) or the coerced
 * body as JSON. */
struct sent {
    const char *method, *path, *query;
    const char *key, *needed; /* headers */
    const char *content_type;
    struct str body;
};

struct outcome {
    struct arena arena;
    struct buf text;
    struct checked checked;
    struct violations violations;
    bool ok;
};

static struct str header(void *context, const char *name)
{
    const struct sent *sent = context;
    if (strcmp(name, "Idempotency-Key") == 0)
        return str_from(sent->key);
    assert_string_equal(name, "X-Needed");
    return str_from(sent->needed);
}

static void send(const struct contract *contract, struct sent *sent, struct outcome *out)
{
    struct route_match match;
    struct contract_input input = {str_from(sent->query), header, sent,
                                   str_from(sent->content_type), sent->body};
    *out = (struct outcome){0};
    arena_init(&out->arena);
    buf_init(&out->text, 4 * 1024 * 1024);
    assert_int_equal(contract_route(contract, LISTENER_PUBLIC, str_from(sent->method),
                                    str_from(sent->path), &out->arena, &match),
                     ROUTE_FOUND);
    out->ok = contract_check(&match, &input, &out->arena, &out->checked, &out->violations);
    struct json_writer w = jw_to(&out->text);
    if (out->ok)
        jw_value(&w, out->checked.body);
    else
        violations_write_fastapi(&w, &out->violations);
}

static void finish(struct outcome *out)
{
    if (out->ok)
        checked_finish(&out->checked);
    else
        violations_finish(&out->violations);
    buf_finish(&out->text);
    arena_finish(&out->arena);
}

/* `detail` NULL: the request is good. */
static void expect(const struct contract *contract, struct sent sent, const char *detail)
{
    struct outcome out;
    send(contract, &sent, &out);
    if (out.ok != (detail == NULL))
        fail_msg("%.*s", STR_FMT(buf_str(&out.text)));
    if (detail) {
        struct str wanted = arena_printf(&out.arena, "{\"detail\":[%s]}", detail);
        if (!str_eq(wanted, buf_str(&out.text)))
            fail_msg("\n got %.*s\nwant %.*s", STR_FMT(buf_str(&out.text)), STR_FMT(wanted));
    }
    finish(&out);
}

static int setup(void **state)
{
    *state = sample_load();
    return 0;
}

static int teardown(void **state)
{
    contract_destroy(*state);
    return 0;
}

/* Backquotes stand for double quotes, so that the cases read like JSON. */
static struct str unquote(struct arena *arena, const char *text)
{
    char *copy = arena_strdup(arena, text);
    for (char *at = copy; *at; at++)
        *at = (char)(*at == '`' ? '"' : *at);
    return str_from(copy);
}

#define FAULT(type, loc, msg, input)                                                               \
    "{`type`:`" type "`,`loc`:[" loc "],`msg`:`" msg "`,`input`:" input "}"
#define FAULT_CTX(type, loc, msg, input, ctx)                                                      \
    "{`type`:`" type "`,`loc`:[" loc "],`msg`:`" msg "`,`input`:" input ",`ctx`:" ctx "}"
#define MODEL_MSG "Input should be a valid dictionary or object to extract fields from"
#define INT_MSG   "Input should be a valid integer"
#define PARSE_MSG INT_MSG ", unable to parse string as an integer"

static const struct {
    const char *body, *detail;
} bad_bodies[] = {
    {"[]", FAULT("model_attributes_type", "`body`", MODEL_MSG, "[]")},
    {"`x`", FAULT("model_attributes_type", "`body`", MODEL_MSG, "`x`")},
    {"", FAULT("missing", "`body`", "Field required", "null")},
    {"null", FAULT("missing", "`body`", "Field required", "null")},
    {"{", FAULT_CTX("json_invalid", "`body`,1", "JSON decode error", "{}",
                    "{`error`:`Expecting property name enclosed in double quotes`}")},
    {"{`string`:}", FAULT_CTX("json_invalid", "`body`,10", "JSON decode error", "{}",
                              "{`error`:`Expecting value`}")},
    {"{} {}",
     FAULT_CTX("json_invalid", "`body`,3", "JSON decode error", "{}", "{`error`:`Extra data`}")},
    {"{`string`:5}",
     FAULT("string_type", "`body`,`string`", "Input should be a valid string", "5")},
    {"{`string`:null}",
     FAULT("string_type", "`body`,`string`", "Input should be a valid string", "null")},
    {"{`string`:`x`}",
     FAULT_CTX("string_too_short", "`body`,`string`", "String should have at least 2 characters",
               "`x`", "{`min_length`:2}")},
    {"{`string`:`éééééé`}",
     FAULT_CTX("string_too_long", "`body`,`string`", "String should have at most 4 characters",
               "`éééééé`", "{`max_length`:4}")},
    {"{`one`:``}", FAULT_CTX("string_too_short", "`body`,`one`",
                             "String should have at least 1 character", "``", "{`min_length`:1}")},
    {"{`most`:`ab`}",
     FAULT_CTX("string_too_long", "`body`,`most`", "String should have at most 1 character", "`ab`",
               "{`max_length`:1}")},
    {"{`pattern`:`A`}",
     FAULT_CTX("string_pattern_mismatch", "`body`,`pattern`",
               "String should match pattern '^[a-z]+$'", "`A`", "{`pattern`:`^[a-z]+$`}")},
    {"{`pattern`:`a\\n`}",
     FAULT_CTX("string_pattern_mismatch", "`body`,`pattern`",
               "String should match pattern '^[a-z]+$'", "`a\\n`", "{`pattern`:`^[a-z]+$`}")},
    {"{`integer`:null}", FAULT("int_type", "`body`,`integer`", INT_MSG, "null")},
    {"{`integer`:{}}", FAULT("int_type", "`body`,`integer`", INT_MSG, "{}")},
    {"{`integer`:`x`}", FAULT("int_parsing", "`body`,`integer`", PARSE_MSG, "`x`")},
    {"{`integer`:1.5}", FAULT("int_from_float", "`body`,`integer`",
                              INT_MSG ", got a number with a fractional part", "1.5")},
    {"{`free`:`99999999999999999999`}",
     FAULT("int_parsing_size", "`body`,`free`",
           "Unable to parse input string as an integer, exceeded maximum size",
           "`99999999999999999999`")},
    {"{`number`:[]}",
     FAULT("float_type", "`body`,`number`", "Input should be a valid number", "[]")},
    {"{`number`:`x`}",
     FAULT("float_parsing", "`body`,`number`",
           "Input should be a valid number, unable to parse string as a number", "`x`")},
    {"{`number`:`1e999`}",
     FAULT("finite_number", "`body`,`number`", "Input should be a finite number", "`1e999`")},
    {"{`boolean`:null}",
     FAULT("bool_type", "`body`,`boolean`", "Input should be a valid boolean", "null")},
    {"{`boolean`:1.5}",
     FAULT("bool_type", "`body`,`boolean`", "Input should be a valid boolean", "1.5")},
    {"{`boolean`:2}", FAULT("bool_parsing", "`body`,`boolean`",
                            "Input should be a valid boolean, unable to interpret input", "2")},
    {"{`boolean`:`maybe`}",
     FAULT("bool_parsing", "`body`,`boolean`",
           "Input should be a valid boolean, unable to interpret input", "`maybe`")},
    {"{`integer`:-1}", FAULT_CTX("greater_than_equal", "`body`,`integer`",
                                 "Input should be greater than or equal to 0", "-1", "{`ge`:0}")},
    {"{`integer`:`11`}",
     FAULT_CTX("less_than_equal", "`body`,`integer`", "Input should be less than or equal to 10",
               "`11`", "{`le`:10}")},
    {"{`between`:0}", FAULT_CTX("greater_than", "`body`,`between`",
                                "Input should be greater than 0", "0", "{`gt`:0}")},
    {"{`between`:5}",
     FAULT_CTX("less_than", "`body`,`between`", "Input should be less than 5", "5", "{`lt`:5}")},
    {"{`list`:{}}", FAULT("list_type", "`body`,`list`", "Input should be a valid list", "{}")},
    {"{`list`:[]}", FAULT_CTX("too_short", "`body`,`list`",
                              "List should have at least 1 item after validation, not 0", "[]",
                              "{`field_type`:`List`,`min_length`:1,`actual_length`:0}")},
    {"{`list`:[1,`x`,3]}",
     FAULT_CTX("too_long", "`body`,`list`",
               "List should have at most 2 items after validation, not 3", "[1,`x`,3]",
               "{`field_type`:`List`,`max_length`:2,`actual_length`:3}")},
    {"{`list`:[1,`x`]}", FAULT("int_parsing", "`body`,`list`,1", PARSE_MSG, "`x`")},
    {"{`dict`:[]}",
     FAULT("dict_type", "`body`,`dict`", "Input should be a valid dictionary", "[]")},
    {"{`counts`:{`a`:`x`}}", FAULT("int_parsing", "`body`,`counts`,`a`", PARSE_MSG, "`x`")},
    {"{`counts`:{`a`:1,`b`:2,`c`:3}}",
     FAULT_CTX("too_long", "`body`,`counts`",
               "Dictionary should have at most 2 items after validation, not 3",
               "{`a`:1,`b`:2,`c`:3}",
               "{`field_type`:`Dictionary`,`max_length`:2,`actual_length`:3}")},
    {"{`kind`:`d`}", FAULT_CTX("enum", "`body`,`kind`", "Input should be 'a', 'b' or 'c'", "`d`",
                               "{`expected`:`'a', 'b' or 'c'`}")},
    {"{`kind`:1}", FAULT_CTX("enum", "`body`,`kind`", "Input should be 'a', 'b' or 'c'", "1",
                             "{`expected`:`'a', 'b' or 'c'`}")},
    {"{`size`:7}", FAULT_CTX("enum", "`body`,`size`", "Input should be 0 or 900", "7",
                             "{`expected`:`0 or 900`}")},
    {"{`uuid`:5}", FAULT("uuid_type", "`body`,`uuid`",
                         "UUID input should be a string, bytes or UUID object", "5")},
    {"{`uuid`:`01`}",
     FAULT_CTX("uuid_parsing", "`body`,`uuid`",
               "Input should be a valid UUID, invalid length: expected length 32 for simple "
               "format, found 2",
               "`01`",
               "{`error`:`invalid length: expected length 32 for simple format, found 2`}")},
    {"{`uuid`:`0-1`}",
     FAULT_CTX("uuid_parsing", "`body`,`uuid`",
               "Input should be a valid UUID, invalid group count: expected 5, found 2", "`0-1`",
               "{`error`:`invalid group count: expected 5, found 2`}")},
    {"{`uuid`:`0-1-2-3-4`}",
     FAULT_CTX("uuid_parsing", "`body`,`uuid`",
               "Input should be a valid UUID, invalid group length in group 0: expected 8, found 1",
               "`0-1-2-3-4`", "{`error`:`invalid group length in group 0: expected 8, found 1`}")},
    {"{`time`:true}",
     FAULT("datetime_type", "`body`,`time`", "Input should be a valid datetime", "true")},
    {"{`time`:1e300}",
     FAULT_CTX("datetime_parsing", "`body`,`time`",
               "Input should be a valid datetime, dates after 9999 are not supported as unix "
               "timestamps",
               "1e+300", "{`error`:`dates after 9999 are not supported as unix timestamps`}")},
    {"{`time`:`soon`}", FAULT_CTX("datetime_from_date_parsing", "`body`,`time`",
                                  "Input should be a valid datetime or date, input is too short",
                                  "`soon`", "{`error`:`input is too short`}")},
    {"{`time`:`not a date`}",
     FAULT_CTX("datetime_from_date_parsing", "`body`,`time`",
               "Input should be a valid datetime or date, invalid character in year",
               "`not a date`", "{`error`:`invalid character in year`}")},
    {"{`time`:`2026-01-01T25:00`}",
     FAULT_CTX("datetime_from_date_parsing", "`body`,`time`",
               "Input should be a valid datetime or date, unexpected extra characters at the end "
               "of the input",
               "`2026-01-01T25:00`",
               "{`error`:`unexpected extra characters at the end of the input`}")},
    {"{`nullable`:`long`}",
     FAULT_CTX("string_too_long", "`body`,`nullable`", "String should have at most 3 characters",
               "`long`", "{`max_length`:3}")},
    {"{`maybe`:`d`}", FAULT_CTX("enum", "`body`,`maybe`", "Input should be 'a', 'b' or 'c'", "`d`",
                                "{`expected`:`'a', 'b' or 'c'`}")},
    {"{`either`:[]}",
     FAULT("string_type", "`body`,`either`,`constrained-str`", "Input should be a valid string",
           "[]") "," FAULT("int_type", "`body`,`either`,`int`", INT_MSG, "[]")},
    {"{`shape`:{`more`:1}}",
     FAULT("extra_forbidden", "`body`,`shape`,`Closed`,`more`", "Extra inputs are not permitted",
           "1") "," FAULT("list_type", "`body`,`shape`,`list[str]`", "Input should be a valid list",
                          "{`more`:1}") "," FAULT("bool_type", "`body`,`shape`,`bool`",
                                                  "Input should be a valid boolean", "{`more`:1}")},
    {"{`closed`:{`known`:1,`more`:2}}",
     FAULT("extra_forbidden", "`body`,`closed`,`more`", "Extra inputs are not permitted", "2")},
    {"{`closed`:5}", FAULT("model_attributes_type", "`body`,`closed`", MODEL_MSG, "5")},
    {"{`needs`:{`optional`:`3`}}",
     FAULT("missing", "`body`,`needs`,`first`", "Field required", "{`optional`:`3`}") "," FAULT(
         "missing", "`body`,`needs`,`second`", "Field required", "{`optional`:`3`}")},
    {"{`children`:[{},{`children`:[{`integer`:`x`}]}]}",
     FAULT("int_parsing", "`body`,`children`,1,`children`,0,`integer`", PARSE_MSG, "`x`")},
    /* in the order of the schema, not of the body */
    {"{`integer`:`x`,`string`:5}",
     FAULT("string_type", "`body`,`string`", "Input should be a valid string",
           "5") "," FAULT("int_parsing", "`body`,`integer`", PARSE_MSG, "`x`")},
};

static struct sent post(struct str body)
{
    return (struct sent){"POST", "/s/things", NULL, NULL, NULL, "application/json", body};
}

static void test_bad_bodies(void **state)
{
    struct arena arena;
    arena_init(&arena);
    for (size_t i = 0; i < countof(bad_bodies); i++) {
        print_message("%s\n", bad_bodies[i].body);
        expect(*state, post(unquote(&arena, bad_bodies[i].body)),
               unquote(&arena, bad_bodies[i].detail).ptr);
    }
    arena_finish(&arena);
}

/* Its words hold the backquotes that the other cases write quotes with. */
static void test_bad_uuid_character(void **state)
{
    expect(*state, post(STR("{\"uuid\":\"0x\"}")),
           "{\"type\":\"uuid_parsing\",\"loc\":[\"body\",\"uuid\"],\"msg\":\"Input should be a "
           "valid UUID, invalid character: expected an optional prefix of `urn:uuid:` followed by "
           "[0-9a-fA-F-], found `x` at 2\",\"input\":\"0x\",\"ctx\":{\"error\":\"invalid "
           "character: expected an optional prefix of `urn:uuid:` followed by [0-9a-fA-F-], found "
           "`x` at 2\"}}");
}

static const struct {
    const char *body, *coerced;
} good_bodies[] = {
    {"{}", "{`filled`:7}"},
    {"{`filled`:1}", "{`filled`:1}"},
    {"{`integer`:`5`}", "{`integer`:5,`filled`:7}"},
    {"{`integer`:` +5 `}", "{`integer`:5,`filled`:7}"},
    {"{`integer`:10.0}", "{`integer`:10,`filled`:7}"},
    {"{`integer`:true}", "{`integer`:1,`filled`:7}"},
    {"{`free`:9223372036854775807}", "{`free`:9223372036854775807,`filled`:7}"},
    {"{`number`:`1.5`}", "{`number`:1.5,`filled`:7}"},
    {"{`number`:2}", "{`number`:2.0,`filled`:7}"},
    {"{`boolean`:`yes`}", "{`boolean`:true,`filled`:7}"},
    {"{`boolean`:`ON`}", "{`boolean`:true,`filled`:7}"},
    {"{`boolean`:`t`}", "{`boolean`:true,`filled`:7}"},
    {"{`boolean`:`y`}", "{`boolean`:true,`filled`:7}"},
    {"{`boolean`:`0`}", "{`boolean`:false,`filled`:7}"},
    {"{`boolean`:1}", "{`boolean`:true,`filled`:7}"},
    {"{`boolean`:0.0}", "{`boolean`:false,`filled`:7}"},
    {"{`string`:`éééé`}", "{`string`:`éééé`,`filled`:7}"},
    {"{`size`:`900`}", "{`size`:900,`filled`:7}"},
    {"{`wrapped`:`a`}", "{`wrapped`:`a`,`filled`:7}"},
    {"{`uuid`:`0190A1B2000070008000000000000001`}", "{`uuid`:`" UUID_TEXT "`,`filled`:7}"},
    {"{`uuid`:`urn:uuid:" UUID_TEXT "`}", "{`uuid`:`" UUID_TEXT "`,`filled`:7}"},
    {"{`time`:`2026-11-22T18:00:00+02:00`}", "{`time`:`2026-11-22T16:00:00Z`,`filled`:7}"},
    {"{`time`:`2026-11-22`}", "{`time`:`2026-11-22T00:00:00Z`,`filled`:7}"},
    {"{`time`:1700000000}", "{`time`:`2023-11-14T22:13:20Z`,`filled`:7}"},
    {"{`time`:`1700000000`}", "{`time`:`2023-11-14T22:13:20Z`,`filled`:7}"},
    {"{`list`:[`1`,2]}", "{`list`:[1,2],`filled`:7}"},
    {"{`dict`:{`a`:{`b`:[null]}}}", "{`dict`:{`a`:{`b`:[null]}},`filled`:7}"},
    {"{`counts`:{`a`:`1`}}", "{`counts`:{`a`:1},`filled`:7}"},
    {"{`any`:[1,`x`]}", "{`any`:[1,`x`],`filled`:7}"},
    {"{`nullable`:null,`old_nullable`:null,`maybe`:null,`any`:null}",
     "{`nullable`:null,`old_nullable`:null,`maybe`:null,`any`:null,`filled`:7}"},
    /* exact members first, then coercion in order */
    {"{`either`:5}", "{`either`:5,`filled`:7}"},
    {"{`either`:`5`}", "{`either`:`5`,`filled`:7}"},
    {"{`either`:`12345`}", "{`either`:12345,`filled`:7}"},
    {"{`either`:true}", "{`either`:1,`filled`:7}"},
    {"{`shape`:{`known`:`1`}}", "{`shape`:{`known`:1},`filled`:7}"},
    {"{`shape`:[`x`]}", "{`shape`:[`x`],`filled`:7}"},
    {"{`shape`:`off`}", "{`shape`:false,`filled`:7}"},
    /* unknown keys are dropped where nothing is said about them, and kept where it is allowed */
    {"{`unknown`:1,`integer`:1}", "{`integer`:1,`filled`:7}"},
    {"{`open`:{`unknown`:1,`known`:`2`}}", "{`open`:{`unknown`:1,`known`:2},`filled`:7}"},
    {"{`children`:[{`children`:[{`integer`:`3`}],`filled`:1}]}",
     "{`children`:[{`children`:[{`integer`:3,`filled`:7}],`filled`:1}],`filled`:7}"},
};

static void test_good_bodies(void **state)
{
    struct arena arena;
    arena_init(&arena);
    for (size_t i = 0; i < countof(good_bodies); i++) {
        struct outcome out;
        struct sent sent = post(unquote(&arena, good_bodies[i].body));
        print_message("%s\n", good_bodies[i].body);
        send(*state, &sent, &out);
        if (!out.ok)
            fail_msg("%.*s", STR_FMT(buf_str(&out.text)));
        assert_str_equal(buf_str(&out.text), unquote(&arena, good_bodies[i].coerced).ptr);
        finish(&out);
    }
    arena_finish(&arena);
}

static const struct {
    const char *query, *detail; /* NULL: good */
} queries[] = {
    {"", NULL},
    {"integer=7&integer=8&unknown=%ff", NULL},
    {"integer=%2B7", NULL},
    {"&&flag=on&", NULL},
    {"word=%C3%A9+a", NULL},
    {"text=100%", NULL},
    {"time=2026-11-22T16:00:00%2B02:00", NULL},
    {"tags=1&tags=%32", NULL},
    {"integer=x&integer=8", NULL},
    {"integer=8&integer=x", FAULT("int_parsing", "`query`,`integer`", PARSE_MSG, "`x`")},
    {"integer", FAULT("int_parsing", "`query`,`integer`", PARSE_MSG, "``")},
    {"integer=1.5", FAULT("int_parsing", "`query`,`integer`", PARSE_MSG, "`1.5`")},
    {"integer=99999999999999999999",
     FAULT("int_parsing_size", "`query`,`integer`",
           "Unable to parse input string as an integer, exceeded maximum size",
           "`99999999999999999999`")},
    {"integer=0", FAULT_CTX("greater_than_equal", "`query`,`integer`",
                            "Input should be greater than or equal to 1", "`0`", "{`ge`:1}")},
    {"integer=11", FAULT_CTX("less_than_equal", "`query`,`integer`",
                             "Input should be less than or equal to 10", "`11`", "{`le`:10}")},
    {"between=x",
     FAULT("float_parsing", "`query`,`between`",
           "Input should be a valid number, unable to parse string as a number", "`x`")},
    {"between=0", FAULT_CTX("greater_than", "`query`,`between`", "Input should be greater than 0",
                            "`0`", "{`gt`:0}")},
    {"between=1.5", FAULT_CTX("less_than", "`query`,`between`", "Input should be less than 1.5",
                              "`1.5`", "{`lt`:1.5}")},
    {"flag=maybe", FAULT("bool_parsing", "`query`,`flag`",
                         "Input should be a valid boolean, unable to interpret input", "`maybe`")},
    {"time=soon", FAULT_CTX("datetime_from_date_parsing", "`query`,`time`",
                            "Input should be a valid datetime or date, input is too short",
                            "`soon`", "{`error`:`input is too short`}")},
    /* a plus that nobody encoded is a space, as in every form */
    {"time=2026-11-22T16:00:00+02:00",
     FAULT_CTX("datetime_from_date_parsing", "`query`,`time`",
               "Input should be a valid datetime or date, unexpected extra characters at the end "
               "of the input",
               "`2026-11-22T16:00:00 02:00`",
               "{`error`:`unexpected extra characters at the end of the input`}")},
    {"kind=d", FAULT_CTX("enum", "`query`,`kind`", "Input should be 'a', 'b' or 'c'", "`d`",
                         "{`expected`:`'a', 'b' or 'c'`}")},
    {"word=", FAULT_CTX("string_too_short", "`query`,`word`",
                        "String should have at least 1 character", "``", "{`min_length`:1}")},
    {"word=abcd",
     FAULT_CTX("string_too_long", "`query`,`word`", "String should have at most 3 characters",
               "`abcd`", "{`max_length`:3}")},
    {"word=A",
     FAULT_CTX("string_pattern_mismatch", "`query`,`word`",
               "String should match pattern '^[a-zé ]+$'", "`A`", "{`pattern`:`^[a-zé ]+$`}")},
    {"text=a%ffb",
     FAULT("string_unicode", "`query`,`text`",
           "Input should be a valid string, unable to parse raw data as a unicode string",
           "`a\xef\xbf\xbd"
           "b`")},
    {"text=a%00b",
     FAULT("string_unicode", "`query`,`text`",
           "Input should be a valid string, unable to parse raw data as a unicode string",
           "`a\\u0000b`")},
    {"tags=1", FAULT_CTX("too_short", "`query`,`tags`",
                         "List should have at least 2 items after validation, not 1", "[`1`]",
                         "{`field_type`:`List`,`min_length`:2,`actual_length`:1}")},
    {"tags=1&tags=2&tags=3&tags=4",
     FAULT_CTX("too_long", "`query`,`tags`",
               "List should have at most 3 items after validation, not 4", "[`1`,`2`,`3`,`4`]",
               "{`field_type`:`List`,`max_length`:3,`actual_length`:4}")},
    {"tags=1&tags=x", FAULT("int_parsing", "`query`,`tags`,1", PARSE_MSG, "`x`")},
};

static void test_queries(void **state)
{
    struct arena arena;
    arena_init(&arena);
    for (size_t i = 0; i < countof(queries); i++) {
        const char *detail = queries[i].detail ? unquote(&arena, queries[i].detail).ptr : NULL;
        print_message("%s\n", queries[i].query);
        expect(*state,
               (struct sent){.method = "GET", .path = "/s/things", .query = queries[i].query},
               detail);
    }
    arena_finish(&arena);
}

/* Path, query, header, body: in this order, and all of them. */
static void test_order_of_places(void **state)
{
    struct arena arena;
    arena_init(&arena);
    struct sent sent = {.method = "PATCH",
                        .path = "/s/things/0-1",
                        .needed = "x",
                        .body = unquote(&arena, "{`first`:`a`}")};
    expect(
        *state, sent,
        unquote(
            &arena,
            FAULT_CTX(
                "uuid_parsing", "`path`,`thing_id`",
                "Input should be a valid UUID, invalid group count: expected 5, "
                "found 2",
                "`0-1`",
                "{`error`:`invalid group count: expected 5, found 2`}") "," FAULT("missing",
                                                                                  "`query`,`"
                                                                                  "needed`",
                                                                                  "Field required",
                                                                                  "null") "," FAULT("int_parsing",
                                                                                                    "`header`,`X-Needed`",
                                                                                                    PARSE_MSG,
                                                                                                    "`x`") "," FAULT("missing",
                                                                                                                     "`body`,`second`",
                                                                                                                     "Field required",
                                                                                                                     "{`first`:`a`}"))
            .ptr);
    sent.needed = NULL;
    sent.query = "needed=1";
    sent.path = "/s/things/" UUID_TEXT;
    sent.body = unquote(&arena, "{`first`:`a`,`second`:null}");
    expect(*state, sent,
           unquote(&arena, FAULT("missing", "`header`,`X-Needed`", "Field required", "null")).ptr);
    sent.needed = "-3";
    expect(*state, sent, NULL);
    arena_finish(&arena);
}

static void test_headers(void **state)
{
    struct arena arena;
    arena_init(&arena);
    struct sent sent = post(STR("{}"));
    sent.key = "";
    expect(*state, sent,
           unquote(&arena,
                   FAULT_CTX("string_too_short", "`header`,`Idempotency-Key`",
                             "String should have at least 1 character", "``", "{`min_length`:1}"))
               .ptr);
    sent.key = "123456789";
    expect(*state, sent,
           unquote(&arena, FAULT_CTX("string_too_long", "`header`,`Idempotency-Key`",
                                     "String should have at most 8 characters", "`123456789`",
                                     "{`max_length`:8}"))
               .ptr);
    sent.key = "\xff";
    expect(*state, sent,
           unquote(&arena, FAULT("string_unicode", "`header`,`Idempotency-Key`",
                                 "Input should be a valid string, unable to parse raw data as a "
                                 "unicode string",
                                 "`\xef\xbf\xbd`"))
               .ptr);
    sent.key = "12345678";
    expect(*state, sent, NULL);
    arena_finish(&arena);
}

static const struct {
    const char *type;
    bool is_json;
} content_types[] = {
    {NULL, true},
    {"application/json", true},
    {"Application/JSON; charset=utf-8", true},
    {"application/merge-patch+json", true},
    {"text/plain", false},
    {"application/jsonp", false},
    {"application/+json", false},
    {"", false},
    {"text/json+json", false},
};

static void test_content_types(void **state)
{
    struct arena arena;
    arena_init(&arena);
    for (size_t i = 0; i < countof(content_types); i++) {
        struct sent sent = post(STR("{}"));
        sent.content_type = content_types[i].type;
        const char *detail =
            unquote(&arena, FAULT("model_attributes_type", "`body`", MODEL_MSG, "`{}`")).ptr;
        expect(*state, sent, content_types[i].is_json ? NULL : detail);
    }
    arena_finish(&arena);
}

static void test_typed_values(void **state)
{
    struct outcome out;
    const struct str *tags;
    struct sent sent = {
        .method = "GET",
        .path = "/s/things",
        .query = "integer=07&flag=yes&time=2026-11-22T18:00:00%2B02:00&names=a&names=b%26"};
    send(*state, &sent, &out);
    assert_true(out.ok);
    assert_int_equal(checked_query_int(&out.checked, "integer"), 7);
    assert_true(checked_query_bool(&out.checked, "flag"));
    assert_true(checked_query_time(&out.checked, "time") == INT64_C(1795363200) * US_PER_SECOND);
    assert_str_equal(checked_query_str(&out.checked, "time"), "2026-11-22T16:00:00Z");
    assert_false(checked_query_has(&out.checked, "text"));
    assert_null(checked_query_str(&out.checked, "text").ptr);
    assert_int_equal(checked_query_list(&out.checked, "names", &tags), 2);
    assert_str_equal(tags[0], "a");
    assert_str_equal(tags[1], "b&");
    finish(&out);

    sent.query = NULL;
    send(*state, &sent, &out);
    assert_true(out.ok);
    assert_int_equal(checked_query_int(&out.checked, "integer"), 5); /* the default */
    assert_true(checked_query_has(&out.checked, "integer"));
    assert_false(checked_query_bool(&out.checked, "flag"));
    assert_true(checked_query_time(&out.checked, "time") == CLOCK_NONE);
    assert_int_equal(checked_query_list(&out.checked, "names", &tags), 0);
    finish(&out);
}

static void test_path_and_header_values(void **state)
{
    struct outcome out;
    struct sent sent = {.method = "GET", .path = "/s/things/0190A1B2000070008000000000000001"};
    send(*state, &sent, &out);
    assert_true(out.ok);
    assert_str_equal(checked_path(&out.checked, "thing_id"), UUID_TEXT);
    assert_null(out.checked.body);
    finish(&out);

    sent = (struct sent){.method = "PUT", .path = "/s/things/x%2Fy/parts/12"};
    send(*state, &sent, &out);
    assert_true(out.ok);
    assert_str_equal(checked_path(&out.checked, "thing_id"), "x/y");
    assert_int_equal(checked_path_int(&out.checked, "number"), 12);
    assert_null(out.checked.body); /* optional, and not sent */
    finish(&out);

    sent = post(STR("{}"));
    sent.key = "k";
    send(*state, &sent, &out);
    assert_str_equal(checked_header(&out.checked, "Idempotency-Key"), "k");
    finish(&out);
}

static void test_null_is_not_absent(void **state)
{
    struct outcome out;
    struct sent sent = post(STR("{\"nullable\":null,\"string\":\"abc\",\"integer\":\"3\","
                                "\"boolean\":\"no\",\"time\":\"2026-11-22\",\"dict\":{}}"));
    send(*state, &sent, &out);
    assert_true(out.ok);
    assert_true(checked_body_has(&out.checked, "nullable"));
    assert_true(checked_body_is_null(&out.checked, "nullable"));
    assert_null(checked_body_str(&out.checked, "nullable").ptr);
    assert_false(checked_body_has(&out.checked, "maybe"));
    assert_false(checked_body_is_null(&out.checked, "maybe"));
    assert_str_equal(checked_body_str(&out.checked, "string"), "abc");
    assert_int_equal(checked_body_int(&out.checked, "integer", -1), 3);
    assert_int_equal(checked_body_int(&out.checked, "free", -1), -1);
    assert_false(checked_body_bool(&out.checked, "boolean", true));
    assert_true(checked_body_time(&out.checked, "time") == INT64_C(1795305600) * US_PER_SECOND);
    assert_true(checked_body_time(&out.checked, "absent") == CLOCK_NONE);
    assert_true(json_is_object(checked_body_value(&out.checked, "dict")));
    assert_null(checked_body_value(&out.checked, "nullable"));
    finish(&out);
}

/* {"children":[X,X,...]} with `count` times X. */
static struct str many(struct arena *arena, const char *item, size_t count)
{
    struct buf text;
    buf_init(&text, 8 * 1024 * 1024);
    buf_append_str(&text, STR("{\"children\":["));
    for (size_t i = 0; i < count; i++)
        buf_printf(&text, "%s%s", i > 0 ? "," : "", item);
    buf_append_str(&text, STR("]}"));
    struct str copy = arena_str(arena, buf_str(&text));
    buf_finish(&text);
    return copy;
}

static void test_violations_have_a_ceiling(void **state)
{
    struct arena arena;
    struct outcome out;
    arena_init(&arena);
    struct sent sent = post(many(&arena, "{\"uuid\":\"x\"}", 40000));
    send(*state, &sent, &out);
    assert_false(out.ok);
    assert_int_equal(out.violations.count, VIOLATIONS_MAX);
    assert_true(out.arena.total < 256 * 1024);
    finish(&out);

    char *long_item = arena_alloc(&arena, 100001);
    memset(long_item, 'x', 100000);
    sent = post(many(&arena, arena_printf(&arena, "\"%s\"", long_item).ptr, 20));
    send(*state, &sent, &out);
    assert_int_equal(out.violations.count, 20);
    assert_true(out.text.len > VIOLATIONS_TEXT_MAX && out.text.len < VIOLATIONS_TEXT_MAX + 110000);
    json_t *parsed = json_loadb(out.text.ptr, out.text.len, 0, NULL);
    assert_non_null(parsed);
    json_decref(parsed);
    finish(&out);
    arena_finish(&arena);
}

static void test_json_limits(void **state)
{
    struct arena arena;
    struct outcome out;
    arena_init(&arena);
    struct buf deep;
    buf_init(&deep, 4096);
    buf_append_str(&deep, STR("{\"any\":"));
    for (int i = 0; i < 70; i++)
        buf_append_char(&deep, '[');
    struct sent sent = post(buf_str(&deep));
    send(*state, &sent, &out);
    assert_false(out.ok);
    assert_int_equal(out.violations.items[0].complaint.fault, FAULT_JSON_INVALID);
    assert_str_equal(out.violations.items[0].complaint.limit, "Nested too deep");
    finish(&out);
    sent = post(many(&arena, "1", 200001));
    send(*state, &sent, &out);
    assert_str_equal(out.violations.items[0].complaint.limit, "Too many values");
    finish(&out);
    buf_finish(&deep);
    arena_finish(&arena);
}

/* Backtracking that would take 2^40 steps ends at the limit, as a mismatch. */
static void test_pattern_limit(void **state)
{
    struct outcome out;
    struct sent sent =
        post(STR("{\"nasty\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\"}"));
    int64_t start = clock_monotonic_ms();
    send(*state, &sent, &out);
    assert_false(out.ok);
    assert_int_equal(out.violations.items[0].complaint.fault, FAULT_STRING_PATTERN);
    assert_true(clock_monotonic_ms() - start < 2000);
    finish(&out);
}

static const struct {
    const char *body, *summary;
} summaries[] = {
    {"", "body: Field required"},
    {"{`string`:`abcde`,`integer`:`x`}", "body.string: String should have at most 4 characters"},
    {"{`children`:[{},{`integer`:`x`}]}", "body.children.1.integer: " PARSE_MSG},
    {"{`list`:[1,2,3]}", "body.list: List should have at most 2 items after validation, not 3"},
};

static void test_summaries(void **state)
{
    struct arena arena;
    arena_init(&arena);
    for (size_t i = 0; i < countof(summaries); i++) {
        struct outcome out;
        struct buf line;
        struct sent sent = post(unquote(&arena, summaries[i].body));
        buf_init(&line, 1024);
        send(*state, &sent, &out);
        violations_summary(&out.violations, &line);
        assert_str_equal(buf_str(&line), summaries[i].summary);
        finish(&out);
        buf_finish(&line);
    }
    arena_finish(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_bodies),
        cmocka_unit_test(test_bad_uuid_character),
        cmocka_unit_test(test_good_bodies),
        cmocka_unit_test(test_queries),
        cmocka_unit_test(test_order_of_places),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_content_types),
        cmocka_unit_test(test_typed_values),
        cmocka_unit_test(test_path_and_header_values),
        cmocka_unit_test(test_null_is_not_absent),
        cmocka_unit_test(test_violations_have_a_ceiling),
        cmocka_unit_test(test_json_limits),
        cmocka_unit_test(test_pattern_limit),
        cmocka_unit_test(test_summaries),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
