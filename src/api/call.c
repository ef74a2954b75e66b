#include "api/call.h"

#include "api/idempotency.h"
#include "base/clock.h"
#include "base/log.h"

#define JSON_TYPE STR("application/json")

/* --- answers --- */

static void begin_answer(struct call *call, int status)
{
    struct buf body = call->answer.body;
    buf_clear(&body);
    call->answer = (struct call_answer){.status = status, .body = body};
}

struct json_writer call_json(struct call *call, int status)
{
    begin_answer(call, status);
    call->answer.content_type = JSON_TYPE;
    return jw_to(&call->answer.body);
}

void call_empty(struct call *call, int status)
{
    begin_answer(call, status);
}

void call_bytes(struct call *call, int status, struct str content_type, struct str body)
{
    begin_answer(call, status);
    call->answer.content_type = content_type;
    buf_append_str(&call->answer.body, body);
}

void call_header(struct call *call, struct str name, struct str value)
{
    struct call_answer *answer = &call->answer;
    if (answer->extra_count < countof(answer->extra))
        answer->extra[answer->extra_count++] = (struct http_header){name, value};
}

/* Drivers stop for good at a 403 of the upgrade, and know no 401. */
static int status_of(const struct call *call, enum err_kind kind)
{
    bool is_tunnel = call->operation && call->operation->is_websocket;
    return is_tunnel && kind == ERR_UNAUTHORIZED ? 403 : facade_status(kind);
}

void call_fail(struct call *call, const struct err *err)
{
    int status = status_of(call, err->kind);
    if (status >= 500)
        log_warn("call.failed", LOG_STR("request", uuid_str(&call->id)),
                 LOG_CSTR("operation", call->operation ? call->operation->id : "none"),
                 LOG_INT("status", status), LOG_CSTR("message", err->message));
    struct json_writer w = call_json(call, status);
    call->facade->write_error(&w, status, err->kind, err->message);
}

void call_fail_status(struct call *call, int status, const char *message)
{
    struct json_writer w = call_json(call, status);
    call->facade->write_error(&w, status, ERR_NONE, message);
}

bool call_storage_failed(struct call *call)
{
    struct err err;
    if (!tx_error(call->tx, &err))
        return false;
    call_fail(call, &err);
    return true;
}

struct str call_request_header(const struct call *call, const char *name)
{
    struct str wanted = str_from(name);
    for (size_t i = call->request->header_count; i-- > 0;) {
        if (str_eq_nocase(call->request->headers[i].name, wanted))
            return call->request->headers[i].value;
    }
    return STR_NULL;
}

struct str call_json_text(struct call *call, const json_t *value)
{
    if (!value)
        return STR_NULL;
    struct buf text;
    buf_init(&text, CALL_BODY_CEILING);
    struct json_writer w = jw_to(&text);
    jw_value(&w, value);
    arena_adopt(call->arena, text.ptr);
    return buf_str(&text);
}

/* --- sending --- */

static void log_call(const struct call *call, int64_t duration_us)
{
    bool is_plain_read = call->answer.status < 400 && str_eq(call->request->method, STR("GET"));
    log_write(
        is_plain_read ? LOG_DEBUG : LOG_INFO, "request",
        (const struct log_field[]){
            LOG_STR("request", uuid_str(&call->id)),
            LOG_STR("org", call->principal.organization_id.len > 0 ? call->principal.organization_id
                                                                   : STR("-")),
            LOG_STR("method", call->request->method),
            /* the template, since a path may carry what must not be logged */
            LOG_CSTR("path", call->operation ? call->operation->path : "unknown"),
            LOG_INT("status", call->answer.status),
            LOG_INT("us", duration_us),
            {0}});
}

static size_t all_headers(struct call *call, struct http_header *headers)
{
    const struct call_answer *answer = &call->answer;
    size_t count = 0;
    headers[count++] = (struct http_header){STR("x-request-id"), uuid_str(&call->id)};
    if (!str_is_null(answer->content_type))
        headers[count++] = (struct http_header){STR("content-type"), answer->content_type};
    for (size_t i = 0; i < answer->extra_count; i++)
        headers[count++] = answer->extra[i];
    return count;
}

void call_finish(struct call *call)
{
    int64_t duration_us = clock_now_us() - call->now;
    api_metrics_count(call->api->metrics, call->operation, call->answer.status, duration_us);
    log_call(call, duration_us);
    idempotency_leave(call);
    checked_finish(&call->checked);
    arena_adopt(call->arena, call->answer.body.ptr);
}

void call_send(struct call *call)
{
    if (call->answer.body.overflowed)
        call_fail(call, &(struct err){ERR_INTERNAL, "The answer is too large"});
    struct http_header *headers =
        ARENA_ARRAY(call->arena, countof(call->answer.extra) + 2, struct http_header);
    struct http_response response = {
        .status = call->answer.status,
        .headers = headers,
        .header_count = all_headers(call, headers),
        .body = buf_str(&call->answer.body),
    };
    call_finish(call);
    http_respond(call->exchange, &response);
}

/* --- changes --- */

void call_fail_uncommitted(struct call *call)
{
    struct err err = {.kind = ERR_INTERNAL, .message = "The change could not be stored"};
    if (call->write.err && call->write.err->kind != ERR_NONE)
        err = *call->write.err;
    call_fail(call, &err);
}

static bool run_change(struct tx *tx, struct write *write)
{
    struct call *call = container_of(write, struct call, write);
    struct err err;
    call->refused = false;
    if (call->idempotency.used && idempotency_recall(call, tx))
        return true;
    if (!call->change(call, tx, &err)) {
        call->refused = true;
        call_fail(call, &err);
        return false;
    }
    if (call->idempotency.used)
        idempotency_remember(call, tx);
    return true;
}

static void change_done(struct write *write, bool committed)
{
    struct call *call = container_of(write, struct call, write);
    if (!committed) {
        call_fail_uncommitted(call);
        call_send(call);
    } else if (call->refused) {
        call_settle(call); /* nothing was changed, but the answer may have to be remembered */
    } else {
        if (call->after_commit && !call->idempotency.recalled)
            call->after_commit(call);
        (call->deliver ? call->deliver : call_send)(call);
    }
}

static bool run_remember(struct tx *tx, struct write *write)
{
    struct call *call = container_of(write, struct call, write);
    if (!idempotency_recall(call, tx))
        idempotency_remember(call, tx);
    return true;
}

static void remember_done(struct write *write, bool committed)
{
    struct call *call = container_of(write, struct call, write);
    if (!committed)
        call_fail_uncommitted(call);
    call_send(call);
}

bool call_try_submit(struct call *call, bool (*run)(struct tx *, struct write *),
                     void (*done)(struct write *, bool committed))
{
    call->write = (struct write){
        .run = run,
        .done = done,
        .err = ARENA_NEW(call->arena, struct err),
    };
    return store_submit(call->api->store, &call->write);
}

void call_submit(struct call *call, bool (*run)(struct tx *, struct write *),
                 void (*done)(struct write *, bool committed))
{
    if (call_try_submit(call, run, done))
        return;
    call_fail(call, &(struct err){ERR_UNAVAILABLE, "The server is overloaded, try again"});
    call_send(call);
}

static void begin_change(struct call *call)
{
    call_submit(call, run_change, change_done);
}

void call_write(struct call *call, call_change change)
{
    call->change = change;
    call->next = begin_change;
}

void call_settle(struct call *call)
{
    if (call->idempotency.entered && idempotency_is_storable(call))
        call_submit(call, run_remember, remember_done);
    else
        call_send(call);
}
