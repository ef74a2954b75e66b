#include "api/idempotency.h"

#include "api/call.h"
#include "api/inflight.h"

#define KEY_HEADER "Idempotency-Key"
#define KEY_MAX    (4 * 255) /* bytes of 255 characters, the contract's limit */

/* --- keys --- */

/* The path is taken as the operation and its decoded parameters, so that one resource has one scope
 * however its path is escaped. */
static void hash_scope(struct call *call, struct str key)
{
    struct str parts[3 + ROUTE_PARAMETERS_MAX] = {call->principal.organization_id,
                                                  str_from(call->operation->id), key};
    size_t count = 3;
    for (size_t i = 0; i < call->operation->parameter_count; i++) {
        if (call->operation->parameters[i].place == IN_PATH)
            parts[count++] = call->match.values[i];
    }
    keyring_mac(call->api->keyring, parts, count, call->idempotency.scope);
}

static void hash_content(struct call *call)
{
    const struct str content[] = {call->request->query, call->request->body};
    keyring_mac(call->api->keyring, content, countof(content), call->idempotency.fingerprint);
}

bool idempotency_enter(struct call *call)
{
    if (!call->operation->takes_idempotency_key)
        return true;
    struct str key = call_request_header(call, KEY_HEADER);
    if (key.len == 0 || key.len > KEY_MAX)
        return true; /* no key, or one that the contract check refuses */
    hash_scope(call, key);
    hash_content(call);
    call->idempotency.used = true;
    call->idempotency.key = key;
    call->idempotency.entered = inflight_enter(call->api->inflight, call->idempotency.scope);
    if (call->idempotency.entered)
        return true;
    call_fail(call, &(struct err){ERR_CONFLICT,
                                  "A request with this " KEY_HEADER " is still in progress"});
    call_header(call, STR("idempotency-status"), STR("in_progress"));
    return false;
}

void idempotency_leave(struct call *call)
{
    if (call->idempotency.entered)
        inflight_leave(call->api->inflight, call->idempotency.scope);
    call->idempotency.entered = false;
}

bool idempotency_is_storable(const struct call *call)
{
    int status = call->answer.status;
    return status >= 200 && status < 500 && status != 401 && status != 403 && status != 429;
}

/* --- stored answers: status, content type and body, sealed --- */

static struct seal_cell answer_cell(struct call *call)
{
    return (struct seal_cell){"idempotency", "response",
                              str_of(call->idempotency.scope, IDEMPOTENCY_HASH_SIZE),
                              call->principal.organization_id};
}

static struct str seal_answer(struct call *call)
{
    struct seal_cell cell = answer_cell(call);
    struct str type = call->answer.content_type;
    struct str body = buf_str(&call->answer.body);
    struct str head = arena_printf(call->arena, "%d %.*s\n", call->answer.status, STR_FMT(type));
    char *plain = arena_alloc(call->arena, head.len + body.len + 1);
    memcpy(plain, head.ptr, head.len);
    if (body.len > 0)
        memcpy(plain + head.len, body.ptr, body.len);
    return keyring_seal(call->api->keyring, &cell, str_of(plain, head.len + body.len), call->arena);
}

static bool open_answer(struct call *call, struct str sealed)
{
    struct seal_cell cell = answer_cell(call);
    struct str rest, line, word;
    int64_t status;
    if (!keyring_open(call->api->keyring, &cell, sealed, call->arena, &rest) ||
        !str_split(&rest, '\n', &line) || !str_split(&line, ' ', &word) ||
        !str_to_i64(word, &status))
        return false;
    call_bytes(call, (int)status, line.len > 0 ? line : STR_NULL, rest);
    return true;
}

static void answer_reused(struct call *call)
{
    struct json_writer w = call_json(call, 422);
    jw_object_begin(&w);
    jw_key(&w, "detail");
    jw_array_begin(&w);
    jw_object_begin(&w);
    jw_field_str(&w, "type", STR("idempotency_key_reused"));
    jw_key(&w, "loc");
    jw_array_begin(&w);
    jw_cstr(&w, "header");
    jw_cstr(&w, KEY_HEADER);
    jw_array_end(&w);
    jw_field_str(&w, "msg", STR("This " KEY_HEADER " was used with another request"));
    jw_field_str(&w, "input", STR_NULL);
    jw_object_end(&w);
    jw_array_end(&w);
    jw_object_end(&w);
}

static void answer_unknown(struct call *call, const struct idempotency_row *row)
{
    bool is_ours = str_eq(row->server_instance, uuid_str(&call->api->server_id));
    struct err err;
    err_set(&err, ERR_OUTCOME_UNKNOWN, "%s; whether it had its effect is not known (machine %.*s)",
            is_ours ? "The answer to this request could not be stored"
                    : "The server stopped while this request was on its way to the machine",
            STR_FMT(checked_path(&call->checked, "machine_id")));
    call_fail(call, &err);
}

bool idempotency_recall(struct call *call, struct tx *tx)
{
    struct idempotency_row row;
    struct call_idempotency *mine = &call->idempotency;
    mine->recalled = false;
    if (!idempotency_get(tx, call->arena, mine->scope, &row))
        return false;
    if (row.created_at < call->now - IDEMPOTENCY_KEPT_US) {
        idempotency_delete(tx, mine->scope);
        return false;
    }
    mine->recalled = true;
    if (memcmp(row.fingerprint, mine->fingerprint, sizeof(row.fingerprint)) != 0)
        answer_reused(call);
    else if (str_is_null(row.response))
        answer_unknown(call, &row);
    else if (!open_answer(call, row.response))
        call_fail(call, &(struct err){ERR_INTERNAL, "The stored answer cannot be opened"});
    return true;
}

static struct idempotency_row new_row(const struct call *call)
{
    struct idempotency_row row = {.created_at = call->now};
    memcpy(row.scope_hash, call->idempotency.scope, sizeof(row.scope_hash));
    memcpy(row.fingerprint, call->idempotency.fingerprint, sizeof(row.fingerprint));
    return row;
}

void idempotency_remember(struct call *call, struct tx *tx)
{
    struct str sealed = seal_answer(call);
    if (call->idempotency.opened) {
        idempotency_finish(tx, call->idempotency.scope, sealed);
        return;
    }
    struct idempotency_row row = new_row(call);
    row.response = sealed;
    idempotency_insert(tx, &row);
}

void idempotency_open(struct call *call, struct tx *tx)
{
    struct idempotency_row row = new_row(call);
    row.server_instance = uuid_str(&call->api->server_id);
    idempotency_insert(tx, &row);
}

void idempotency_forget(struct call *call, struct tx *tx)
{
    idempotency_delete(tx, call->idempotency.scope);
}
