#include "store/counters.h"
#include "store/machine_rows.h"

#define ORDER " ORDER BY machines.created_at DESC, machines.id DESC"

/* A negative flag is not asked about. */
#define FILTER                                                                                     \
    " WHERE organization_id = ?1 AND created_at >= ?2 AND created_at <= ?3"                        \
    " AND (?4 < 0 OR out_of_service = ?4) AND (?5 < 0 OR is_connected = ?5)"                       \
    " AND (?6 IS NULL OR lower(name) LIKE ?6 ESCAPE '\\' OR lower(hostname) LIKE ?6 ESCAPE '\\')"

/* A page of an unfiltered list begins at its first row, which is found in the index alone, from
 * whichever end of the list is nearer. */
static const struct query first_from_newest_query = {
    "SELECT created_at, id FROM machines"
    " WHERE organization_id = ?1 ORDER BY created_at DESC, id DESC LIMIT 1 OFFSET ?2"};

static const struct query first_from_oldest_query = {
    "SELECT created_at, id FROM machines"
    " WHERE organization_id = ?1 ORDER BY created_at, id LIMIT 1 OFFSET ?2"};

static const struct query page_query = {
    "SELECT " MACHINE_COLUMNS " FROM machines"
    " WHERE organization_id = ?1 AND (created_at, id) <= (?2, ?3)" ORDER " LIMIT ?4"};

static const struct query filtered_page_query = {
    "SELECT " MACHINE_COLUMNS " FROM machines" FILTER ORDER " LIMIT ?7 OFFSET ?8"};

static const struct query filtered_total_query = {"SELECT count(*) FROM machines" FILTER};

static const struct status_flags {
    int out_of_service, is_connected;
} status_flags[] = {
    [MACHINE_STATUS_ANY] = {-1, -1},
    [MACHINE_STATUS_CONNECTED] = {0, 1},
    [MACHINE_STATUS_DISCONNECTED] = {0, 0},
    [MACHINE_STATUS_ERROR] = {1, -1},
};

static bool is_unfiltered(const struct machine_filter *filter)
{
    return filter->search.len == 0 && filter->status == MACHINE_STATUS_ANY &&
           filter->created_from == CLOCK_NONE && filter->created_to == CLOCK_NONE;
}

/* The LIKE pattern for "contains", in lower case; null when nothing is searched. */
static struct str contains_pattern(struct arena *arena, struct str text)
{
    if (text.len == 0)
        return STR_NULL;
    char *pattern = arena_alloc(arena, 2 * text.len + 2);
    char *end = pattern;
    *end++ = '%';
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '%' || c == '_' || c == '\\')
            *end++ = '\\';
        *end++ = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    *end++ = '%';
    return str_of(pattern, (size_t)(end - pattern));
}

static void put_filter(struct cursor *c, struct arena *arena, struct str organization_id,
                       const struct machine_filter *filter)
{
    struct status_flags flags = status_flags[filter->status];
    db_put_str(c, organization_id);
    db_put_int(c, filter->created_from == CLOCK_NONE ? -INT64_MAX : filter->created_from);
    db_put_int(c, filter->created_to == CLOCK_NONE ? INT64_MAX : filter->created_to);
    db_put_int(c, flags.out_of_service);
    db_put_int(c, flags.is_connected);
    db_put_str(c, contains_pattern(arena, filter->search));
}

static void take_page(struct cursor *c, struct arena *arena, struct machine_page *page)
{
    while (db_step(c)) {
        page->rows = db_grow(arena, page->rows, page->count, sizeof(*page->rows));
        machine_take_row(c, arena, &page->rows[page->count++]);
    }
    db_close(c);
}

static int64_t filtered_total(struct tx *tx, struct arena *arena, struct str organization_id,
                              const struct machine_filter *filter)
{
    struct cursor c = db_open(tx, &filtered_total_query);
    put_filter(&c, arena, organization_id, filter);
    return db_run_int(&c);
}

static struct machine_page list_filtered(struct tx *tx, struct arena *arena,
                                         struct str organization_id,
                                         const struct machine_filter *filter)
{
    struct machine_page page = {.total = filtered_total(tx, arena, organization_id, filter)};
    struct cursor c = db_open(tx, &filtered_page_query);
    put_filter(&c, arena, organization_id, filter);
    db_put_int(&c, filter->limit);
    db_put_int(&c, filter->skip);
    take_page(&c, arena, &page);
    return page;
}

struct place {
    int64_t created_at;
    struct str id;
};

/* The row that `skip` of `total` rows come before. */
static bool find_place(struct tx *tx, struct arena *arena, struct str organization_id, int64_t skip,
                       int64_t total, struct place *ret_place)
{
    int64_t behind = total - 1 - skip;
    bool from_newest = skip <= behind;
    struct cursor c =
        db_open(tx, from_newest ? &first_from_newest_query : &first_from_oldest_query);
    db_put_str(&c, organization_id);
    db_put_int(&c, from_newest ? skip : behind);
    bool found = db_step(&c);
    if (found) {
        ret_place->created_at = db_take_int(&c);
        ret_place->id = db_take_str(&c, arena);
    }
    db_close(&c);
    return found;
}

static struct machine_page list_all(struct tx *tx, struct arena *arena, struct str organization_id,
                                    const struct machine_filter *filter)
{
    struct machine_page page = {.total = counters_get(tx, organization_id, STR("machines"))};
    struct place first;
    if (filter->skip >= page.total ||
        !find_place(tx, arena, organization_id, filter->skip, page.total, &first))
        return page;
    struct cursor c = db_open(tx, &page_query);
    db_put_str(&c, organization_id);
    db_put_int(&c, first.created_at);
    db_put_str(&c, first.id);
    db_put_int(&c, filter->limit);
    take_page(&c, arena, &page);
    return page;
}

void machines_list(struct tx *tx, struct arena *arena, struct str organization_id,
                   const struct machine_filter *filter, struct machine_page *ret_page)
{
    *ret_page = is_unfiltered(filter) ? list_all(tx, arena, organization_id, filter)
                                      : list_filtered(tx, arena, organization_id, filter);
}
