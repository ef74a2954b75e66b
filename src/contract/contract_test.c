#include "contract/contract.h"

#include "contract/sample.h"

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

static void test_operation_facts(void **state)
{
    const struct operation *create = contract_operation_by_id(*state, "create_thing");
    assert_non_null(create);
    assert_string_equal(create->method, "POST");
    assert_string_equal(create->path, "/s/things");
    assert_string_equal(create->document, "sample");
    assert_string_equal(create->scope, "create");
    assert_int_equal(create->max_body, 4096);
    assert_int_equal(create->invalid_code, 4216);
    assert_true(create->takes_idempotency_key);
    assert_false(create->is_public);
    assert_true(create->body_required);

    const struct operation *get = contract_operation_by_id(*state, "get_thing");
    assert_true(get->is_public);
    assert_null(get->scope);
    assert_false(get->takes_idempotency_key);
    assert_int_equal(get->max_body, 0);
    assert_int_equal(get->invalid_code, 400);
    assert_int_equal(get->parameter_count, 1);

    const struct operation *socket = contract_operation_by_id(*state, "open_socket");
    assert_true(socket->is_websocket);
    assert_int_equal(socket->listener, LISTENER_OPERATOR);

    const struct operation *put = contract_operation_by_id(*state, "put_part");
    assert_string_equal(put->parameters[0].name, "thing_id");
    assert_string_equal(put->parameters[1].name, "number");
    assert_int_equal(put->max_body, 1024 * 1024);
    assert_null(contract_operation_by_id(*state, "no_such"));
}

static void test_index_is_document_order(void **state)
{
    static const char *const ids[] = {"list_things",    "create_thing", "get_thing",
                                      "update_thing",   "get_last",     "put_part",
                                      "get_last_parts", "open_socket"};
    assert_int_equal(contract_operation_count(*state), countof(ids));
    for (size_t i = 0; i < countof(ids); i++) {
        assert_string_equal(contract_operation(*state, i)->id, ids[i]);
        assert_int_equal(contract_operation(*state, i)->index, i);
    }
    assert_null(contract_operation(*state, countof(ids)));
}

#define UUID_TEXT "0190a1b2-0000-7000-8000-000000000001"

static const struct {
    const char *method, *path;
    enum route_result result;
    const char *id, *first, *second, *allow;
} routes[] = {
    {"GET", "/s/things", ROUTE_FOUND, .id = "list_things"},
    {"HEAD", "/s/things", ROUTE_FOUND, .id = "list_things"},
    {"POST", "/s/things", ROUTE_FOUND, .id = "create_thing"},
    {"GET", "/s/th%69ngs", ROUTE_FOUND, .id = "list_things"},
    {"GET", "/s/things/" UUID_TEXT, ROUTE_FOUND, .id = "get_thing", .first = UUID_TEXT},
    {"PATCH", "/s/things/x", ROUTE_FOUND, .id = "update_thing", .first = "x"},
    {"GET", "/s/things/last", ROUTE_FOUND, .id = "get_last"},
    /* the literal has no PATCH, the parameter has */
    {"PATCH", "/s/things/last", ROUTE_FOUND, .id = "update_thing", .first = "last"},
    {"PUT", "/s/things/last/parts/7", ROUTE_FOUND, .id = "put_part", .first = "last",
     .second = "7"},
    {"GET", "/s/things/last/parts", ROUTE_FOUND, .id = "get_last_parts"},
    {"PUT", "/s/things/a%2Fb/parts/%C3%A9", ROUTE_FOUND, .id = "put_part", .first = "a/b",
     .second = "\xc3\xa9"},
    {"PUT", "/s/things/a+b/parts/1", ROUTE_FOUND, .id = "put_part", .first = "a+b", .second = "1"},
    {"DELETE", "/s/things", ROUTE_WRONG_METHOD, .allow = "GET, HEAD, POST"},
    {"PUT", "/s/things/x", ROUTE_WRONG_METHOD, .allow = "GET, HEAD, PATCH"},
    {"HEAD", "/s/things/x/parts/1", ROUTE_WRONG_METHOD, .allow = "PUT"},
    {"BREW", "/s/things", ROUTE_WRONG_METHOD, .allow = "GET, HEAD, POST"},
    {"get", "/s/things", ROUTE_WRONG_METHOD, .allow = "GET, HEAD, POST"},
    {"GET", "/s/things/", .result = ROUTE_NO_PATH},
    {"GET", "/s//things", .result = ROUTE_NO_PATH},
    {"GET", "//", .result = ROUTE_NO_PATH},
    {"GET", "/", .result = ROUTE_NO_PATH},
    {"GET", "/s", .result = ROUTE_NO_PATH},
    {"GET", "", .result = ROUTE_NO_PATH},
    {"GET", "*", .result = ROUTE_NO_PATH},
    {"GET", "s/things", .result = ROUTE_NO_PATH},
    {"GET", "/s/things/x/y", .result = ROUTE_NO_PATH},
    {"GET", "/s/things/x/parts", .result = ROUTE_NO_PATH},
    {"GET", "/s/things/%", .result = ROUTE_NO_PATH},
    {"GET", "/s/things/%4", .result = ROUTE_NO_PATH},
    {"GET", "/s/things/%zz", .result = ROUTE_NO_PATH},
    {"GET", "/s/things/a%00b", .result = ROUTE_NO_PATH},
    {"GET", "/s/things/%ff", .result = ROUTE_NO_PATH},
    {"GET", "/s/things/\xff", .result = ROUTE_NO_PATH},
    {"GET", "/socket", .result = ROUTE_NO_PATH},
    {"GET", "/s/socket", .result = ROUTE_NO_PATH}, /* the operator's listener only */
};

