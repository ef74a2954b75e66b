#include "api/cyberdesk/resources.h"

#include "fleet/machines.h"

void write_pool_fields(struct json_writer *w, const struct pool_row *pool)
{
    jw_field_str(w, "name", pool->name);
    jw_field_str(w, "description", pool->description);
    jw_field_str(w, "id", pool->id);
    jw_field_str(w, "organization_id", pool->organization_id);
    jw_field_time(w, "created_at", pool->created_at);
    jw_field_time(w, "updated_at", pool->updated_at);
    jw_field_int(w, "machine_count", pool->machine_count);
}

void write_pool(struct json_writer *w, const struct pool_row *pool)
{
    jw_object_begin(w);
    write_pool_fields(w, pool);
    jw_object_end(w);
}

static int compare_ids(struct str a, struct str b)
{
    int order = memcmp(a.ptr, b.ptr, MIN_OF(a.len, b.len));
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

struct pool_span pools_of(const struct machine_pool *rows, size_t count, struct str machine_id)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_ids(rows[middle].machine_id, machine_id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    size_t end = low;
    while (end < count && str_eq(rows[end].machine_id, machine_id))
        end++;
    return (struct pool_span){rows ? rows + low : NULL, end - low};
}

/* The outer name of each inner status; a test asserts that none is missing. */
static const char *status_name(enum machine_status status)
{
    static const char *const names[] = {
        [MACHINE_CONNECTED] = "connected",
        [MACHINE_DISCONNECTED] = "disconnected",
        [MACHINE_ERROR] = "error",
    };
    return names[status];
}

static void write_pools(struct json_writer *w, const struct pool_span *pools)
{
    jw_key(w, "pools");
    if (!pools) {
        jw_null(w);
        return;
    }
    jw_array_begin(w);
    for (size_t i = 0; i < pools->count; i++)
        write_pool(w, &pools->rows[i].pool);
    jw_array_end(w);
}

void write_machine_fields(struct json_writer *w, const struct call *call,
                          const struct machine_row *machine, const struct pool_span *pools)
{
    bool sees_fingerprint = call->principal.scopes & SCOPE_CONTROL;
    jw_field_str(w, "name", machine->name);
    jw_field_str(w, "version", machine->version);
    jw_field_str(w, "hostname", machine->hostname);
    jw_field_str(w, "os_info", machine->os_info);
    jw_field_raw(w, "machine_parameters", machine->parameters);
    jw_field_raw(w, "machine_sensitive_parameters", machine->sensitive_aliases);
    jw_field_str(w, "id", machine->id);
    jw_field_str(w, "user_id", machine->user_id);
    jw_field_str(w, "organization_id", machine->organization_id);
    jw_field_str(w, "unkey_key_id", machine->unkey_key_id);
    jw_field_str(w, "fingerprint", sees_fingerprint ? machine->fingerprint : STR_NULL);
    jw_key(w, "seat_number");
    if (machine->seat_number == STORE_NONE)
        jw_null(w);
    else
        jw_int(w, machine->seat_number);
    jw_field_str(w, "status", str_from(status_name(machine_status(machine))));
    jw_field_bool(w, "is_available", machine_is_available(machine));
    jw_field_str(w, "reserved_session_id", machine->reserved_session_id);
    jw_field_str(w, "linked_keepalive_machine_id", machine->linked_keepalive_machine_id);
    jw_field_str(w, "physical_server_id", machine->physical_server_id);
    jw_field_time(w, "created_at", machine->created_at);
    jw_field_time(w, "last_seen", machine->last_seen);
    write_pools(w, pools);
}

void answer_machine(struct call *call, struct tx *tx, int status, const struct machine_row *machine)
{
    struct machine_pool *rows;
    size_t count =
        pools_of_machines(tx, call->arena, call_organization(call), &machine->id, 1, &rows);
    struct pool_span pools = {rows, count};
    struct json_writer w = call_json(call, status);
    jw_object_begin(&w);
    write_machine_fields(&w, call, machine, &pools);
    jw_object_end(&w);
}

struct json_writer begin_page(struct call *call)
{
    struct json_writer w = call_json(call, 200);
    jw_object_begin(&w);
    jw_key(&w, "items");
    jw_array_begin(&w);
    return w;
}

void end_page(struct json_writer *w, const struct call *call, int64_t total)
{
    jw_array_end(w);
    jw_field_int(w, "total", total);
    jw_field_int(w, "skip", checked_query_int(&call->checked, "skip"));
    jw_field_int(w, "limit", checked_query_int(&call->checked, "limit"));
}
