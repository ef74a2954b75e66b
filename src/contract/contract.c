#include "contract/contract.h"

#include <stdlib.h>

#include "base/json_read.h"
#include "base/mem.h"
#include "contract/document.h"
#include "contract/router.h"
#include "contract/schema.h"

struct contract {
    struct arena arena;
    json_t **documents; /* schemas point into them */
    size_t document_count;
    struct regex *regexes;
    struct route_node roots[LISTENER_COUNT];
    const struct operation **operations; /* by index */
    size_t operation_count;
};

static const struct json_limits document_limits = {.depth = 64, .values = 1000000};

static bool load_source(struct contract *contract, const struct contract_source *source,
                        struct operation_list *operations, struct err *err)
{
    struct json_read_error error;
    json_t *root = json_read(source->json, &document_limits, &error);
    if (!root)
        return err_set(err, ERR_INVALID, "%s: byte %zu: %s", source->name, error.position,
                       error.reason);
    contract->documents[contract->document_count++] = root;
    struct schema_loader loader = {
        .arena = &contract->arena,
        .document = source->name,
        .root = root,
        .regexes = &contract->regexes,
        .err = err,
    };
    schema_loader_init(&loader);
    bool ok = document_load(&loader, operations, contract->roots);
    schema_loader_finish(&loader);
    return ok;
}

static void index_operations(struct contract *contract, const struct operation_list *list)
{
    contract->operations = ARENA_ARRAY(&contract->arena, list->count + 1, const struct operation *);
    for (const struct operation_node *node = list->first; node; node = node->next)
        contract->operations[contract->operation_count++] = &node->operation;
}

struct contract *contract_load(const struct contract_source *sources, size_t count, struct err *err)
{
    struct contract *contract = MEM_NEW(struct contract);
    struct operation_list operations = {0};
    arena_init(&contract->arena);
    contract->documents = ARENA_ARRAY(&contract->arena, count + 1, json_t *);
    for (size_t i = 0; i < count; i++) {
        if (!load_source(contract, &sources[i], &operations, err)) {
            contract_destroy(contract);
            return NULL;
        }
    }
    index_operations(contract, &operations);
    return contract;
}

void contract_destroy(struct contract *contract)
{
    if (!contract)
        return;
    for (struct regex *regex = contract->regexes; regex; regex = regex->next)
        pcre2_code_free(regex->code);
    for (size_t i = 0; i < contract->document_count; i++)
        json_decref(contract->documents[i]);
    arena_finish(&contract->arena);
    free(contract);
}

size_t contract_operation_count(const struct contract *contract)
{
    return contract->operation_count;
}

const struct operation *contract_operation(const struct contract *contract, size_t index)
{
    return index < contract->operation_count ? contract->operations[index] : NULL;
}

const struct operation *contract_operation_by_id(const struct contract *contract, const char *id)
{
    for (size_t i = 0; i < contract->operation_count; i++) {
        if (strcmp(contract->operations[i]->id, id) == 0)
            return contract->operations[i];
    }
    return NULL;
}

enum route_result contract_route(const struct contract *contract, enum listener listener,
                                 struct str method, struct str path, struct arena *arena,
                                 struct route_match *ret_match)
{
    return router_find(&contract->roots[listener], method, path, arena, ret_match);
}
