/* Names of key scopes (enum key_scope in store/keys.h). */
#ifndef FLEET_SCOPES_H
#define FLEET_SCOPES_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* "read,control" or "all" to a mask; ERR_INVALID names the word that is no scope. */
bool scopes_parse(struct str text, unsigned *ret_scopes, struct err *err);

/* The mask of one name; 0 when there is no such scope. */
unsigned scope_by_name(struct str name);

/* Walks the names of a mask: start with *cursor = 0; NULL ends. */
const char *scopes_next(unsigned scopes, unsigned *cursor);

#endif
