/* The real documents: they load, and the generated list counts operations as the loader does. */
#include "base/json_read.h"
#include "base/test.h"
#include "contract/contract.h"
#include "contracts/documents.h"
#include "contracts/operations.h"

#define ID_OF(id) #id,
static const char *const ids[] = {OPERATIONS(ID_OF)};

static void test_operations_match(void **state UNUSED)
{
    struct contract_source sources[EMBEDDED_DOCUMENT_COUNT];
    struct err err = {0};
    for (size_t i = 0; i < EMBEDDED_DOCUMENT_COUNT; i++)
        sources[i] =
            (struct contract_source){embedded_documents[i].name, embedded_documents[i].json};
    struct contract *contract = contract_load(sources, EMBEDDED_DOCUMENT_COUNT, &err);
    if (!contract)
        fail_msg("%s", err.message);
    assert_int_equal(contract_operation_count(contract), OPERATION_COUNT);
    for (size_t i = 0; i < OPERATION_COUNT; i++)
        assert_string_equal(contract_operation(contract, i)->id, ids[i]);
    contract_destroy(contract);
}

/* Each document is served by an operation of its own. */
static void test_documents_are_served(void **state UNUSED)
{
    struct contract_source sources[EMBEDDED_DOCUMENT_COUNT];
    struct err err = {0};
    struct arena arena;
    arena_init(&arena);
    for (size_t i = 0; i < EMBEDDED_DOCUMENT_COUNT; i++)
        sources[i] =
            (struct contract_source){embedded_documents[i].name, embedded_documents[i].json};
    struct contract *contract = contract_load(sources, EMBEDDED_DOCUMENT_COUNT, &err);
    assert_non_null(contract);
    for (size_t i = 0; i < EMBEDDED_DOCUMENT_COUNT; i++) {
        struct route_match match;
        assert_int_equal(contract_route(contract, LISTENER_PUBLIC, STR("GET"),
                                        str_from(embedded_documents[i].served_at), &arena, &match),
                         ROUTE_FOUND);
        assert_true(match.operation->is_public);
    }
    contract_destroy(contract);
    arena_finish(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_operations_match),
        cmocka_unit_test(test_documents_are_served),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
