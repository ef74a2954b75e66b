/* The contract: OpenAPI documents, loaded once at start and compiled into a route table and
 * validators. They are the only list of routes, parameters and limits.
 *
 * The subset is OpenAPI 3.0 and 3.1 with the x- keys of contracts/README.md. A keyword of a
 * request that this layer would not enforce is a load error, so nothing is accepted and ignored.
 * Response schemas are not compiled. A loaded contract is immutable: every thread may use it. */
#ifndef CONTRACT_CONTRACT_H
#define CONTRACT_CONTRACT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/macros.h"
#include "base/str.h"

struct contract;
struct schema; /* schema.h; nobody outside this layer looks inside */

struct contract_source {
    const char *name; /* "cyberdesk"; must outlive the contract */
    struct str json;
};

enum listener {
    LISTENER_PUBLIC,
    LISTENER_OPERATOR, /* x-listener: operator */
    LISTENER_COUNT,
};

enum parameter_place {
    IN_PATH,
    IN_QUERY,
    IN_HEADER,
};

struct parameter {
    const char *name; /* as in the document */
    enum parameter_place place;
    bool required;
    bool is_list;                /* a repeated query parameter; `schema` is the list's */
    const struct schema *schema; /* of scalars, or a list of scalars */
    struct str default_text;     /* the default as it would be sent; null when none */
};

/* One operation of a document. Strings live as long as the contract. */
struct operation {
    const char *id;       /* operationId */
    size_t index;         /* position over all documents: enum operation_index of operations.h */
    const char *document; /* name of its source */
    const char *method;   /* "GET" */
    const char *path;     /* the whole template with the servers[0] prefix */
    const char *scope;    /* x-scope; NULL: any valid key will do */
    bool is_public;       /* security: [] */
    bool is_websocket;    /* x-upgrade: websocket */
    bool takes_idempotency_key;
    enum listener listener;
    size_t max_body;                    /* bytes; 0 when the operation takes no body */
    int invalid_code;                   /* x-invalid-code; 400 when absent */
    const struct parameter *parameters; /* path (in template order), then query, then header */
    size_t parameter_count;
    const struct schema *body; /* NULL: none */
    bool body_required;
};

/* Compiles the documents in order. NULL and ERR_INVALID names the document, the place in it (a
 * JSON pointer) and what is wrong. Destroy with contract_destroy. */
MUST_CHECK struct contract *contract_load(const struct contract_source *sources, size_t count,
                                          struct err *err);
void contract_destroy(struct contract *contract);

size_t contract_operation_count(const struct contract *contract);
const struct operation *contract_operation(const struct contract *contract, size_t index);
/* NULL when no document has it. */
const struct operation *contract_operation_by_id(const struct contract *contract, const char *id);

enum { ROUTE_PARAMETERS_MAX = 8 };

enum route_result {
    ROUTE_FOUND,
    ROUTE_NO_PATH,      /* 404 */
    ROUTE_WRONG_METHOD, /* 405 with the Allow header below */
};

struct route_match {
    const struct operation *operation;
    struct str values[ROUTE_PARAMETERS_MAX]; /* decoded path values, in template order */
    struct str allow;                        /* ROUTE_WRONG_METHOD only: "GET, HEAD, POST" */
};

/* Finds the operation for a method and a raw path (without the query). HEAD is answered by GET's
 * operation. Literal segments win over parameters; an encoded slash stays inside its segment; a
 * bad escape, a NUL, bad UTF-8, an empty segment or a trailing slash matches nothing. The values
 * point into `path`, or into the arena where they had escapes. `ret_match->operation` is set for
 * ROUTE_FOUND only. */
enum route_result contract_route(const struct contract *contract, enum listener listener,
                                 struct str method, struct str path, struct arena *arena,
                                 struct route_match *ret_match);

#endif
