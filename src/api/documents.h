/* The embedded OpenAPI documents. */
#ifndef API_DOCUMENTS_H
#define API_DOCUMENTS_H

#include "api/call.h"

/* Answers with the document of this name ("cyberdesk", "vagon", "fleet"). */
void answer_document(struct call *call, const char *name);

#endif
