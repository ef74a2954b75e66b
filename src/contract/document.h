/* One OpenAPI document to operations. */
#ifndef CONTRACT_DOCUMENT_H
#define CONTRACT_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "contract/contract.h"
#include "contract/router.h"
#include "contract/schema.h"

struct operation_list {
    struct operation_node *first, *last;
    size_t count;
};

struct operation_node {
    struct operation_node *next;
    struct operation operation;
};

/* Adds the document's operations to the list and the routes. False and loader->err. */
bool document_load(struct schema_loader *loader, struct operation_list *operations,
                   struct route_node roots[LISTENER_COUNT]);

#endif
