#include "store/connections.h"

#include "store/counters.h"
#include "store/db.h"

#define COLUMNS                                                                                    \
    "id, organization_id, machine_id, websocket_id, connected_at, disconnected_at, last_ping,"     \
    " status, ip_address, user_agent"

#define OF_ORGANIZATION                                                                            \
    " FROM connections WHERE organization_id = ?1 AND (?2 IS NULL OR status = ?2)"
#define OF_MACHINE OF_ORGANIZATION " AND machine_id = ?3"
#define ORDER      " ORDER BY connected_at DESC, id DESC"

static const struct query insert_query = {
    "INSERT INTO connections (" COLUMNS ")"
    " SELECT ?1, organization_id, id, ?4, ?5, ?6, ?7, ?8, ?9, ?10"
    " FROM machines WHERE organization_id = ?2 AND id = ?3 ON CONFLICT DO NOTHING"};

static const struct query get_query = {"SELECT " COLUMNS
                                       " FROM connections WHERE organization_id = ?1 AND id = ?2"};

/* An open connection has status 0 (CONNECTION_CONNECTED). */
static const struct query close_query = {"UPDATE connections SET status = ?3, disconnected_at = ?4"
                                         " WHERE organization_id = ?1 AND id = ?2 AND status = 0"};

static const struct query ping_query = {
    "UPDATE connections SET last_ping = ?2 WHERE id = ?1 AND status = 0 AND last_ping < ?2"};

static const struct query page_query = {"SELECT " COLUMNS OF_ORGANIZATION ORDER
                                        " LIMIT ?3 OFFSET ?4"};
static const struct query page_of_machine_query = {"SELECT " COLUMNS OF_MACHINE ORDER
                                                   " LIMIT ?4 OFFSET ?5"};
static const struct query total_query = {"SELECT count(*)" OF_ORGANIZATION};
static const struct query total_of_machine_query = {"SELECT count(*)" OF_MACHINE};

bool connections_insert(struct tx *tx, const struct connection_row *row)
{
    struct cursor c = db_open(tx, &insert_query);
    db_put_str(&c, row->id);
    db_put_str(&c, row->organization_id);
    db_put_str(&c, row->machine_id);
    db_put_str(&c, row->websocket_id);
    db_put_int(&c, row->connected_at);
    db_put_int(&c, row->disconnected_at);
    db_put_int(&c, row->last_ping);
    db_put_int(&c, row->status);
    db_put_str(&c, row->ip_address);
    db_put_str(&c, row->user_agent);
    if (db_run(&c) == 0)
        return false;
    counters_add(tx, row->organization_id, STR("connections"), 1);
    return true;
}

static void take_row(struct cursor *c, struct arena *arena, struct connection_row *row)
{
    row->id = db_take_str(c, arena);
    row->organization_id = db_take_str(c, arena);
    row->machine_id = db_take_str(c, arena);
    row->websocket_id = db_take_str(c, arena);
    row->connected_at = db_take_int(c);
    row->disconnected_at = db_take_int(c);
    row->last_ping = db_take_int(c);
    row->status = (enum connection_status)db_take_int(c);
    row->ip_address = db_take_str(c, arena);
    row->user_agent = db_take_str(c, arena);
}

bool connections_get(struct tx *tx, struct arena *arena, struct str organization_id, struct str id,
                     struct connection_row *ret_row)
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

bool connections_close(struct tx *tx, struct str organization_id, struct str id,
                       enum connection_status status, int64_t now)
{
    struct cursor c = db_open(tx, &close_query);
    db_put_str(&c, organization_id);
    db_put_str(&c, id);
    db_put_int(&c, status);
    db_put_int(&c, now);
    return db_run(&c) == 1;
}

void connections_touch(struct tx *tx, const struct connection_ping *pings, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct cursor c = db_open(tx, &ping_query);
        db_put_str(&c, pings[i].id);
        db_put_int(&c, pings[i].at);
        db_run(&c);
    }
}

static void put_filter(struct cursor *c, struct str organization_id,
                       const struct connection_filter *filter)
{
    bool any = filter->status == CONNECTION_STATUS_ANY;
    db_put_str(c, organization_id);
    db_put_int(c, any ? STORE_NONE : (int64_t)filter->status);
    if (!str_is_null(filter->machine_id))
        db_put_str(c, filter->machine_id);
}

static int64_t total_of(struct tx *tx, struct str organization_id,
                        const struct connection_filter *filter)
{
    bool of_machine = !str_is_null(filter->machine_id);
    if (!of_machine && filter->status == CONNECTION_STATUS_ANY)
        return counters_get(tx, organization_id, STR("connections"));
    struct cursor c = db_open(tx, of_machine ? &total_of_machine_query : &total_query);
    put_filter(&c, organization_id, filter);
    return db_run_int(&c);
}

void connections_list(struct tx *tx, struct arena *arena, struct str organization_id,
                      const struct connection_filter *filter, struct connection_page *ret_page)
{
    struct connection_page page = {0};
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
