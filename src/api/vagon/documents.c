/* The Vagon side's own document. */
#include "api/documents.h"
#include "contracts/operations.h"

void op_get_vagon_document(struct call *call)
{
    answer_document(call, "vagon");
}
