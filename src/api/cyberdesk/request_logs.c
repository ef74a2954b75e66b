/* /v1/request-logs */
#include "automation/request_log.h"

#include "api/cyberdesk/resources.h"
#include "contracts/operations.h"

static void write_optional_int(struct json_writer *w, const char *key, int64_t value)
{
    jw_key(w, key);
    if (value == STORE_NONE)
        jw_null(w);
    else
        jw_int(w, value);
}

static void write_request_log(struct json_writer *w, const struct request_log_row *row)
{
    jw_object_begin(w);
    jw_field_str(w, "request_id", row->request_id);
    jw_field_str(w, "method", row->method);
    jw_field_str(w, "path", row->path);
    jw_field_str(w, "machine_id", row->machine_id);
    write_optional_int(w, "status_code", row->status_code);
    write_optional_int(w, "request_size_bytes", row->request_size_bytes);
    write_optional_int(w, "response_size_bytes", row->response_size_bytes);
    write_optional_int(w, "duration_ms", row->duration_ms);
    jw_field_str(w, "error_message", row->error_message);
    jw_field_str(w, "id", row->id);
    jw_field_time(w, "created_at", row->created_at);
    jw_field_time(w, "completed_at", row->completed_at);
    jw_field_str(w, "organization_id", row->organization_id);
    jw_object_end(w);
}

static void answer_request_log(struct call *call, int status, const struct request_log_row *row)
{
    struct json_writer w = call_json(call, status);
    write_request_log(&w, row);
}

void op_list_request_logs(struct call *call)
{
    const struct checked *checked = &call->checked;
    struct request_log_filter filter = {
        .machine_id = checked_query_str(checked, "machine_id"),
        .method = checked_query_str(checked, "method"),
        .status_code = checked_query_has(checked, "status_code")
                           ? checked_query_int(checked, "status_code")
                           : STORE_NONE,
        .skip = checked_query_int(checked, "skip"),
        .limit = checked_query_int(checked, "limit"),
    };
    struct request_log_page page;
    request_logs_list(call->tx, call->arena, call_organization(call), &filter, &page);
    struct json_writer w = begin_page(call);
    for (size_t i = 0; i < page.count; i++)
        write_request_log(&w, &page.rows[i]);
    end_page(&w, call, page.total);
    jw_object_end(&w);
    call_storage_failed(call);
}

void op_get_request_log(struct call *call)
{
    struct request_log_row row;
    struct err err;
    if (request_log_get(call->tx, call->arena, call_organization(call),
                        checked_path(&call->checked, "log_id"), &row, &err))
        answer_request_log(call, 200, &row);
    else
        call_fail(call, &err);
}

static bool create_request_log(struct call *call, struct tx *tx, struct err *err)
{
    const struct request_log_row *row = call->state;
    if (!request_log_create(tx, call->api->store, row, err))
        return false;
    answer_request_log(call, 201, row);
    return true;
}

void op_create_request_log(struct call *call)
{
    const struct checked *checked = &call->checked;
    struct uuid id = uuid_new();
    struct request_log_row *row = ARENA_NEW(call->arena, struct request_log_row);
    *row = (struct request_log_row){
        .id = arena_str(call->arena, uuid_str(&id)),
        .organization_id = call_organization(call),
        .request_id = checked_body_str(checked, "request_id"),
        .method = checked_body_str(checked, "method"),
        .path = checked_body_str(checked, "path"),
        .machine_id = checked_body_str(checked, "machine_id"),
        .status_code = checked_body_int(checked, "status_code", STORE_NONE),
        .request_size_bytes = checked_body_int(checked, "request_size_bytes", STORE_NONE),
        .response_size_bytes = checked_body_int(checked, "response_size_bytes", STORE_NONE),
        .duration_ms = checked_body_int(checked, "duration_ms", STORE_NONE),
        .error_message = checked_body_str(checked, "error_message"),
        .created_at = call->now,
        .completed_at = CLOCK_NONE,
    };
    if (row->status_code != STORE_NONE)
        row->completed_at = call->now;
    call->state = row;
    call_write(call, create_request_log);
}

static void take_int(const struct checked *checked, const char *name, int64_t *field)
{
    if (checked_body_has(checked, name))
        *field = checked_body_int(checked, name, STORE_NONE);
}

/* A log that gets its status is complete, unless the client says when it was. */
static void apply_update(const struct checked *checked, int64_t now, struct request_log_row *row)
{
    take_int(checked, "status_code", &row->status_code);
    take_int(checked, "response_size_bytes", &row->response_size_bytes);
    take_int(checked, "duration_ms", &row->duration_ms);
    if (checked_body_has(checked, "error_message"))
        row->error_message = checked_body_str(checked, "error_message");
    if (checked_body_has(checked, "completed_at"))
        row->completed_at = checked_body_time(checked, "completed_at");
    else if (row->completed_at == CLOCK_NONE && row->status_code != STORE_NONE)
        row->completed_at = now;
}

static bool update_request_log(struct call *call, struct tx *tx, struct err *err)
{
    struct request_log_row row;
    if (!request_log_get(tx, call->arena, call_organization(call),
                         checked_path(&call->checked, "log_id"), &row, err))
        return false;
    apply_update(&call->checked, call->now, &row);
    if (!request_log_update(tx, &row, err))
        return false;
    answer_request_log(call, 200, &row);
    return true;
}

void op_update_request_log(struct call *call)
{
    call_write(call, update_request_log);
}

static bool delete_request_log(struct call *call, struct tx *tx, struct err *err)
{
    if (!request_log_delete(tx, call_organization(call), checked_path(&call->checked, "log_id"),
                            err))
        return false;
    call_empty(call, 204);
    return true;
}

void op_delete_request_log(struct call *call)
{
    call_write(call, delete_request_log);
}
