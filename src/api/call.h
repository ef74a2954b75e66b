/* One API call, from the parsed request to the answer.
 *
 * A handler `void op_<operationId>(struct call *call)` runs on a worker with a read snapshot. It
 * does one of three things:
 *  - it fills the answer (call_json, call_empty, call_fail);
 *  - it asks for a change with call_write(): once the handler has returned, the change runs on the
 *    store's writer and fills the answer there, which is sent when the change is durable;
 *  - it asks a desktop with desktop_call() (desktop_call.h): the answer follows when the desktop
 *    has answered.
 * Everything lives in the exchange's arena and is freed when the response has been sent. */
#ifndef API_CALL_H
#define API_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "api/api.h"
#include "api/facade.h"
#include "api/worker.h"
#include "base/buf.h"
#include "base/json_write.h"
#include "contract/check.h"
#include "fleet/auth.h"
#include "net/http_server.h"
#include "store/idempotency.h"

/* Bytes of an answer we write ourselves. */
#define CALL_BODY_CEILING (64u << 20)

struct call_answer {
    int status;
    struct str content_type;     /* null without a body */
    struct http_header extra[6]; /* further headers */
    size_t extra_count;
    struct buf body;
};

struct call_idempotency {
    bool used; /* the call carries a key */
    struct str key;
    bool entered;  /* it is in the table of calls in flight */
    bool opened;   /* an open record of it is stored */
    bool recalled; /* the answer is one that was given before */
    unsigned char scope[IDEMPOTENCY_HASH_SIZE];
    unsigned char fingerprint[IDEMPOTENCY_HASH_SIZE];
};

struct call;

/* Makes the change and fills the answer, or returns false with an error, and nothing is changed.
 * May run more than once; no network, file or unbounded work (store.h). */
typedef bool (*call_change)(struct call *call, struct tx *tx, struct err *err);

struct call {
    struct job job;
    struct write write;
    struct api *api;
    struct http_exchange *exchange;
    const struct http_request *request;
    struct arena *arena;
    struct uuid id; /* X-Request-Id */
    int64_t now;    /* when handling began */
    const struct facade *facade;
    struct route_match match;
    const struct operation *operation; /* NULL: no such path or method */
    struct principal principal;
    struct checked checked;
    struct tx *tx; /* the snapshot while the handler runs; NULL afterwards */
    struct call_answer answer;
    struct call_idempotency idempotency;
    bool refused; /* the change said no */
    call_change change;
    void (*next)(struct call *call);         /* what follows the handler; NULL: call_settle */
    void (*after_commit)(struct call *call); /* once, when the change is durable; or NULL */
    void (*deliver)(struct call *call);      /* instead of call_send after a change; or NULL */
    void *state;                             /* the handler's own */
};

/* --- Answers. Each begins a new one. --- */

/* A writer for the JSON body. */
struct json_writer call_json(struct call *call, int status);
void call_empty(struct call *call, int status);
/* `body` must live in the arena or be static. */
void call_bytes(struct call *call, int status, struct str content_type, struct str body);
void call_header(struct call *call, struct str name, struct str value);
void call_fail(struct call *call, const struct err *err);
/* An error that HTTP itself defines. */
void call_fail_status(struct call *call, int status, const char *message);
/* 500 (or what the store says) when the snapshot failed; then the handler returns. */
bool call_storage_failed(struct call *call);

/* --- Going on --- */

/* Handlers only; the change begins when the handler has returned. */
void call_write(struct call *call, call_change change);

/* The answer is complete: remembers it for its Idempotency-Key, sends it. Any thread. */
void call_settle(struct call *call);

/* Sends the answer as it is. The call is gone. */
void call_send(struct call *call);

/* Counts, logs and lets go of what the arena does not own. For who answers the exchange itself. */
void call_finish(struct call *call);

/* Runs `run` on the writer, then `done`. False when the store is overloaded: neither will run. */
MUST_CHECK bool call_try_submit(struct call *call, bool (*run)(struct tx *, struct write *),
                                void (*done)(struct write *, bool committed));

/* The same, and an overloaded store is the call's answer. */
void call_submit(struct call *call, bool (*run)(struct tx *, struct write *),
                 void (*done)(struct write *, bool committed));

/* For a `done` that was told the group is not committed: fills the answer. */
void call_fail_uncommitted(struct call *call);

/* --- Shorthands --- */

static inline struct str call_organization(const struct call *call)
{
    return call->principal.organization_id;
}

/* The value of a request header, in any case; the last one when it is repeated, as the contract
 * check reads it. A null str when absent. */
struct str call_request_header(const struct call *call, const char *name);

/* A JSON value of the request as text in the arena; a null str for NULL. */
struct str call_json_text(struct call *call, const json_t *value);

#endif