static void test_routes(void **state)
{
    for (size_t i = 0; i < countof(routes); i++) {
        struct arena arena;
        arena_init(&arena);
        struct route_match match;
        print_message("%s %s\n", routes[i].method, routes[i].path);
        assert_int_equal(contract_route(*state, LISTENER_PUBLIC, str_from(routes[i].method),
                                        str_from(routes[i].path), &arena, &match),
                         routes[i].result);
        if (routes[i].id)
            assert_string_equal(match.operation->id, routes[i].id);
        else
            assert_null(match.operation);
        if (routes[i].first)
            assert_str_equal(match.values[0], routes[i].first);
        if (routes[i].second)
            assert_str_equal(match.values[1], routes[i].second);
        if (routes[i].allow)
            assert_str_equal(match.allow, routes[i].allow);
        arena_finish(&arena);
    }
}

static void test_operator_routes(void **state)
{
    struct arena arena;
    arena_init(&arena);
    struct route_match match;
    assert_int_equal(
        contract_route(*state, LISTENER_OPERATOR, STR("GET"), STR("/s/socket"), &arena, &match),
        ROUTE_FOUND);
    assert_int_equal(
        contract_route(*state, LISTENER_OPERATOR, STR("GET"), STR("/s/things"), &arena, &match),
        ROUTE_NO_PATH);
    arena_finish(&arena);
}

#define DOCUMENT(paths, rest)                                                                      \
    "{\"openapi\":\"3.0.0\",\"security\":[],\"paths\":{" paths "}" rest "}"
#define GET_A(inside) DOCUMENT("\"/a\":{\"get\":{\"operationId\":\"a\"" inside "}}", "")
#define BODY(schema)  ",\"requestBody\":{\"content\":{\"application/json\":{\"schema\":" schema "}}}"
#define QUERY(schema) ",\"parameters\":[{\"name\":\"q\",\"in\":\"query\",\"schema\":" schema "}]"
#define X_IS(schema)  ",\"components\":{\"schemas\":{\"X\":" schema "}}"
#define BODY_X(schema)                                                                             \
    DOCUMENT("\"/a\":{\"get\":{\"operationId\":\"a\"" BODY(                                        \
                 "{\"$ref\":\"#/components/schemas/X\"}") "}}",                                    \
             X_IS(schema))

