/* What the verbs print. */
#ifndef CLI_PRINT_H
#define CLI_PRINT_H

#include "base/json_write.h"
#include "fleet/organizations.h"
#include "store/keys.h"

/* Writes the buffer and a newline to standard output, and finishes the buffer. Keys are shown once,
 * so a full disk or a closed pipe there is an error. */
bool print_and_finish(struct buf *out, struct err *err);

/* {"organization_id","api_key","hmac_key","hmac_secret"}, or the same in words. */
bool print_organization(const struct new_organization *organization, bool json, struct err *err);

void print_scopes(struct json_writer *w, unsigned scopes);
/* "read,control" in the arena. */
struct str scopes_text(struct arena *arena, unsigned scopes);

#endif
