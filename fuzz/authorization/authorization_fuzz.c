/* Authorization headers: whatever a client sends, the token lies inside the header, and the scope
 * names of the command line come back as they went in. */
#include "fleet/auth.h"
#include "fleet/scopes.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_bearer(struct str header)
{
    struct str token;
    if (!auth_parse_bearer(header, &token))
        return;
    bool inside = token.ptr >= header.ptr && token.ptr + token.len <= header.ptr + header.len;
    if (!inside || token.len == 0)
        abort();
}

static void check_scopes(struct str text)
{
    unsigned scopes, again = 0, cursor = 0;
    struct err err;
    if (!scopes_parse(text, &scopes, &err))
        return;
    for (const char *name; (name = scopes_next(scopes, &cursor));)
        again |= scope_by_name(str_from(name));
    if (again != scopes)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_of(data, size);
    check_bearer(text);
    check_scopes(text);
    return 0;
}
