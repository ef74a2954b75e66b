/* The parameters of an operation. */
#ifndef CONTRACT_PARAMETER_H
#define CONTRACT_PARAMETER_H

#include <jansson.h>
#include <stdbool.h>

#include "contract/contract.h"
#include "contract/schema.h"

/* Loads the parameters of a path item and of its operation (either may be NULL), where the
 * operation's replace those of the same name and place. operation->path is set. */
bool parameters_load(struct schema_loader *loader, json_t *of_path, json_t *of_operation,
                     const struct place *place, struct operation *operation);

/* The schema of one value: without the wrapper that only adds null. */
const struct schema *parameter_schema(const struct schema *schema);

#endif
