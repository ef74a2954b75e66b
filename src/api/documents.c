#include "api/documents.h"

#include "contracts/documents.h"

void answer_document(struct call *call, const char *name)
{
    for (size_t i = 0; i < EMBEDDED_DOCUMENT_COUNT; i++) {
        const struct embedded_document *document = &embedded_documents[i];
        if (strcmp(document->name, name) == 0)
            call_bytes(call, 200, STR("application/json"), document->json);
    }
}
