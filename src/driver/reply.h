/* The answer to a request, before it is cut into frames. */
#ifndef DRIVER_REPLY_H
#define DRIVER_REPLY_H

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/json_write.h"
#include "base/str.h"

/* Ceiling of a body: a screenshot of the largest size, incompressible. */
#define REPLY_BODY_MAX (256u * 1024 * 1024)

struct reply {
    int status;
    const char *content_type; /* static */
    const char *allow;        /* static; NULL unless the status is 405 */
    struct buf body;
};

/* Starts as 200 with an empty JSON body. */
void reply_init(struct reply *reply);
void reply_finish(struct reply *reply);

/* "{}", what input commands answer. */
void reply_done(struct reply *reply);

/* {"detail": message}. */
void reply_detail(struct reply *reply, int status, struct str message);

/* The same for an error of our own: 400 when the request makes no sense, 500 otherwise. */
void reply_error(struct reply *reply, const struct err *err);

/* 422 in FastAPI's shape: one entry at [place, name], or [place] when name is NULL. */
void reply_invalid(struct reply *reply, const char *type, const char *place, const char *name,
                   const char *message, const json_t *input);

#endif
