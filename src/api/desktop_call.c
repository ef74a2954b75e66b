#include "api/desktop_call.h"

#include "api/idempotency.h"
#include "base/clock.h"
#include "base/json_read.h"
#include "fleet/machines.h"

/* What a driver's own words may take in an error of ours. */
#define DRIVER_MESSAGE_CEILING 300

struct desktop_state {
    struct call *call;
    struct desktop_question question;
    struct desktop_request request;
    struct desktop_reply reply;
    struct str machine_id;
    int64_t sent_at;
};

static void begin_asking(struct call *call);
static void finish_on_worker(struct job *job, struct worker *worker);

void desktop_call(struct call *call, const struct desktop_question *question)
{
    struct machine_row machine;
    struct err err;
    struct str machine_id = checked_path(&call->checked, "machine_id");
    if (!machine_get(call->tx, call->arena, call_organization(call), machine_id, &machine, &err)) {
        call_fail(call, &err);
        return;
    }
    struct desktop_state *state = ARENA_NEW(call->arena, struct desktop_state);
    state->call = call;
    state->question = *question;
    state->machine_id = machine.id;
    call->state = state;
    call->next = begin_asking;
}

/* --- asking --- */

static void receive_reply(struct desktop_request *request, const struct desktop_answer *answer)
{
    struct desktop_state *state = container_of(request, struct desktop_state, request);
    struct arena *arena = state->call->arena;
    state->reply = (struct desktop_reply){
        .outcome = answer->outcome,
        .was_sent = answer->was_sent,
        .status = answer->status,
        .content_type = arena_str(arena, answer->content_type),
        .body = arena_str(arena, answer->body),
    };
    state->call->job.run = finish_on_worker;
    worker_pool_continue(state->call->api->workers, &state->call->job);
}

static void ask(struct call *call)
{
    struct desktop_state *state = call->state;
    state->sent_at = clock_now_us();
    state->request = (struct desktop_request){
        .request_id = uuid_str(&call->id),
        .method = str_from(state->question.method),
        .path = str_from(state->question.path),
        .content_type = str_is_null(state->question.body) ? STR_NULL : STR("application/json"),
        .body = state->question.body,
        .idempotency_key = call->idempotency.key,
        .timeout_ms = call->api->desktop_timeout_ms,
        .done = receive_reply,
    };
    desktop_request(call->api->tunnel, state->machine_id, &state->request);
}

/* An effect on a desktop cannot be undone with a transaction. So a call with an Idempotency-Key
 * first stores that it begins: after a crash the record tells that the outcome is not known. */
static bool run_open(struct tx *tx, struct write *write)
{
    struct call *call = container_of(write, struct call, write);
    if (!idempotency_recall(call, tx))
        idempotency_open(call, tx);
    return true;
}

static void open_done(struct write *write, bool committed)
{
    struct call *call = container_of(write, struct call, write);
    if (!committed)
        call_fail_uncommitted(call);
    if (!committed || call->idempotency.recalled) {
        call_send(call);
        return;
    }
    call->idempotency.opened = true;
    ask(call);
}

static void begin_asking(struct call *call)
{
    if (call->idempotency.used)
        call_submit(call, run_open, open_done);
    else
        ask(call);
}

/* --- answering --- */

static bool fail_outcome(const struct desktop_state *state, struct err *err)
{
    struct str id = state->machine_id;
    switch (state->reply.outcome) {
    case DESKTOP_ANSWERED:
        return true;
    case DESKTOP_NOT_CONNECTED:
        return err_set(err, ERR_UNAVAILABLE, "Machine %.*s is not connected", STR_FMT(id));
    case DESKTOP_BUSY:
        return err_set(err, ERR_UNAVAILABLE, "Machine %.*s is busy, too many requests wait for it",
                       STR_FMT(id));
    case DESKTOP_GONE:
        /* With a key the client may retry: it must not take this for "try again". */
        if (state->reply.was_sent && state->call->idempotency.opened)
            return err_set(err, ERR_OUTCOME_UNKNOWN,
                           "Machine %.*s disconnected while it worked on this request; whether it "
                           "had its effect is not known",
                           STR_FMT(id));
        return err_set(err, ERR_UNAVAILABLE, "Machine %.*s disconnected before it answered",
                       STR_FMT(id));
    case DESKTOP_TIMEOUT:
        return err_set(err, ERR_TIMEOUT, "Machine %.*s did not answer within %lld ms", STR_FMT(id),
                       (long long)state->request.timeout_ms);
    }
    return err_set(err, ERR_INTERNAL, "unknown outcome");
}

