/* The tree of path segments that finds an operation. */
#ifndef CONTRACT_ROUTER_H
#define CONTRACT_ROUTER_H

#include <stdbool.h>

#include "base/arena.h"
#include "contract/contract.h"

enum method {
    METHOD_GET,
    METHOD_HEAD,
    METHOD_POST,
    METHOD_PUT,
    METHOD_PATCH,
    METHOD_DELETE,
    METHOD_OPTIONS,
    METHOD_COUNT,
};

/* A place in the tree; zeroed, it is an empty tree. Lives in the contract's arena. */
struct route_node {
    struct str segment;
    struct route_node *next;      /* its sibling */
    struct route_node *literals;  /* first child */
    struct route_node *parameter; /* the child that any segment matches */
    const struct operation *operations[METHOD_COUNT];
    struct str allow;
};

/* Adds an operation under its path. NULL, or why it cannot be added (static text). */
const char *router_add(struct route_node *root, const struct operation *operation,
                       struct arena *arena);

enum route_result router_find(const struct route_node *root, struct str method, struct str path,
                              struct arena *arena, struct route_match *ret_match);

/* The upper-case name of a document's method key ("get"), or NULL. */
const char *method_name(const char *key);

#endif