static const struct {
    const char *document, *message;
} refused[] = {
    {"{", "byte 1: Expecting property name"},
    {"[]", "not OpenAPI"},
    {"{\"openapi\":\"2.0\"}", "not OpenAPI"},
    {DOCUMENT("\"/a\":{\"fetch\":{}}", ""), "/paths/~1a/fetch: unsupported key of a path"},
    {DOCUMENT("\"/a\":{\"get\":{}}", ""), "operationId"},
    {"{\"openapi\":\"3.0.0\",\"paths\":{\"/a\":{\"get\":{\"operationId\":\"a\"}}}}", "security"},
    {GET_A(",\"callbacks\":{}"), "unsupported key 'callbacks'"},
    {GET_A(",\"x-scop\":\"read\""), "unsupported key 'x-scop'"},
    {GET_A(",\"x-scope\":\"read\""), "scope without credentials"},
    {GET_A(",\"security\":[{\"k\":[]}],\"x-scope\":\"fly\""), "no such scope"},
    {GET_A(",\"x-listener\":\"moon\""), "no such listener"},
    {GET_A(",\"x-upgrade\":\"h2c\""), "no such upgrade"},
    {GET_A(",\"x-max-body\":10"), "without a requestBody"},
    {GET_A(",\"x-invalid-code\":42"), "client_code"},
    {DOCUMENT("\"/a\":{\"get\":{\"operationId\":\"a\"},\"put\":{\"operationId\":\"a\"}}", ""),
     "two operations"},
    {DOCUMENT("\"/{x}\":{\"get\":{\"operationId\":\"a\"}}", ""), "'x' is not declared"},
    {DOCUMENT("\"/a/\":{\"get\":{\"operationId\":\"a\"}}", ""), "no slash at its end"},
    {DOCUMENT("\"a\":{\"get\":{\"operationId\":\"a\"}}", ""), "begins with a slash"},
    {DOCUMENT("\"/a{x}\":{\"get\":{\"operationId\":\"a\"}}", ""), "whole segment"},
    {GET_A(",\"parameters\":[{\"name\":\"q\",\"in\":\"path\",\"schema\":{\"type\":\"string\"}}]"),
     "the path has no parameter 'q'"},
    {GET_A(",\"parameters\":[{\"name\":\"q\",\"in\":\"cookie\",\"schema\":{\"type\":\"string\"}}]"),
     "path, query or header"},
    {GET_A(",\"parameters\":[{\"name\":\"q\",\"in\":\"query\",\"content\":{}}]"),
     "unsupported key 'content'"},
    {GET_A(",\"parameters\":[{\"$ref\":\"#/components/parameters/Nowhere\"}]"), "leads nowhere"},
    {GET_A(QUERY("{\"type\":\"object\"}")), "a parameter is a scalar"},
    {GET_A(QUERY("{\"type\":\"integer\",\"maximum\":5,\"default\":6}")), "a default that"},
    {GET_A(BODY("{\"type\":\"string\",\"minimum\":1}")), "unsupported keyword 'minimum'"},
    {GET_A(BODY("{\"type\":\"integer\",\"multipleOf\":2}")), "unsupported keyword 'multipleOf'"},
    {GET_A(BODY("{\"maxLength\":2}")), "unsupported keyword 'maxLength'"},
    {GET_A(BODY("{\"type\":\"array\",\"uniqueItems\":true}")), "unsupported keyword 'uniqueItems'"},
    {GET_A(BODY("{\"not\":{}}")), "unsupported keyword 'not'"},
    {GET_A(BODY("{\"type\":\"string\",\"format\":\"ipv4\"}")), "'string' 'ipv4'"},
    {GET_A(BODY("{\"type\":[\"string\",\"integer\"]}")), "unsupported type"},
    {GET_A(BODY("{\"type\":\"string\",\"pattern\":\"(\"}")), "bad pattern"},
    {GET_A(BODY("{\"type\":\"string\",\"maxLength\":-1}")), "a length is"},
    {GET_A(BODY("{\"type\":\"integer\",\"minimum\":1.5}")), "bound of an integer"},
    {GET_A(BODY("{\"type\":\"string\",\"enum\":[1]}")), "not of the enum's type"},
    {GET_A(BODY("{\"type\":\"boolean\",\"enum\":[true]}")), "an enum is of"},
    {GET_A(BODY("{\"type\":\"object\",\"properties\":{},\"required\":[\"x\"]}")), "required names"},
    {GET_A(BODY("{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"file\"}}}")),
     "/paths/~1a/get/requestBody/properties/a: unsupported type"},
    {GET_A(BODY("{\"anyOf\":[{\"type\":\"null\"}]}")), "no member but null"},
    {GET_A(BODY("{\"anyOf\":[{\"type\":\"string\"}],\"maxLength\":1}")), "beside anyOf"},
    {GET_A(BODY("{\"anyOf\":[{\"type\":\"object\"},{\"type\":\"object\"}]}")), "one object"},
    {GET_A(BODY("{\"allOf\":[{\"type\":\"object\"},{\"type\":\"object\"}]}")), "allOf"},
    {GET_A(BODY("{\"$ref\":\"#/components/schemas/No\"}")), "leads nowhere"},
    {GET_A(BODY("{\"$ref\":\"other.json#/X\"}")), "leads nowhere"},
    {BODY_X("{\"anyOf\":[{\"$ref\":\"#/components/schemas/X\"},{\"type\":\"null\"}]}"),
     "nothing but itself"},
    {BODY_X("{\"$ref\":\"#/components/schemas/X\"}"), "leads nowhere"},
    {GET_A(",\"requestBody\":{\"content\":{\"text/plain\":{}}}"), "application/json and nothing"},
};

