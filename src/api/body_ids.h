/* Lists of ids in request bodies. */
#ifndef API_BODY_IDS_H
#define API_BODY_IDS_H

#include "api/call.h"

/* A list without duplicates, in the order sent. */
struct body_ids {
    struct str *ids;
    size_t count;
};

/* The field must be an array of strings by the contract. */
struct body_ids *body_ids(struct call *call, const char *field);

#endif
