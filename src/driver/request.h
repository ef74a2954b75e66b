/* Requests as they come through the tunnel: a text frame with the meta, binary frames with the
 * body, the text "end" (the contract's sections 3.2 and 6). */
#ifndef DRIVER_REQUEST_H
#define DRIVER_REQUEST_H

#include <jansson.h>

#include "base/buf.h"
#include "base/str.h"

/* A body past this is counted no further; the request is answered with 413. */
#define REQUEST_BODY_MAX (2u * 1024 * 1024)

/* Strings are never NULL inside a complete request. */
struct request {
    json_t *id;    /* a string or a number; comes back as it came */
    char *method;  /* upper case */
    char *path;    /* with its leading slash */
    json_t *query; /* an object of decoded strings; the last of several equal names */
    struct buf body;
};

enum request_state {
    REQUEST_NONE,     /* nothing begun; stray bodies and ends are ignored */
    REQUEST_OPEN,     /* a meta came, its end did not */
    REQUEST_COMPLETE, /* to be answered; then request_finish */
    REQUEST_BROKEN,   /* a text that is no meta: the connection must be closed with 1011 */
};

struct request_assembly {
    enum request_state state;
    struct request request;
};

void request_assembly_init(struct request_assembly *assembly);
/* Drops what there is and starts over with REQUEST_NONE. */
void request_assembly_reset(struct request_assembly *assembly);

/* Both return the new state. A second meta before an end replaces the first. */
enum request_state request_add_text(struct request_assembly *assembly, struct str text);
enum request_state request_add_bytes(struct request_assembly *assembly, struct str bytes);

#endif