static void test_refused_documents(void **state UNUSED)
{
    for (size_t i = 0; i < countof(refused); i++) {
        struct err err = {0};
        struct contract_source source = {"bad", str_from(refused[i].document)};
        assert_null(contract_load(&source, 1, &err));
        assert_int_equal(err.kind, ERR_INVALID);
        assert_memory_equal(err.message, "bad: ", 5);
        if (!strstr(err.message, refused[i].message))
            fail_msg("'%s' does not say '%s'", err.message, refused[i].message);
    }
}

static void test_same_route_in_two_documents(void **state UNUSED)
{
    struct err err = {0};
    struct contract_source sources[] = {
        {"one", str_from(GET_A(""))},
        {"two", str_from(DOCUMENT("\"/a\":{\"get\":{\"operationId\":\"b\"}}", ""))},
    };
    assert_null(contract_load(sources, 2, &err));
    assert_string_equal(err.message,
                        "two: /paths/~1a/get: another operation has the same method and path");
}

static void test_root_path(void **state UNUSED)
{
    struct err err = {0};
    struct contract_source source = {
        "root", str_from(DOCUMENT("\"/\":{\"get\":{\"operationId\":\"root\"}}", ""))};
    struct contract *contract = contract_load(&source, 1, &err);
    struct arena arena;
    struct route_match match;
    arena_init(&arena);
    assert_non_null(contract);
    assert_int_equal(
        contract_route(contract, LISTENER_PUBLIC, STR("GET"), STR("/"), &arena, &match),
        ROUTE_FOUND);
    assert_int_equal(
        contract_route(contract, LISTENER_PUBLIC, STR("GET"), STR("//"), &arena, &match),
        ROUTE_NO_PATH);
    arena_finish(&arena);
    contract_destroy(contract);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_operation_facts),
        cmocka_unit_test(test_index_is_document_order),
        cmocka_unit_test(test_routes),
        cmocka_unit_test(test_operator_routes),
        cmocka_unit_test(test_refused_documents),
        cmocka_unit_test(test_same_route_in_two_documents),
        cmocka_unit_test(test_root_path),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