static struct str text_field(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_string(value) ? str_of(json_string_value(value), json_string_length(value))
                                 : STR_NULL;
}

/* The driver's own explanation: {"detail": "..."} or {"error": "..."} or plain text. */
static struct str driver_message(struct arena *arena, const struct desktop_reply *reply)
{
    static const struct json_limits limits = {.depth = 4, .values = 100};
    struct json_read_error error;
    struct str text = STR_NULL;
    json_t *body = json_read(reply->body, &limits, &error);
    if (json_is_object(body)) {
        text = text_field(body, "detail");
        if (str_is_null(text))
            text = text_field(body, "error");
    } else if (str_starts_with(reply->content_type, STR("text/plain"))) {
        text = reply->body;
    }
    text = arena_str(arena, str_slice(text, 0, DRIVER_MESSAGE_CEILING));
    json_decref(body);
    return text;
}

/* Of a driver's statuses callers see those that tell something about their request; the rest says
 * that the machine is broken. */
static int outer_status(int driver_status)
{
    static const struct {
        int driver, outer;
    } known[] = {{400, 400}, {404, 404}, {422, 400}, {501, 501}};
    for (size_t i = 0; i < countof(known); i++) {
        if (known[i].driver == driver_status)
            return known[i].outer;
    }
    return 502;
}

static void answer_driver_error(struct desktop_state *state)
{
    struct call *call = state->call;
    struct str message = driver_message(call->arena, &state->reply);
    struct str text =
        str_is_null(message)
            ? arena_printf(call->arena, "Machine returned status %d", state->reply.status)
            : arena_printf(call->arena, "Machine returned error: %.*s", STR_FMT(message));
    call_fail_status(call, outer_status(state->reply.status), text.ptr);
}

static void fill_answer(struct desktop_state *state)
{
    struct call *call = state->call;
    struct err err;
    if (!fail_outcome(state, &err)) {
        call_fail(call, &err);
    } else if (state->reply.status < 200 || state->reply.status > 299) {
        answer_driver_error(state);
    } else if (!state->question.answer(call, &state->reply, &err)) {
        call_fail(call, &err);
    }
}

static void log_request(const struct desktop_state *state)
{
    struct call *call = state->call;
    int64_t now = clock_now_us();
    struct uuid id = uuid_new();
    bool answered = state->reply.outcome == DESKTOP_ANSWERED;
    struct err err = {0};
    fail_outcome(state, &err);
    struct request_log_row row = {
        .id = uuid_str(&id),
        .organization_id = call_organization(call),
        .request_id = uuid_str(&call->id),
        .method = str_from(state->question.method),
        .path = str_from(state->question.path),
        .machine_id = state->machine_id,
        .status_code = call->answer.status,
        .request_size_bytes = (int64_t)state->question.body.len,
        .response_size_bytes = (int64_t)state->reply.body.len,
        .duration_ms = (now - state->sent_at) / 1000,
        .error_message = answered ? STR_NULL : str_from(err.message),
        .created_at = call->now,
        .completed_at = now,
    };
    request_log_batch_add(call->api->request_logs, &row);
}

static bool run_forget(struct tx *tx, struct write *write)
{
    idempotency_forget(container_of(write, struct call, write), tx);
    return true;
}

static bool run_finish(struct tx *tx, struct write *write)
{
    idempotency_remember(container_of(write, struct call, write), tx);
    return true;
}

/* The desktop has acted whether or not its record can be finished, so the answer stands. */
static void record_done(struct write *write, bool committed)
{
    (void)committed;
    call_send(container_of(write, struct call, write));
}

static void finish_on_worker(struct job *job, struct worker *worker)
{
    (void)worker;
    struct call *call = container_of(job, struct call, job);
    struct desktop_state *state = call->state;
    fill_answer(state);
    log_request(state);
    bool recording =
        call->idempotency.opened &&
        call_try_submit(call, state->reply.was_sent ? run_finish : run_forget, record_done);
    if (!recording)
        call_send(call);
}
