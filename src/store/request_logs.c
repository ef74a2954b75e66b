#include "store/request_logs.h"

#include "store/counters.h"
#include "store/db.h"

#define COLUMNS                                                                                    \
    "id, organization_id, request_id, method, path, machine_id, status_code, request_size_bytes,"  \
    " response_size_bytes, duration_ms, error_message, created_at, completed_at"

#define OF_ORGANIZATION                                                                            \
    " FROM request_logs WHERE organization_id = ?1 AND (?2 IS NULL OR method = ?2)"                \
    " AND (?3 IS NULL OR status_code = ?3)"
#define OF_MACHINE OF_ORGANIZATION " AND machine_id = ?4"
#define ORDER      " ORDER BY created_at DESC, id DESC"

static const struct query insert_query = {
    "INSERT INTO request_logs (" COLUMNS ")"
    " SELECT ?1, organization_id, ?3, ?4, ?5, id, ?7, ?8, ?9, ?10, ?11, ?12, ?13"
    " FROM machines WHERE organization_id = ?2 AND id = ?6 ON CONFLICT DO NOTHING"};

static const struct query get_query = {"SELECT " COLUMNS
                                       " FROM request_logs WHERE organization_id = ?1 AND id = ?2"};

static const struct query update_query = {
    "UPDATE request_logs SET status_code = ?3, request_size_bytes = ?4, response_size_bytes = ?5,"
    " duration_ms = ?6, error_message = ?7, completed_at = ?8"
    " WHERE organization_id = ?1 AND id = ?2"};

static const struct query delete_query = {
    "DELETE FROM request_logs WHERE organization_id = ?1 AND id = ?2"};

static const struct query page_query = {"SELECT " COLUMNS OF_ORGANIZATION ORDER
                                        " LIMIT ?4 OFFSET ?5"};
static const struct query page_of_machine_query = {"SELECT " COLUMNS OF_MACHINE ORDER
                                                   " LIMIT ?5 OFFSET ?6"};
static const struct query total_query = {"SELECT count(*)" OF_ORGANIZATION};
static const struct query total_of_machine_query = {"SELECT count(*)" OF_MACHINE};

bool request_logs_insert(struct tx *tx, const struct request_log_row *row)
{
    struct cursor c = db_open(tx, &insert_query);
    db_put_str(&c, row->id);
    db_put_str(&c, row->organization_id);
    db_put_str(&c, row->request_id);
    db_put_str(&c, row->method);
    db_put_str(&c, row->path);
    db_put_str(&c, row->machine_id);
    db_put_int(&c, row->status_code);
    db_put_int(&c, row->request_size_bytes);
    db_put_int(&c, row->response_size_bytes);
    db_put_int(&c, row->duration_ms);
    db_put_str(&c, row->error_message);
    db_put_int(&c, row->created_at);
    db_put_int(&c, row->completed_at);
    if (db_run(&c) == 0)
        return false;
    counters_add(tx, row->organization_id, STR("request_logs"), 1);
    return true;
}

size_t request_logs_insert_batch(struct tx *tx, const struct request_log_row *rows, size_t count)
{
    size_t inserted = 0;
    for (size_t i = 0; i < count; i++)
        inserted += request_logs_insert(tx, &rows[i]);
    return inserted;
}

static void take_row(struct cursor *c, struct arena *arena, struct request_log_row *row)
{
    row->id = db_take_str(c, arena);
    row->organization_id = db_take_str(c, arena);
    row->request_id = db_take_str(c, arena);
    row->method = db_take_str(c, arena);
    row->path = db_take_str(c, arena);
    row->machine_id = db_take_str(c, arena);
    row->status_code = db_take_int(c);
    row->request_size_bytes = db_take_int(c);
    row->response_size_bytes = db_take_int(c);
    row->duration_ms = db_take_int(c);
    row->error_message = db_take_str(c, arena);
    row->created_at = db_take_int(c);
    row->completed_at = db_take_int(c);
}

bool request_logs_get(struct tx *tx, struct arena *arena, struct str organization_id, struct str id,
                      struct request_log_row *ret_row)
{
    struct cursor c = db_open(tx, &get_query);
    db_put_str(&c, organization_id);
    db_put_str(&c, id);
    bool found = db_step(&c);
    if (found)
        take_row(&c, arena, ret_row);
    db_close(&c);
    return found;
}

bool request_logs_update(struct tx *tx, const struct request_log_row *row)
{
    struct cursor c = db_open(tx, &update_query);
    db_put_str(&c, row->organization_id);
    db_put_str(&c, row->id);
    db_put_int(&c, row->status_code);
    db_put_int(&c, row->request_size_bytes);
    db_put_int(&c, row->response_size_bytes);
    db_put_int(&c, row->duration_ms);
    db_put_str(&c, row->error_message);
    db_put_int(&c, row->completed_at);
    return db_run(&c) == 1;
}

bool request_logs_delete(struct tx *tx, struct str organization_id, struct str id)
{
    struct cursor c = db_open(tx, &delete_query);
    db_put_str(&c, organization_id);
    db_put_str(&c, id);
    if (db_run(&c) == 0)
        return false;
    counters_add(tx, organization_id, STR("request_logs"), -1);
    return true;
}

static bool is_unfiltered(const struct request_log_filter *filter)
{
    return str_is_null(filter->machine_id) && str_is_null(filter->method) &&
           filter->status_code == STORE_NONE;
}

static void put_filter(struct cursor *c, struct str organization_id,
                       const struct request_log_filter *filter)
{
    db_put_str(c, organization_id);
    db_put_str(c, filter->method);
    db_put_int(c, filter->status_code);
    if (!str_is_null(filter->machine_id))
        db_put_str(c, filter->machine_id);
}

static int64_t total_of(struct tx *tx, struct str organization_id,
                        const struct request_log_filter *filter)
{
    if (is_unfiltered(filter))
        return counters_get(tx, organization_id, STR("request_logs"));
    bool of_machine = !str_is_null(filter->machine_id);
    struct cursor c = db_open(tx, of_machine ? &total_of_machine_query : &total_query);
    put_filter(&c, organization_id, filter);
    return db_run_int(&c);
}

void request_logs_list(struct tx *tx, struct arena *arena, struct str organization_id,
                       const struct request_log_filter *filter, struct request_log_page *ret_page)
{
    struct request_log_page page = {0};
    bool of_machine = !str_is_null(filter->machine_id);
    struct cursor c = db_open(tx, of_machine ? &page_of_machine_query : &page_query);
    put_filter(&c, organization_id, filter);
    db_put_int(&c, filter->limit);
    db_put_int(&c, filter->skip);
    while (db_step(&c)) {
        page.rows = db_grow(arena, page.rows, page.count, sizeof(*page.rows));
        take_row(&c, arena, &page.rows[page.count++]);
    }
    db_close(&c);
    page.total = total_of(tx, organization_id, filter);
    *ret_page = page;
}
