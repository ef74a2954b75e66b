/* The documents, and a page to read them. */
#include "api/documents.h"
#include "contracts/operations.h"
#include "docs_page.h"

void op_get_root(struct call *call)
{
    call_empty(call, 307);
    call_header(call, STR("location"), STR("/docs"));
}

void op_get_cyberdesk_document(struct call *call)
{
    answer_document(call, "cyberdesk");
}

void op_get_fleet_document(struct call *call)
{
    answer_document(call, "fleet");
}

void op_browse_documents(struct call *call)
{
    call_bytes(call, 200, STR("text/html; charset=utf-8"), str_of(docs_page, docs_page_size));
    call_header(call, STR("content-security-policy"),
                STR("default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
                    "connect-src 'self'; img-src data:; frame-ancestors 'none'"));
    call_header(call, STR("x-content-type-options"), STR("nosniff"));
}
