#include "store/organizations.h"

#include "store/db.h"

#define COLUMNS "id, name, created_at"

static const struct query insert_query = {"INSERT INTO organizations (" COLUMNS
                                          ") VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING"};

static const struct query list_query = {"SELECT " COLUMNS
                                        " FROM organizations ORDER BY created_at, id"};

static const struct query rename_query = {"UPDATE organizations SET name = ?2 WHERE id = ?1"};

static void take_row(struct cursor *c, struct arena *arena, struct organization_row *row)
{
    row->id = db_take_str(c, arena);
    row->name = db_take_str(c, arena);
    row->created_at = db_take_int(c);
}

bool organizations_insert(struct tx *tx, const struct organization_row *row)
{
    struct cursor c = db_open(tx, &insert_query);
    db_put_str(&c, row->id);
    db_put_str(&c, row->name);
    db_put_int(&c, row->created_at);
    return db_run(&c) == 1;
}

size_t organizations_list(struct tx *tx, struct arena *arena, struct organization_row **ret_rows)
{
    struct organization_row *rows = NULL;
    size_t count = 0;
    struct cursor c = db_open(tx, &list_query);
    while (db_step(&c)) {
        rows = db_grow(arena, rows, count, sizeof(*rows));
        take_row(&c, arena, &rows[count++]);
    }
    db_close(&c);
    *ret_rows = rows;
    return count;
}

bool organizations_rename(struct tx *tx, struct str id, struct str name)
{
    struct cursor c = db_open(tx, &rename_query);
    db_put_str(&c, id);
    db_put_str(&c, name);
    return db_run(&c) == 1;
}
