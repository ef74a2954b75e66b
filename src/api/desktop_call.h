/* A call that asks a desktop: the request goes through the tunnel, the answer comes back to a
 * worker, and one row of the request log is written. */
#ifndef API_DESKTOP_CALL_H
#define API_DESKTOP_CALL_H

#include "api/call.h"
#include "tunnel/desktop.h"

/* What the driver said, in the call's arena. */
struct desktop_reply {
    enum desktop_outcome outcome;
    bool was_sent;
    int status;
    struct str content_type;
    struct str body;
};

struct desktop_question {
    const char *method;
    const char *path; /* of the driver */
    struct str body;  /* JSON, or null */
    /* Turns a 2xx of the driver into the call's answer; on a worker, without a snapshot. False and
     * an error (ERR_BAD_MACHINE) when the driver's answer is not what it should be. */
    bool (*answer)(struct call *call, const struct desktop_reply *reply, struct err *err);
};

/* Handlers only; the last thing they do. The machine is the path parameter `machine_id`; it must
 * be the organization's and connected, else the call is answered so. `question` is copied. */
void desktop_call(struct call *call, const struct desktop_question *question);

#endif
