/* The keywords of a JSON schema: one table of those that are enforced, and for which kinds. */
#ifndef CONTRACT_KEYWORD_H
#define CONTRACT_KEYWORD_H

#include <jansson.h>
#include <stdbool.h>

#include "contract/schema.h"

/* Loads the keywords of a schema whose kind is set. Refuses any that would be ignored. */
bool keywords_load(struct schema_loader *loader, json_t *json, const struct place *place,
                   struct schema *schema);

/* Refuses every key but annotations and `besides` ("$ref", "anyOf"). */
bool keywords_annotate(struct schema_loader *loader, json_t *json, const struct place *place,
                       const char *besides);

#endif
