#include "store/events.h"

#include "store/db.h"

#define COLUMNS "seq, organization_id, type, subject_id, at, data"

static const struct query append_query = {
    "INSERT INTO events (organization_id, type, subject_id, at, data)"
    " VALUES (?1, ?2, ?3, ?4, ?5)"};

static const struct query after_query = {"SELECT " COLUMNS
                                         " FROM events WHERE seq > ?1 ORDER BY seq LIMIT ?2"};

static const struct query after_of_organization_query = {
    "SELECT " COLUMNS " FROM events WHERE organization_id = ?3 AND seq > ?1 ORDER BY seq LIMIT ?2"};

/* Apart from each other, each is one step in the primary key. */
static const struct query range_query = {
    "SELECT (SELECT min(seq) FROM events), (SELECT max(seq) FROM events)"};

/* Only the oldest are looked at, so a purge that finds nothing to do costs no more than one that
 * does; seq > 0 is all of them. */
static const struct query purge_query = {
    "DELETE FROM events WHERE at < ?1 AND seq IN"
    " (SELECT seq FROM events WHERE seq > 0 ORDER BY seq LIMIT ?2)"};

void events_append(struct tx *tx, const struct event_row *row)
{
    struct cursor c = db_open(tx, &append_query);
    db_put_str(&c, row->organization_id);
    db_put_str(&c, row->type);
    db_put_str(&c, row->subject_id);
    db_put_int(&c, row->at);
    db_put_str(&c, row->data);
    db_run(&c);
}

static void take_row(struct cursor *c, struct arena *arena, struct event_row *row)
{
    row->seq = db_take_int(c);
    row->organization_id = db_take_str(c, arena);
    row->type = db_take_str(c, arena);
    row->subject_id = db_take_str(c, arena);
    row->at = db_take_int(c);
    row->data = db_take_str(c, arena);
}

size_t events_after(struct tx *tx, struct arena *arena, struct str organization_id, int64_t after,
                    size_t limit, struct event_row **ret_rows)
{
    struct event_row *rows = NULL;
    size_t count = 0;
    bool all = str_is_null(organization_id);
    struct cursor c = db_open(tx, all ? &after_query : &after_of_organization_query);
    db_put_int(&c, after);
    db_put_int(&c, (int64_t)limit);
    if (!all)
        db_put_str(&c, organization_id);
    while (db_step(&c)) {
        rows = db_grow(arena, rows, count, sizeof(*rows));
        take_row(&c, arena, &rows[count++]);
    }
    db_close(&c);
    *ret_rows = rows;
    return count;
}

bool events_range(struct tx *tx, int64_t *ret_oldest, int64_t *ret_newest)
{
    struct cursor c = db_open(tx, &range_query);
    int64_t oldest = STORE_NONE, newest = STORE_NONE;
    if (db_step(&c)) {
        oldest = db_take_int(&c);
        newest = db_take_int(&c);
    }
    db_close(&c);
    if (oldest == STORE_NONE)
        return false;
    *ret_oldest = oldest;
    *ret_newest = newest;
    return true;
}

size_t events_purge(struct tx *tx, int64_t before, size_t limit)
{
    struct cursor c = db_open(tx, &purge_query);
    db_put_int(&c, before);
    db_put_int(&c, (int64_t)limit);
    return db_run(&c);
}
