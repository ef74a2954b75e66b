/* The way of a request: network thread -> worker -> operation -> credentials and scope -> contract
 * -> handler (journey 1 of ARCHITECTURE.md). */
#include "api/call.h"
#include "api/idempotency.h"
#include "base/clock.h"
#include "base/log.h"
#include "contracts/operations.h"
#include "fleet/scopes.h"

typedef void (*handler)(struct call *call);

static const handler handlers[OPERATION_COUNT] = {
#include "contracts/handlers.inc"
};

/* A body sent where none is expected is read and ignored, up to this size. */
#define STRAY_BODY_CEILING (64u << 10)

/* --- on a network thread --- */

static enum route_result route(struct api *api, const struct http_request *request,
                               struct arena *arena, struct route_match *ret_match)
{
    enum listener listener = (enum listener)request->listener_tag;
    return contract_route(api->contract, listener, request->method, request->path, arena,
                          ret_match);
}

static size_t admit(void *ctx, const struct http_request *request, int *ret_refuse_status)
{
    (void)ret_refuse_status; /* a worker refuses, in the façade's words */
    struct api *api = ctx;
    struct route_match match;
    struct arena arena;
    arena_init(&arena);
    size_t ceiling = api->body_ceiling_default;
    if (route(api, request, &arena, &match) == ROUTE_FOUND)
        ceiling = MAX_OF(match.operation->max_body, STRAY_BODY_CEILING);
    arena_finish(&arena);
    return ceiling;
}

static void write_http_error(void *ctx, int status, const char *reason,
                             const struct http_request *request, struct arena *arena,
                             struct http_response *ret_response)
{
    (void)ctx;
    const struct facade *facade = facade_of_path(request ? request->path : STR("/"));
    struct uuid id = uuid_new();
    struct http_header *headers = ARENA_ARRAY(arena, 2, struct http_header);
    headers[0] = (struct http_header){STR("content-type"), STR("application/json")};
    headers[1] = (struct http_header){STR("x-request-id"), arena_str(arena, uuid_str(&id))};
    struct buf body;
    buf_init(&body, 4096);
    struct json_writer w = jw_to(&body);
    facade->write_error(&w, status, ERR_NONE, reason);
    arena_adopt(arena, body.ptr);
    *ret_response = (struct http_response){status, headers, 2, buf_str(&body)};
    log_info("request.malformed", LOG_STR("request", uuid_str(&id)), LOG_INT("status", status),
             LOG_CSTR("reason", reason));
}

static void run(struct job *job, struct worker *worker);

static void receive(void *ctx, struct http_exchange *exchange)
{
    struct call *call = ARENA_NEW(http_exchange_arena(exchange), struct call);
    call->api = ctx;
    call->exchange = exchange;
    call->request = http_exchange_request(exchange);
    call->arena = http_exchange_arena(exchange);
    call->facade = facade_of_path(call->request->path);
    call->id = uuid_new();
    call->now = call->request->received_us;
    call->job.run = run;
    buf_init(&call->answer.body, CALL_BODY_CEILING);
    if (worker_pool_submit(call->api->workers, &call->job))
        return;
    call_fail(call, &(struct err){ERR_UNAVAILABLE, "The server is overloaded, try again"});
    call_send(call);
}

static void wake_workers(void *ctx)
{
    struct api *api = ctx;
    worker_pool_wake(api->workers);
}

const struct http_callbacks api_http_callbacks = {
    .admit = admit,
    .request = receive,
    .turn_end = wake_workers,
    .error = write_http_error,
};

/* --- on a worker --- */

static bool find_operation(struct call *call)
{
    enum route_result found = route(call->api, call->request, call->arena, &call->match);
    if (found == ROUTE_FOUND) {
        call->operation = call->match.operation;
        call->facade = facade_of_document(call->operation->document);
        return true;
    }
    if (found == ROUTE_NO_PATH) {
        call_fail_status(call, 404, "Not Found");
        return false;
    }
    call_fail_status(call, 405, "Method Not Allowed");
    call_header(call, STR("allow"), call->match.allow);
    return false;
}

static bool check_rights(struct call *call)
{
    const struct operation *operation = call->operation;
    struct err err;
    if (operation->is_public)
        return true;
    unsigned scope = scope_by_name(str_from(operation->scope));
    if (call->facade->authenticate(call->tx, call->arena, call->request, &call->principal, &err) &&
        auth_require(&call->principal, scope, &err))
        return true;
    call_fail(call, &err);
    return false;
}

static struct str header_of(void *context, const char *name)
{
    return call_request_header(context, name);
}

static bool check_contract(struct call *call)
{
    const struct http_request *request = call->request;
    struct contract_input input = {
        .query = request->query,
        .header = header_of,
        .header_context = call,
        .content_type = http_request_header(request, "content-type"),
        .body = request->body,
    };
    struct violations violations;
    if (contract_check(&call->match, &input, call->arena, &call->checked, &violations))
        return true;
    struct json_writer w = call_json(call, call->facade->invalid_status);
    call->facade->write_invalid(&w, call->operation, &violations);
    violations_finish(&violations);
    return false;
}

/* True when the handler has the call; false when it is answered already. */
static bool prepare(struct call *call)
{
    if (!find_operation(call) || !check_rights(call))
        return false;
    /* A broken request uses its key too, so the key is taken before the answer is known. */
    return idempotency_enter(call) && check_contract(call);
}

static void run(struct job *job, struct worker *worker)
{
    struct call *call = container_of(job, struct call, job);
    call->tx = worker_snapshot(worker);
    if (prepare(call))
        handlers[call->operation->index](call);
    call->tx = NULL;
    (call->next ? call->next : call_settle)(call);
}
